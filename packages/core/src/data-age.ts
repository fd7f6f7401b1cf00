import { countedNow } from './counted-now.ts'
import { type Factors, facilityFactor, JOULES_PER_KILOWATT_HOUR } from './factors.ts'
import type { RecordedDomain } from './recorded-domain.ts'
import type { Recording } from './recording.ts'

/** Seconds of the run, up to `now`, of which a domain that reports late has told nothing yet; `now`: seconds of the run. */
export function dataAge(domain: RecordedDomain, now: number): number {
  return Math.max(0, now - domain.reached)
}

/** What a run has taken, in seconds of it, joules and grams; absent: unknown. */
interface Spent {
  readonly seconds: number
  readonly joules?: number
  readonly gramsCo2e?: number
}

/**
 * What a budget takes for spent: the totals, and what domains that report late will probably have taken since they told last, their
 * last watts times the age of their data, so that it is not overspent because data are minutes old. A guess, which no total ever has.
 * What has told nothing yet adds nothing: its watts are unknown. `gramsPerKilowattHour`: of now.
 */
export function spentWithOwed(
  recording: Recording,
  { seconds, joules, gramsCo2e }: Spent,
  factors: Factors,
  gramsPerKilowattHour = 0,
): Spent {
  if (joules === undefined) return { seconds }
  const { boundary, counted } = countedNow(recording)
  const late = counted.filter((one) => one.isLate)
  const owed = late.reduce((sum, one) => sum + (one.watts ?? 0) * dataAge(one, seconds), 0)
  const factor = facilityFactor(factors, boundary.level)
  const grams = (owed / JOULES_PER_KILOWATT_HOUR) * gramsPerKilowattHour * factor
  return {
    seconds,
    joules: joules + owed,
    ...(gramsCo2e === undefined ? {} : { gramsCo2e: gramsCo2e + grams }),
  }
}
