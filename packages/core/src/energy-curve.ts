import type { Domain } from '@ergometer/meter'
import { counterStep } from './counter-step.ts'
import type { Interval } from './intervals.ts'

/** A stretch of a curve whose energy is known: joules between two times in seconds, spread evenly. */
export interface Segment {
  readonly from: number
  readonly to: number
  readonly joules: number
}

/** The part of a segment between two times within it. */
export function cut(segment: Segment, from: number, to: number): Segment {
  if (from === segment.from && to === segment.to) return segment
  const share = (to - from) / (segment.to - segment.from)
  return { from, to, joules: segment.joules * share }
}

/** Why a reading did not add energy. */
export type CurveProblem = 'reset' | 'ambiguous-wraps' | 'gap' | 'implausible-reading'

/** What a reading added to the curve. */
export interface CurveStep {
  readonly segments: readonly Segment[]
  readonly problem?: CurveProblem
  /** For a person: which value, and what was expected. */
  readonly why?: string
}

interface Point {
  readonly time: number
  readonly value: number
}

type Hole = 'reset' | 'ambiguous-wraps' | 'gap'
type Join = { readonly joules: number; readonly wraps: number } | Hole

interface Gap {
  readonly from: Point
  readonly to: Point
  readonly hole: Hole
}

/** So many gaps are kept open for readings that come late, and so many restarts remembered. */
const OPEN_GAPS = 256
/** Intervals that are no further apart, in seconds, are neighbours. */
const EDGE = 1e-6
const NOTHING: CurveStep = { segments: [] }

/**
 * The energy curve of one domain: raw readings in, stretches of known energy out.
 * Two neighbouring good readings are joined by the rules of the domain's quantity; what cannot be joined is a
 * gap, which a later (older) reading may still close. A failed read is simply no reading.
 */
export class EnergyCurve {
  wraps = 0
  resets = 0
  gaps = 0
  readonly #domain: Domain
  readonly #join: (from: Point, to: Point) => Join
  readonly #shift: number
  readonly #hold: number
  #first: Point | undefined
  #last: Point | undefined
  /** When a counter that stands still was seen to change. */
  #changed: number | undefined
  #open: Gap[] = []
  /** Between intervals of which nothing is known yet. */
  #holes: Interval[] = []
  #restarts: number[] = []
  /** Of sampled power, in J²: of all steps, and of the last of them. */
  #variance = 0
  #lastVariance = 0
  #lastSeconds = 0

  /** `interval`: seconds between two reads of the domain, which bounds how far apart power samples are joined. */
  constructor(domain: Domain, interval: number) {
    this.#domain = domain
    this.#join = joiner(domain, interval)
    this.#shift = domain.reads.quantity === 'power' ? (domain.reads.averagedOver ?? 0) / 2 : 0
    this.#hold = domain.reads.quantity === 'energy' ? (domain.updatePeriod ?? 0) : 0
  }

  /** Up to when the curve is known or given up, in seconds; undefined before the first reading. */
  get knownUntil(): number | undefined {
    return this.#last?.time
  }

  /**
   * What samples of power leave open of the energy from second 0 to a time, as a variance in J². Between two samples the
   * power may be any of those that lie between them: a width of dP dt for each step, hence (dP dt)²/12.
   */
  sampledVariance(until: number): number {
    const beyond = (this.#last?.time ?? until) - until
    if (!(beyond > 0) || this.#lastSeconds === 0) return this.#variance
    return Math.max(0, this.#variance - this.#lastVariance * Math.min(1, beyond / this.#lastSeconds))
  }

  /** Takes a reading: its time and value, and for `interval-energy` where its interval begins. */
  add(time: number, value: number, from?: number): CurveStep {
    const why = implausible(this.#domain, time, value, from)
    if (why !== undefined) return { segments: [], problem: 'implausible-reading', why }
    if (from !== undefined && this.#domain.reads.quantity === 'interval-energy') {
      return this.#addInterval(from, time, value)
    }
    return this.#addPoint({ time: time - this.#shift, value })
  }

  /** Readings from before a time, and at it, are joined with none that come after: the counter may have begun anew. */
  restart(time: number): void {
    this.#restarts.push(time)
    if (this.#restarts.length > OPEN_GAPS) this.#restarts.shift()
  }

  #addInterval(from: number, to: number, joules: number): CurveStep {
    const skipped = this.#skip(from, to)
    if (this.#last === undefined || to > this.#last.time) this.#last = { time: to, value: joules }
    if (this.#first === undefined || from < this.#first.time) this.#first = { time: from, value: joules }
    return { segments: [{ from, to, joules }], ...(skipped ? { problem: 'gap' as const } : {}) }
  }

  /** What lies between an interval and those before it, or after it, is open until others fill it. True if there is such. */
  #skip(from: number, to: number): boolean {
    const left = this.#holes.flatMap((hole) =>
      [
        { from: hole.from, to: Math.min(hole.to, from) },
        { from: Math.max(hole.from, to), to: hole.to },
      ].filter((part) => part.to - part.from > EDGE),
    )
    const opened = [
      { from: this.#last?.time ?? from, to: from },
      { from: to, to: this.#first?.time ?? to },
    ].filter((part) => part.to - part.from > EDGE)
    this.gaps += left.length + opened.length - this.#holes.length
    this.#holes = [...left, ...opened].slice(-OPEN_GAPS)
    return opened.length > 0
  }

  #addPoint(point: Point): CurveStep {
    if (this.#first === undefined || this.#last === undefined) {
      this.#first = this.#last = point
      return NOTHING
    }
    if (point.time > this.#last.time) return this.#append(this.#last, point)
    if (point.time < this.#first.time) return this.#prepend(point, this.#first)
    return this.#fill(point)
  }

  #append(last: Point, point: Point): CurveStep {
    // A counter's points are its changes: until it changes, or has stood still for longer than its update
    // period, nothing can be said of the time since the last change.
    if (this.#hold > 0 && point.value === last.value && !this.#isCut(last, point)) {
      const until = point.time - this.#hold
      if (until <= last.time) return NOTHING
      this.#changed ??= last.time
      this.#last = { time: until, value: last.value }
      return { segments: [{ from: last.time, to: until, joules: 0 }] }
    }
    this.#last = point
    const stood = this.#changed
    this.#changed = undefined
    // A counter that was held up catches up: what it then counts was taken since it had changed last.
    if (stood !== undefined && this.#join(last, point) === 'reset') {
      const changed = { time: stood, value: last.value }
      const join = this.#isCut(changed, point) ? 'reset' : this.#join(changed, point)
      if (typeof join === 'object') {
        this.wraps += join.wraps
        return { segments: [{ from: last.time, to: point.time, joules: join.joules }] }
      }
    }
    return this.#connect(last, point)
  }

  #prepend(point: Point, first: Point): CurveStep {
    this.#first = point
    return this.#connect(point, first)
  }

  /** A late reading between two that could not be joined may be joined to either. */
  #fill(point: Point): CurveStep {
    const index = this.#open.findIndex((gap) => gap.from.time < point.time && point.time < gap.to.time)
    const gap = this.#open[index]
    if (gap === undefined) return NOTHING
    this.#open.splice(index, 1)
    this.gaps--
    if (gap.hole === 'reset') this.resets--
    const before = this.#connect(gap.from, point)
    const after = this.#connect(point, gap.to)
    return { segments: [...before.segments, ...after.segments] }
  }

  #connect(from: Point, to: Point): CurveStep {
    const join = this.#isCut(from, to) ? 'reset' : this.#join(from, to)
    if (typeof join === 'object') {
      this.wraps += join.wraps
      if (this.#domain.reads.quantity === 'power') this.#leaveOpen(from, to)
      return { segments: [{ from: from.time, to: to.time, joules: join.joules }] }
    }
    this.gaps++
    if (join === 'reset') this.resets++
    this.#open.push({ from, to, hole: join })
    if (this.#open.length > OPEN_GAPS) this.#open.shift()
    return { segments: [], problem: join }
  }

  #leaveOpen(from: Point, to: Point): void {
    // What lies before second 0 is no part of the run.
    const seconds = to.time - Math.max(0, from.time)
    if (!(seconds > 0)) return
    const length = to.time - from.time
    const variance = ((((to.value - from.value) * length) ** 2 / 12) * seconds) / length
    this.#variance += variance
    if (to !== this.#last) return
    this.#lastVariance = variance
    this.#lastSeconds = seconds
  }

  #isCut(from: Point, to: Point): boolean {
    return this.#restarts.some((time) => from.time <= time && time < to.time)
  }
}

/** A domain that states no bound is believed up to here, in watts: a petawatt is nonsense, and would spoil every sum. */
const MOST_WATTS = 1e15
/** Power samples are joined while at most this many intervals apart. */
const JOINED_INTERVALS = 3

function joiner(domain: Domain, interval: number): (from: Point, to: Point) => Join {
  const { reads } = domain
  if (reads.quantity !== 'energy') {
    // A grid is never met to the microsecond: a hundredth of an interval is allowed for.
    const reach = Math.max(interval, domain.updatePeriod ?? 0) * (JOINED_INTERVALS + 0.01)
    return (from, to) => {
      const seconds = to.time - from.time
      if (seconds > reach) return 'gap'
      return { joules: ((from.value + to.value) / 2) * seconds, wraps: 0 }
    }
  }
  const counter = { ...reads, maxWatts: domain.maxWatts ?? MOST_WATTS, updatePeriod: domain.updatePeriod }
  return (from, to) => {
    const step = counterStep(from.value, to.value, to.time - from.time, counter)
    if (step.kind === 'energy') return step
    return step.kind === 'reset' ? 'reset' : 'ambiguous-wraps'
  }
}

/** Why a reading cannot be true, or undefined. */
function implausible(
  domain: Domain,
  time: number,
  value: number,
  from: number | undefined,
): string | undefined {
  if (!Number.isFinite(time)) return `time ${time}, expected finite seconds`
  if (!Number.isFinite(value) || value < 0) return `value ${value}, expected a finite number, not negative`
  const { reads, maxWatts = MOST_WATTS } = domain
  if (reads.quantity === 'power') {
    if (value > maxWatts) return `${value} W, expected at most ${maxWatts} W`
    return undefined
  }
  if (reads.quantity === 'energy') {
    // The kernel's ranges are truncated by one unit, so the modulus itself may be seen.
    if (reads.wrapsAt !== undefined && value > reads.wrapsAt) {
      return `count ${value}, expected at most ${reads.wrapsAt}, where it wraps`
    }
    return undefined
  }
  if (from === undefined || !Number.isFinite(from) || from >= time) {
    return `interval from ${from} to ${time}, expected a begin before its end`
  }
  const limit = maxWatts * (time - from + (domain.updatePeriod ?? 0))
  if (value > limit) return `${value} J in ${time - from} s, expected at most ${limit} J`
  return undefined
}
