import type { Reading } from '@ergometer/meter'
import type { Journal } from './journal.ts'

/** Clocks that are read one after the other differ by a millisecond: only what strays further, in milliseconds, is a step. */
const STEP = 20

/** Wall time at a second of the run, from which on it runs beside it. */
export interface WallAnchor {
  /** Seconds of the run. */
  readonly t: number
  /** Since 1970. */
  readonly milliseconds: number
}

/** A part of a stretch of wall time that lies within the run, and how large a part. */
export interface WallStretch {
  /** Seconds of the run; they may lie before its begin and beyond its end. */
  readonly from: number
  readonly to: number
  /** 0 to 1, of the wall time that was asked for. */
  readonly share: number
}

/** A reading in seconds of the run. */
export interface PlacedReading {
  readonly value: number
  readonly time: number
  readonly from?: number
}

/**
 * The second of the run at any wall time, the way back from `RunClock`: what a cloud tells of has wall times only. A suspended
 * machine's time is no part of the run. Where the clock was set back, a wall time that came twice is its second coming, so that
 * no energy is taken twice.
 */
export class WallTime {
  readonly #anchors: WallAnchor[] = []
  #sections: readonly Section[] = sectionsOf([])

  /** Of a journal. Without any clock line, and without a start, the run is in 1970. */
  static of({ start, clocks }: Pick<Journal, 'start' | 'clocks'>): WallTime {
    const wall = new WallTime()
    const lines = [...(start ? [{ t: 0, wall: start.wall }] : []), ...clocks].sort((a, b) => a.t - b.t)
    for (const { t, wall: text } of lines) wall.add({ t, milliseconds: Date.parse(text) })
    return wall
  }

  /** Takes an anchor that is later in the run than those before; only one at which the wall clock stepped tells something new. */
  add({ t, milliseconds }: WallAnchor): void {
    if (!Number.isFinite(milliseconds)) return
    if (this.#anchors.length > 0 && Math.abs(milliseconds - this.milliseconds(t)) <= STEP) return
    this.#anchors.push({ t, milliseconds })
    this.#sections = sectionsOf(this.#anchors)
  }

  /** Milliseconds since 1970 at a second of the run. */
  milliseconds(time: number): number {
    const { t, milliseconds } = this.#anchors.findLast((one) => one.t <= time) ?? this.#anchors[0] ?? EPOCH
    return milliseconds + (time - t) * 1000
  }

  /** The second of the run at a wall time; one that the run did not have is the next that it had. */
  seconds(milliseconds: number): number {
    const section = this.#sections.find(({ end }) => milliseconds < end) as Section
    return secondsIn(section, Math.max(milliseconds, section.begin))
  }

  /** Where a stretch of wall time lies in the run. */
  stretches(from: number, to: number): WallStretch[] {
    return this.#sections.flatMap((section) => {
      const begin = Math.max(from, section.begin)
      const end = Math.min(to, section.end)
      if (!(end > begin)) return []
      const share = (end - begin) / (to - from)
      return [{ from: secondsIn(section, begin), to: secondsIn(section, end), share }]
    })
  }

  /** A reading in seconds of the run: several where the clock stepped within it. `origin`: monotonic seconds of second 0. */
  place({ value, time, from, wall }: Reading, origin: number): PlacedReading[] {
    if (!wall || this.#anchors.length === 0)
      return [{ value, time: time - origin, ...(from === undefined ? {} : { from: from - origin }) }]
    if (wall.from === undefined) return [{ value, time: this.seconds(wall.time) }]
    // What ends before it begins is left for the physics to refuse.
    if (wall.from >= wall.time) {
      return [{ value, time: this.seconds(wall.time), from: this.seconds(wall.from) }]
    }
    return this.stretches(wall.from, wall.time).map(({ from, to, share }) => ({
      value: value * share,
      time: to,
      from,
    }))
  }

  /** The wall time of the run from its begin to a second of it, to the millisecond that holds it. */
  window(until: number): { from: Date; to: Date } {
    const times = this.#sections.flatMap(({ t, milliseconds }, index) => {
      const end = Math.min(until, this.#sections[index + 1]?.t ?? until)
      return t > until ? [] : [milliseconds, milliseconds + (end - t) * 1000]
    })
    const begin = this.milliseconds(0)
    return {
      from: new Date(Math.floor(Math.min(begin, ...times))),
      to: new Date(Math.ceil(Math.max(begin, ...times))),
    }
  }
}

/** A part of the run between two steps of the wall clock, and the wall times that are its own. */
interface Section extends WallAnchor {
  readonly begin: number
  readonly end: number
}

const EPOCH: WallAnchor = { t: 0, milliseconds: 0 }

function sectionsOf(anchors: readonly WallAnchor[]): Section[] {
  const known = anchors.length > 0 ? anchors : [EPOCH]
  const sections: Section[] = []
  let next = Number.POSITIVE_INFINITY
  for (let index = known.length - 1; index >= 0; index--) {
    const { t, milliseconds } = known[index] as WallAnchor
    const until = known[index + 1]?.t ?? Number.POSITIVE_INFINITY
    const end = Math.min(milliseconds + (until - t) * 1000, next)
    next = Math.min(next, milliseconds)
    sections.unshift({ t, milliseconds, begin: index === 0 ? Number.NEGATIVE_INFINITY : milliseconds, end })
  }
  return sections
}

function secondsIn({ t, milliseconds }: WallAnchor, at: number): number {
  return t + (at - milliseconds) / 1000
}
