import type { ReportEfficiency } from './report.ts'
import type { Work } from './work-ledger.ts'

/** What work is held against: of one interval, and known well enough to be divided by. */
export interface WorkCost {
  readonly joules?: number | undefined
  /** One sigma of the joules; absent: unknown. */
  readonly standardUncertaintyJoules?: number | undefined
  /** Grams of CO2e. */
  readonly grams?: number | undefined
  readonly seconds: number
}

/**
 * Each unit of work against energy, emissions and time. Of no work, no energy, or what a number cannot hold there is no
 * figure: never Infinity, NaN or 0 for want of a divisor.
 */
export function efficiencyOf(
  work: Work,
  { joules, standardUncertaintyJoules, grams, seconds }: WorkCost,
): Record<string, ReportEfficiency> {
  const efficiency: Record<string, ReportEfficiency> = {}
  if (joules === undefined) return efficiency
  const relative = ratio(standardUncertaintyJoules, joules)
  for (const [unit, amount] of Object.entries(work)) {
    const perJoule = ratio(amount, joules)
    const joulesPer = ratio(joules, amount)
    if (!perJoule || !joulesPer) continue
    const gramsCo2ePer = grams === undefined ? undefined : ratio(grams, amount)
    const energyDelay = energyDelayOf(joulesPer, ratio(seconds, amount))
    efficiency[unit] = {
      perJoule,
      joulesPer,
      ...(relative === undefined ? {} : { relativeStandardUncertainty: relative }),
      ...(gramsCo2ePer === undefined ? {} : { gramsCo2ePer }),
      ...(energyDelay === undefined ? {} : { energyDelayJouleSeconds: energyDelay }),
    }
  }
  return efficiency
}

/**
 * Energy times time in J s: the lower, the better, and no gain where one is bought with the other. Absent where a factor is.
 * After Gonzalez and Horowitz, Energy dissipation in general purpose microprocessors, IEEE J. Solid-State Circuits 31 (1996).
 */
export function energyDelayOf(joules: number | undefined, seconds: number | undefined): number | undefined {
  if (joules === undefined || seconds === undefined) return undefined
  const product = joules * seconds
  return Number.isFinite(product) ? product : undefined
}

/** A quotient; undefined where there is nothing to divide by, or no number holds it. */
export function ratio(value: number | undefined, divisor: number | undefined): number | undefined {
  if (value === undefined || divisor === undefined || divisor === 0) return undefined
  const quotient = value / divisor
  return Number.isFinite(quotient) ? quotient : undefined
}
