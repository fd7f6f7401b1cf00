import type { Domain } from '@ergometer/meter'
import { type Interval, union } from './intervals.ts'
import type { DomainLine, PhasesLine } from './journal-line.ts'
import type { KnownEnergy } from './known-energy.ts'
import type { Stretches } from './stretches.ts'
import type { UncertainEnergy } from './uncertainty.ts'

/** Energy of fast phases that were told as a sum, somewhere between two times: which of it lies where nobody knows. */
export interface FoldedEnergy extends Interval {
  /** How many there were. */
  readonly count: number
  /** How long they took. */
  readonly seconds: number
  readonly joules: number
}

/** A quantity that may be anywhere in a width, all of it alike, has this standard deviation (GUM, 4.3.7). */
const RECTANGULAR = 1 / Math.sqrt(12)
/** Errors of more intervals than this are told as one: they are then no longer shared with those of other energies. */
const MOST_INTERVALS = 64

/**
 * Seconds within which nobody knows how the energy lies, at an edge. A counter, or a meter of intervals, tells no more
 * than what was taken from one point to the next: no two are closer than its reads, nor than its changes. The power of a
 * sensor is known at each reading, but may be as old as its update period, and is a mean over `averagedOver`.
 */
export function stepSeconds({ reads, updatePeriod = 0 }: Domain, interval: number): number {
  return reads.quantity === 'power'
    ? Math.max(updatePeriod, reads.averagedOver ?? 0)
    : Math.max(updatePeriod, interval)
}

/** What lines of folded phases took of a domain, by the lines and as many parts of them. */
export function foldedEnergies(
  lines: readonly PhasesLine[],
  parts: readonly { readonly joules: number; readonly seconds: number }[],
): FoldedEnergy[] {
  return lines.map(({ from, to, counts }, index) => {
    const { joules = 0, seconds = 0 } = parts[index] ?? {}
    return { from, to, count: Object.values(counts).reduce((sum, one) => sum + one, 0), seconds, joules }
  })
}

/** What is known of the error of some of a domain's joules: those of disjoint intervals, in order, and of folded phases. */
export function uncertainEnergy(
  { line, errors }: { readonly line: DomainLine; readonly errors: DomainErrors },
  joules: number,
  intervals: readonly Interval[],
  folded: readonly FoldedEnergy[] = [],
): UncertainEnergy {
  return {
    domain: line.id,
    meter: line.meter,
    joules,
    uncertainty: line.domain.standardUncertainty,
    others: errors.of(joules, intervals, folded),
  }
}

/** Errors of one domain's energy apart from its gain: where edges lie, and what sampled power leaves open. */
export class DomainErrors {
  readonly #id: string
  readonly #known: KnownEnergy
  readonly #step: number
  readonly #sampled: Stretches
  readonly #until: number

  /** `step`: see `stepSeconds`. `until`: the run's end in seconds. */
  constructor(id: string, known: KnownEnergy, step: number, sampled: Stretches, until: number) {
    this.#id = id
    this.#known = known
    this.#step = step
    this.#sampled = sampled
    this.#until = until
  }

  /**
   * By source, what one sigma of it does to the joules of disjoint intervals, in order, and of phases that were told as sums.
   * At an edge the energy may be off by that of the step in which it lies, a width of w: w²/12. What one interval has too
   * much the next that begins there has too little, hence the sign.
   */
  of(
    joules: number,
    intervals: readonly Interval[],
    folded: readonly FoldedEnergy[] = [],
  ): Map<string, number> {
    const sources = new Map<string, number>()
    if (intervals.length <= MOST_INTERVALS) {
      this.#edges(intervals, sources)
      for (const { from, to } of intervals) {
        this.#put(sources, `sampling from ${from} to ${to}`, this.#sampled.between(from, to))
      }
    } else {
      const apart = folded.reduce((sum, one) => sum + one.joules, 0)
      const variance = this.#many(joules - apart, intervals)
      this.#put(sources, `${intervals.length} intervals from ${intervals[0]?.from}`, variance)
    }
    const variance = folded.reduce((sum, one) => sum + this.#folded(one), 0)
    this.#put(sources, `${folded.length} sums from ${folded[0]?.from}`, variance)
    return sources
  }

  #edges(intervals: readonly Interval[], sources: Map<string, number>): void {
    // Where one interval ends and the next begins there is no edge.
    const edges = union(intervals).flatMap(({ from, to }) => [
      { time: from, sign: -1 },
      { time: to, sign: 1 },
    ])
    for (const { time, sign } of edges) {
      // However many edges lie in one step, no more than its energy is in doubt.
      const within = edges.filter((other) => this.#stepAt(other.time) === this.#stepAt(time)).length
      const sigma = (sign * RECTANGULAR * this.#widthAt(time)) / Math.sqrt(within)
      if (sigma !== 0) sources.set(`edge of ${this.#id} at ${time}`, sigma)
    }
  }

  /** Energy of the step in which a time lies, in joules, by the mean of what is known on both sides. */
  #widthAt(time: number): number {
    const from = Math.max(0, time - this.#step)
    const to = Math.min(this.#until, time + this.#step)
    return to > from ? (this.#known.joules(from, to) * this.#step) / (to - from) : 0
  }

  #stepAt(time: number): number {
    return this.#step > 0 ? Math.floor(time / this.#step + 1e-6) : time
  }

  /** Variance of the energy of many intervals, by their mean power, in J². */
  #many(joules: number, intervals: readonly Interval[]): number {
    let [seconds, sampled, steps] = [0, 0, 0]
    let last = Number.NaN
    for (const { from, to } of intervals) {
      seconds += to - from
      sampled += this.#sampled.between(from, to)
      const [begin, end] = [this.#stepAt(from), this.#stepAt(to)]
      steps += (begin === last ? 0 : 1) + (end === begin ? 0 : 1)
      last = end
    }
    return sampled + this.#stepVariance(steps, joules, seconds)
  }

  #folded({ from, to, count, seconds, joules }: FoldedEnergy): number {
    if (!(seconds > 0)) return 0
    const steps = this.#step > 0 ? Math.min(2 * count, Math.max(1, (to - from) / this.#step)) : 0
    const share = to > from ? Math.min(1, seconds / (to - from)) : 1
    return share * this.#sampled.between(from, to) + this.#stepVariance(steps, joules, seconds)
  }

  /** Of so many steps at a mean power. */
  #stepVariance(steps: number, joules: number, seconds: number): number {
    return seconds > 0 ? steps * (RECTANGULAR * (joules / seconds) * this.#step) ** 2 : 0
  }

  #put(sources: Map<string, number>, source: string, variance: number): void {
    if (variance > 0) sources.set(`${source} of ${this.#id}`, Math.sqrt(variance))
  }
}
