import type { Journal } from './journal.ts'

/** From a time of the run on, wall time runs beside it, as a clock line says. */
interface Anchor {
  /** Seconds of the run. */
  readonly t: number
  /** Wall time there, in milliseconds since 1970: whole numbers, so that nothing is lost. */
  readonly milliseconds: number
}

/** A stretch of the run over which wall time runs beside it without a step. */
export interface ClockSection {
  /** Seconds of the run. */
  readonly from: number
  readonly to: number
  /** Wall time at `from`, in milliseconds since 1970. */
  readonly milliseconds: number
}

/**
 * Wall time at any second of a run, by the last clock line before it: a step of the wall clock does not move the past.
 * Without any clock line, and without a start, the run is in 1970.
 */
export class RunClock {
  readonly #anchors: readonly Anchor[]

  constructor({ start, clocks }: Pick<Journal, 'start' | 'clocks'>) {
    const lines = start ? [{ t: 0, wall: start.wall }, ...clocks] : clocks
    const known = lines
      .map(({ t, wall }) => ({ t, milliseconds: Date.parse(wall) }))
      .filter(({ milliseconds }) => Number.isFinite(milliseconds))
      .sort((a, b) => a.t - b.t)
    this.#anchors = known.length > 0 ? known : [{ t: 0, milliseconds: 0 }]
  }

  /** Milliseconds since 1970 at a second of the run. */
  milliseconds(time: number): number {
    const anchor = this.#anchors[this.#indexAt(time)] as Anchor
    return anchor.milliseconds + (time - anchor.t) * 1000
  }

  /** A second of the run as ISO 8601. */
  text(time: number): string {
    const at = new Date(this.milliseconds(time))
    return Number.isNaN(at.getTime()) ? new Date(0).toISOString() : at.toISOString()
  }

  /** The sections that tile the run between two of its seconds, in order. */
  sections(from: number, to: number): ClockSection[] {
    const found: ClockSection[] = []
    for (let index = this.#indexAt(from), begin = from; begin < to; index++) {
      const end = Math.min(to, this.#anchors[index + 1]?.t ?? to)
      if (end <= begin) continue
      const anchor = this.#anchors[index] as Anchor
      found.push({ from: begin, to: end, milliseconds: anchor.milliseconds + (begin - anchor.t) * 1000 })
      begin = end
    }
    return found
  }

  /** Index of the last anchor at or before a time, or of the first. */
  #indexAt(time: number): number {
    let low = 0
    let high = this.#anchors.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#anchors[middle] as Anchor).t <= time) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}
