import { operationalGrams } from './carbon-figures.ts'
import { CountedEnergy } from './counted-energy.ts'
import type { Factors } from './factors.ts'
import type { Interval } from './intervals.ts'
import type { Journal } from './journal.ts'
import { measureDomains } from './measured-domains.ts'
import { RunClock } from './run-clock.ts'
import { RunEmissions } from './run-emissions.ts'
import type { PhaseEnergy } from './run-extension.ts'

/** What a journal, as it is now, knows of intervals of its run: the figures that a report of it has. */
export interface IntervalEnergy {
  /** Seconds of the run that the journal has got to. */
  readonly until: number
  /** Energy and emissions of an interval in seconds of the run, as far as they are known. */
  of(interval: Interval): PhaseEnergy
}

/** Reads the energy of intervals off a journal, of which it looks through all rows once. */
export function intervalEnergy(journal: Journal, factors: Factors): IntervalEnergy {
  const { domains, boundary } = measureDomains(journal, 0, journal.until)
  const counted = domains.filter(({ id }) => boundary.counted.has(id))
  const energy = new CountedEnergy(counted)
  const between = (from: number, to: number): number =>
    counted.reduce((sum, one) => sum + one.known.joules(from, to), 0)
  const emissions = new RunEmissions(factors, new RunClock(journal), between, journal.until)
  return {
    until: journal.until,
    of(interval) {
      const joules = energy.joules(interval)
      const grams =
        joules === undefined ? undefined : operationalGrams(emissions.of([interval]), factors, boundary.level)
      return {
        ...(joules === undefined ? {} : { joules }),
        ...(grams === undefined ? {} : { gramsCo2e: grams }),
        coverage: energy.coverage(interval),
      }
    },
  }
}
