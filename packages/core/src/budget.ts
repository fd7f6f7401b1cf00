import { JOULES_PER_KILOWATT_HOUR } from './factors.ts'

/** What a run may take at most. */
export interface Budget {
  readonly kilowattHours?: number | undefined
  /** Grams. */
  readonly gramsCo2e?: number | undefined
  readonly hours?: number | undefined
}

/** How much of a budget is spent: of that limit which is closest. */
export interface BudgetUse {
  readonly of: 'kilowattHours' | 'gramsCo2e' | 'hours'
  readonly limit: number
  readonly spent: number
  /** From 1 on it is spent. */
  readonly share: number
}

/** What a run has taken so far; absent: unknown. */
interface Spent {
  readonly joules?: number
  readonly gramsCo2e?: number
  readonly seconds: number
}

/** How much of a budget a run has spent so far; undefined while nothing that it limits is known. */
export function budgetUse(budget: Budget, { joules, gramsCo2e, seconds }: Spent): BudgetUse | undefined {
  const spent = {
    kilowattHours: joules === undefined ? undefined : joules / JOULES_PER_KILOWATT_HOUR,
    gramsCo2e,
    hours: seconds / 3600,
  }
  let closest: BudgetUse | undefined
  for (const of of ['kilowattHours', 'gramsCo2e', 'hours'] as const) {
    const limit = budget[of]
    const amount = spent[of]
    if (limit === undefined || amount === undefined) continue
    const share = amount / limit
    if (!closest || share > closest.share) closest = { of, limit, spent: amount, share }
  }
  return closest
}

const UNITS = { kilowattHours: 'kWh', gramsCo2e: 'g CO2e', hours: 'h' }

/** Says that a budget is spent. */
export function budgetMessage({ of, limit }: BudgetUse): string {
  return `the budget of ${limit} ${UNITS[of]} is spent`
}
