import type { Segment } from './energy-curve.ts'

/** Energy known of an interval: joules, and how many of its seconds they cover. */
export interface Known {
  readonly joules: number
  readonly seconds: number
}

/** What became known of an interval after its line was written; `coverage` (0 to 1) only below 1. */
export interface LateEnergy {
  readonly from: number
  readonly to: number
  readonly joules: number
  readonly coverage?: number
}

interface Shortfall {
  from: number
  to: number
  joules: number
  seconds: number
}

/** So many stretches with missing energy are remembered, in case that a bridge comes. */
const REMEMBERED = 4096
const EPSILON = 1e-9

/**
 * The energy of one domain on its way into the journal: what is known ahead of the last line, and what is
 * still missing behind it. Its size does not grow with the run.
 */
export class EnergyLedger {
  /** All joules known so far; never falls. */
  joules = 0
  #ahead: Segment[] = []
  #missing: Shortfall[] = []
  readonly #start: number
  #settled: number

  /** `start`: seconds at which the run begins; what lies before does not count. */
  constructor(start: number) {
    this.#start = start
    this.#settled = start
  }

  /** Takes a stretch of known energy. Answers with what changes behind the last line. */
  add(segment: Segment): LateEnergy[] {
    const from = Math.max(segment.from, this.#start)
    const { to } = segment
    if (to <= from) return []
    if (to > this.#settled) this.#expect(cut(segment, Math.max(from, this.#settled), to))
    return from < this.#settled ? this.#late(cut(segment, from, Math.min(to, this.#settled))) : []
  }

  /** Of two statements about one stretch ahead the later counts. */
  #expect(segment: Segment): void {
    const last = this.#ahead.at(-1)
    let replaced = 0
    if (last && segment.from < last.to - EPSILON) {
      const kept: Segment[] = []
      for (const other of this.#ahead) {
        replaced += other.joules
        if (other.from < segment.from) kept.push(cut(other, other.from, Math.min(other.to, segment.from)))
        if (other.to > segment.to) kept.push(cut(other, Math.max(other.from, segment.to), other.to))
      }
      for (const other of kept) replaced -= other.joules
      this.#ahead = kept
    }
    this.#ahead.push(segment)
    this.joules += Math.max(0, segment.joules - replaced)
  }

  /** What is known between two times ahead of the last line. */
  between(from: number, to: number): Known {
    let joules = 0
    let seconds = 0
    for (const segment of this.#ahead) {
      const begin = Math.max(from, segment.from)
      const end = Math.min(to, segment.to)
      if (end <= begin) continue
      joules += (segment.joules * (end - begin)) / (segment.to - segment.from)
      seconds += end - begin
    }
    return { joules, seconds: Math.min(seconds, to - from) }
  }

  /** Settles everything up to `to`: what is known of the time since the last line. */
  settle(to: number): Known {
    const from = this.#settled
    const known = this.between(from, to)
    if (known.seconds < to - from - EPSILON) this.#remember({ from, to, ...known })
    let kept = 0
    for (const segment of this.#ahead) {
      if (segment.to > to) this.#ahead[kept++] = segment.from >= to ? segment : cut(segment, to, segment.to)
    }
    this.#ahead.length = kept
    this.#settled = to
    return known
  }

  #remember(shortfall: Shortfall): void {
    const last = this.#missing.at(-1)
    if (last && last.seconds === 0 && shortfall.seconds === 0 && last.to === shortfall.from) {
      last.to = shortfall.to
      return
    }
    this.#missing.push(shortfall)
    if (this.#missing.length > REMEMBERED) this.#missing.shift()
  }

  /**
   * Energy behind the last line. Of a stretch of which nothing was known, the very piece is told; of a line
   * that was known in part, the whole line, since nobody remembers where in it its energy lay.
   */
  #late(segment: Segment): LateEnergy[] {
    const late: LateEnergy[] = []
    let told = 0
    const missing: Shortfall[] = []
    for (const short of this.#missing) {
      const begin = Math.max(segment.from, short.from)
      const end = Math.min(segment.to, short.to)
      if (end - begin <= EPSILON) {
        missing.push(short)
        continue
      }
      const piece = cut(segment, begin, end)
      told += end - begin
      this.joules += piece.joules
      if (short.seconds === 0) {
        late.push(piece)
        if (begin - short.from > EPSILON) missing.push({ ...short, to: begin })
        if (short.to - end > EPSILON) missing.push({ ...short, from: end })
        continue
      }
      const length = short.to - short.from
      const seconds = Math.min(length, short.seconds + end - begin)
      const joules = short.joules + piece.joules
      const whole = length - seconds <= EPSILON
      late.push({ from: short.from, to: short.to, joules, ...(whole ? {} : { coverage: seconds / length }) })
      if (!whole) missing.push({ from: short.from, to: short.to, joules, seconds })
    }
    this.#missing = missing
    // What was known already is being revised: the last value counts, and the live total is left alone.
    if (told === 0 && segment.to > segment.from) return [segment]
    return late
  }
}

function cut(segment: Segment, from: number, to: number): Segment {
  const share = (to - from) / (segment.to - segment.from)
  return { from, to, joules: segment.joules * share }
}
