import { clampShare, sumCoverage } from './coverage.ts'
import { uncertainEnergy } from './domain-errors.ts'
import type { Interval } from './intervals.ts'
import type { Journal } from './journal.ts'
import { type MeasuredDomain, measureDomains, RESOLUTION } from './measured-domains.ts'
import { Stretches } from './stretches.ts'
import { energyError, type KnownError } from './uncertainty.ts'

/** Below this coverage figures per joule are absent. */
export const ENOUGH_COVERAGE = 0.9

/** The energy of all that counts, between any two times of a run. */
export class CountedEnergy {
  /** What is missing of the sum: at each instant as much as of the domain that lacks most. */
  readonly missing: Stretches
  /** Seconds below which an interval is shorter than its meters can resolve. */
  readonly resolution: number
  readonly #domains: readonly MeasuredDomain[]

  /** `domains`: those that count. */
  constructor(domains: readonly MeasuredDomain[]) {
    this.#domains = domains
    this.missing = new Stretches(sumCoverage(domains.map((one) => one.known.missing)))
    this.resolution = Math.max(
      0,
      ...domains.map(({ line }) => Math.max(line.interval, line.domain.updatePeriod ?? 0)),
    )
  }

  /** Of a journal as it is now. */
  static of(journal: Journal): CountedEnergy {
    const { domains, boundary } = measureDomains(journal, 0, journal.until)
    return new CountedEnergy(domains.filter(({ id }) => boundary.counted.has(id)))
  }

  /** Share of an interval during which every counted domain is known, 0 to 1. */
  coverage({ from, to }: Interval): number {
    if (to <= from || this.#domains.length === 0) return 0
    return clampShare(1 - this.missing.between(from, to) / (to - from))
  }

  /** Joules of an interval as far as they are known; undefined where nothing is. */
  joules({ from, to }: Interval): number | undefined {
    const known = this.#domains.filter((one) => one.known.seconds(from, to) > RESOLUTION)
    if (known.length === 0) return undefined
    return known.reduce((sum, one) => sum + one.known.joules(from, to), 0)
  }

  /** Joules of an interval; undefined below a coverage of 0.9. */
  wellKnown(interval: Interval): number | undefined {
    return this.coverage(interval) < ENOUGH_COVERAGE ? undefined : this.joules(interval)
  }

  /** Joules to divide by: undefined also where the interval is shorter than its meters can resolve. */
  divisor(interval: Interval): number | undefined {
    return interval.to - interval.from < this.resolution ? undefined : this.wellKnown(interval)
  }
}

/**
 * The energy of all counted domains over disjoint intervals of a run (phases, say), in order, and what is known of its error:
 * of two such energies `differenceUncertainty` and `ratioUncertainty` tell how well they can be compared.
 */
export function energyErrorOf(journal: Journal, intervals: readonly Interval[]): KnownError {
  const { boundary, domains } = measureDomains(journal, 0, journal.until)
  const parts = domains
    .filter((one) => boundary.counted.has(one.id))
    .map((one) => {
      const joules = intervals.reduce((sum, { from, to }) => sum + one.known.joules(from, to), 0)
      return uncertainEnergy(one, joules, intervals)
    })
  return energyError(parts)
}
