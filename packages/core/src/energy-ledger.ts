import { cut, type Segment } from './energy-curve.ts'
import type { Interval } from './intervals.ts'
import { toMillionth } from './journal-line.ts'
import { LateStatements } from './late-statements.ts'

/** Energy known of an interval: joules, and how many of its seconds they cover. */
export interface Known {
  readonly joules: number
  readonly seconds: number
}

/** What a line tells of a domain, and what it changes behind itself. */
export interface Settled extends Known {
  /** Whole units since the line before; null where nothing is known. What is left over is carried on. */
  readonly units: number | null
  /** Share of the line's time that is known, 0 to 1, to the millionth. */
  readonly coverage: number
  readonly late: readonly LateEnergy[]
}

/** What became known of an interval after its line was written; `coverage` (0 to 1) only below 1. */
export interface LateEnergy {
  readonly from: number
  readonly to: number
  readonly joules: number
  readonly coverage?: number
}

/** A line, or several of which nothing was known: what was told of it, and where in it energy is missing. */
interface Shortfall {
  from: number
  to: number
  told: number
  seconds: number
  holes: Interval[]
}

/** So many holes are remembered, in case that a bridge comes. */
const REMEMBERED = 4096
const EPSILON = 1e-9

/**
 * The energy of one domain on its way into the journal: what is known ahead of the last line, and what is
 * still missing behind it. Its size does not grow with the run.
 */
export class EnergyLedger {
  #highest = 0
  #joules = 0
  #seconds = 0
  #ahead: Segment[] = []
  #aheadUntil = Number.NEGATIVE_INFINITY
  #missing: Shortfall[] = []
  #holes = 0
  /** Joules that lines have not told yet, and that late lines have not told yet, left over from rounding. */
  #untold = 0
  #untoldLate = 0
  #lastTold: Omit<Shortfall, 'holes'> | undefined
  readonly #statements = new LateStatements()
  readonly #start: number
  #settled: number

  /** `start`: seconds at which the run begins; what lies before does not count. `settled`: its last line so far. */
  constructor(start: number, settled = start) {
    this.#start = start
    this.#settled = settled
    if (settled > start) this.#remember({ from: start, to: settled, told: 0, seconds: 0, holes: [] })
  }

  /** All joules known so far; never falls, though revisions may. */
  get joules(): number {
    return this.#highest
  }

  /** Covered seconds so far, up to the last line. */
  get seconds(): number {
    return this.#seconds
  }

  /** Takes a stretch of known energy. Answers with what changes behind the last line. */
  add(segment: Segment): LateEnergy[] {
    const from = Math.max(segment.from, this.#start)
    const { to } = segment
    if (to <= from) return []
    if (to > this.#settled) this.#expect(cut(segment, Math.max(from, this.#settled), to))
    return from < this.#settled ? this.#late(cut(segment, from, Math.min(to, this.#settled))) : []
  }

  /** Takes a stretch of a domain whose lines tell nothing, since nobody waits for it: it is told at once, as a whole, unless that very thing was told before. */
  addLate(segment: Segment): LateEnergy[] {
    const from = Math.max(segment.from, this.#start)
    const { to } = segment
    if (to <= from) return []
    const stretch = cut(segment, from, to)
    const replaced = this.#statements.take(stretch)
    if (!replaced) return []
    this.#gain(stretch.joules - replaced.joules)
    this.#seconds += to - from - replaced.seconds
    return [this.#tell(stretch)]
  }

  /** Of two statements about one stretch ahead the later counts. */
  #expect(segment: Segment): void {
    if (segment.from < this.#aheadUntil - EPSILON) {
      const kept: Segment[] = []
      for (const other of this.#ahead) {
        this.#joules -= other.joules
        if (other.from < segment.from) kept.push(cut(other, other.from, Math.min(other.to, segment.from)))
        if (other.to > segment.to) kept.push(cut(other, Math.max(other.from, segment.to), other.to))
      }
      for (const other of kept) this.#joules += other.joules
      this.#ahead = kept
    }
    this.#ahead.push(segment)
    this.#aheadUntil = Math.max(this.#aheadUntil, segment.to)
    this.#gain(segment.joules)
  }

  #gain(joules: number): void {
    this.#joules += joules
    this.#highest = Math.max(this.#highest, this.#joules)
  }

  /** What is known of disjoint intervals, in order, ahead of the last line. */
  within(intervals: readonly Interval[]): Known {
    const ahead = [...this.#ahead].sort((a, b) => a.from - b.from)
    let joules = 0
    let seconds = 0
    let first = 0
    for (const { from, to } of intervals) {
      while (first < ahead.length && (ahead[first] as Segment).to <= from) first++
      for (let index = first; index < ahead.length; index++) {
        const segment = ahead[index] as Segment
        if (segment.from >= to) break
        const begin = Math.max(from, segment.from)
        const end = Math.min(to, segment.to)
        joules += (segment.joules * (end - begin)) / (segment.to - segment.from)
        seconds += end - begin
      }
    }
    return { joules, seconds }
  }

  /** Settles everything up to `to`: what is known of the time since the last line, in units of `unit` joules. */
  settle(to: number, unit: number): Settled {
    const from = this.#settled
    const { joules, seconds } = this.within([{ from, to }])
    const coverage = toMillionth(Math.min(1, seconds / (to - from)))
    const holes = coverage < 1 ? this.#holesBetween(from, to) : []
    this.#drop(to)
    this.#settled = to
    if (coverage === 0) {
      this.#remember({ from, to, told: 0, seconds: 0, holes: [] })
      return { joules: 0, seconds: 0, units: null, coverage, late: this.#tellRest() }
    }
    // Rounded down and carried on: the sum of the lines never strays, and no line is ever negative.
    const exact = (joules + this.#untold) / unit
    const units = Math.floor(exact + 1e-6)
    this.#untold = (exact - units) * unit
    this.#seconds += seconds
    this.#lastTold = { from, to, told: units * unit, seconds }
    if (holes.length > 0) this.#remember({ from, to, told: units * unit, seconds, holes })
    return { joules, seconds, units, coverage, late: [] }
  }

  #holesBetween(from: number, to: number): Interval[] {
    const holes: Interval[] = []
    let at = from
    for (const segment of [...this.#ahead].sort((a, b) => a.from - b.from)) {
      if (segment.from - at > EPSILON) holes.push({ from: at, to: Math.min(segment.from, to) })
      at = Math.max(at, segment.to)
      if (at >= to) break
    }
    if (to - at > EPSILON) holes.push({ from: at, to })
    return holes
  }

  #drop(to: number): void {
    let kept = 0
    for (const segment of this.#ahead) {
      if (segment.to > to) this.#ahead[kept++] = segment.from >= to ? segment : cut(segment, to, segment.to)
    }
    this.#ahead.length = kept
  }

  /** Where energy ends, the last line that knew some is told anew, so that nothing is left over from rounding. */
  #tellRest(): LateEnergy[] {
    const last = this.#lastTold
    if (!last || this.#untold < 5e-4) return []
    this.#lastTold = undefined
    const share = last.seconds / (last.to - last.from)
    const late = this.#tell({ from: last.from, to: last.to, joules: last.told + this.#untold }, share)
    this.#untold = 0
    const short = this.#missing.find(({ from }) => from === last.from)
    if (short) short.told = late.joules
    return [late]
  }

  /** Late lines are told to the millijoule, and what is left over is carried on too. */
  #tell({ from, to, joules }: Segment, coverage = 1): LateEnergy {
    const exact = joules + this.#untoldLate
    const told = Math.max(0, Math.round(exact * 1e3) / 1e3)
    this.#untoldLate = exact - told
    return { from, to, joules: told, ...(coverage < 1 - EPSILON ? { coverage } : {}) }
  }

  #remember(shortfall: Shortfall): void {
    const last = this.#missing.at(-1)
    if (last && last.seconds === 0 && shortfall.seconds === 0 && last.to === shortfall.from) {
      last.to = shortfall.to
      return
    }
    this.#missing.push(shortfall)
    this.#holes += 1 + shortfall.holes.length
    while (this.#holes > REMEMBERED) this.#holes -= 1 + (this.#missing.shift()?.holes.length ?? 0)
  }

  /**
   * Energy behind the last line. Of a stretch of which nothing was known, the very piece is told; of a line
   * that was known in part, the whole line, since it spreads its energy over all its time. What was known
   * already is being revised: the last value counts.
   */
  #late(segment: Segment): LateEnergy[] {
    const late: LateEnergy[] = []
    const missing: Shortfall[] = []
    let at = segment.from
    for (const short of this.#missing) {
      const begin = Math.max(segment.from, short.from)
      const end = Math.min(segment.to, short.to)
      if (end - begin <= EPSILON) {
        missing.push(short)
        continue
      }
      if (begin - at > EPSILON) late.push(this.#revise(cut(segment, at, begin)))
      at = end
      const piece = cut(segment, begin, end)
      if (short.seconds > 0) {
        late.push(this.#complete(short, piece))
        if (short.holes.length > 0) missing.push(short)
        continue
      }
      this.#gain(piece.joules)
      this.#seconds += end - begin
      late.push(this.#tell(piece))
      if (begin - short.from > EPSILON) missing.push({ ...short, to: begin })
      if (short.to - end > EPSILON) missing.push({ ...short, from: end })
    }
    if (segment.to - at > EPSILON) late.push(this.#revise(cut(segment, at, segment.to)))
    this.#missing = missing
    this.#holes = missing.reduce((sum, { holes }) => sum + 1 + holes.length, 0)
    return late
  }

  /** Puts a piece into a line that was known in part, and in the place of what was known there. */
  #complete(short: Shortfall, piece: Segment): LateEnergy {
    const holes: Interval[] = []
    let fresh = 0
    for (const hole of short.holes) {
      const begin = Math.max(hole.from, piece.from)
      const end = Math.min(hole.to, piece.to)
      if (end <= begin) {
        holes.push(hole)
        continue
      }
      fresh += end - begin
      if (begin - hole.from > EPSILON) holes.push({ from: hole.from, to: begin })
      if (hole.to - end > EPSILON) holes.push({ from: end, to: hole.to })
    }
    const revised = Math.min(1, Math.max(0, piece.to - piece.from - fresh) / short.seconds)
    const length = short.to - short.from
    const joules = short.told * (revised > EPSILON ? 1 - revised : 1) + piece.joules
    this.#gain(joules - short.told)
    this.#seconds += fresh
    short.seconds = Math.min(length, short.seconds + fresh)
    short.holes = holes
    const share = holes.length > 0 ? short.seconds / length : 1
    const late = this.#tell({ from: short.from, to: short.to, joules }, share)
    short.told = late.joules
    if (this.#lastTold?.from === short.from) {
      this.#lastTold = { from: short.from, to: short.to, told: late.joules, seconds: share * length }
    }
    return late
  }

  #revise(segment: Segment): LateEnergy {
    const last = this.#lastTold
    if (last && segment.to > last.from && segment.from < last.to) this.#lastTold = undefined
    return this.#tell(segment)
  }
}
