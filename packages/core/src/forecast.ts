import { sum } from './sum.ts'

/** A figure to come, with the interval that holds it in 95 of 100 cases. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** What had been taken, of whatever kind, by the time that so much was done. */
export interface Taken {
  readonly done: number
  readonly amount: number
}

/** So many steps at least, the first of them a warm-up: of two costs one can tell how far they lie apart. */
export const FEWEST_STEPS = 3

/** A step costs at most this many robust standard deviations more or less than the median one, when the mean is taken. */
const OUTLIER = 3
/** Standard deviation of a normal distribution by its median absolute deviation: 1 / 0.6745. */
const MAD_SCALE = 1.4826
/** Costs that lie no farther than this from the median, as a share of it, are no outliers, however alike the others are. */
const ALIKE = 0.3

/**
 * What is supposed of the scatter of a step's cost before any is seen: 7 %, and as much as that supposition weighs, in
 * degrees of freedom. Two steps that happen to be alike do not make a machine steady.
 */
const SUPPOSED_SCATTER = 0.07
const SUPPOSED_WEIGHT = 1.5
/** Neighbouring steps are alike, so that n of them tell as much as n / 2 would. */
const ALIKENESS = 2
/** The level itself moves while a run goes on, with other load: the more, the more is left against what was seen. */
const LEVEL_MOVES = 5

/**
 * What `total` will have taken, from what had been taken so far: each unit that is left costs what those behind cost, of
 * which the first step, a warm-up, is left out and outliers are cut. The interval is a prediction interval by Student's t,
 * of relative scatter; its constants were found on the recorded trainings of `test/fixtures/training-curves.json`.
 * Undefined below 3 steps. `taken`: in order, `done` ever larger.
 */
export function forecastTotal(taken: readonly Taken[], total: number): Estimate | undefined {
  const last = taken.at(-1)
  if (!last || taken.length < FEWEST_STEPS) return undefined
  const left = total - last.done
  if (left <= 0) {
    const amount = amountAt(taken, total)
    return { value: amount, low: amount, high: amount }
  }
  const { mean, scatter, count, freedom } = costOf(stepsOf(taken))
  const stepsLeft = (left * count) / (last.done - (taken[0] as Taken).done)
  const averaging = ALIKENESS * (1 / count + 1 / stepsLeft)
  const moving = (LEVEL_MOVES * stepsLeft) / (stepsLeft + count)
  const relative = scatter * Math.sqrt(averaging + moving)
  const times = Math.exp(studentQuantile(freedom) * relative)
  const rest = left * mean
  return { value: last.amount + rest, low: last.amount + rest / times, high: last.amount + rest * times }
}

/** What had been taken when so much was done, which is behind. */
function amountAt(taken: readonly Taken[], done: number): number {
  const after = taken.findIndex((one) => one.done >= done)
  const next = taken[after] as Taken
  const before = taken[after - 1] ?? { done: 0, amount: 0 }
  return before.amount + ((next.amount - before.amount) * (done - before.done)) / (next.done - before.done)
}

/** Steps behind the first: cost per unit, and how many units. */
function stepsOf(taken: readonly Taken[]): { cost: number; units: number }[] {
  return taken.slice(1).map(({ done, amount }, index) => {
    const before = taken[index] as Taken
    const units = done - before.done
    return { cost: Math.max(0, amount - before.amount) / units, units }
  })
}

/** Mean cost of a unit, and how it scatters relative to that: with outliers cut to what is still likely. */
function costOf(steps: readonly { cost: number; units: number }[]) {
  const middle = median(steps.map(({ cost }) => cost))
  const deviation = MAD_SCALE * median(steps.map(({ cost }) => Math.abs(cost - middle)))
  // Where most took nothing, as a coarse meter has it, those that took something are no outliers.
  const reach = middle > 0 ? Math.max(OUTLIER * deviation, ALIKE * middle) : Number.POSITIVE_INFINITY
  const cut = steps.map(({ cost, units }) => ({
    cost: Math.min(Math.max(cost, middle - reach), middle + reach),
    units,
  }))
  const units = sum(cut.map((step) => step.units))
  const mean = sum(cut.map((step) => step.cost * step.units)) / units
  const count = steps.length
  const squares = mean > 0 ? sum(cut.map(({ cost }) => (cost / mean - 1) ** 2)) : 0
  const freedom = SUPPOSED_WEIGHT + count - 1
  const scatter = Math.sqrt((SUPPOSED_WEIGHT * SUPPOSED_SCATTER ** 2 + squares) / freedom)
  return { mean, scatter, count, freedom }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** Degrees of freedom and the 97.5 % quantile of Student's t. Source: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2. */
const STUDENT: readonly (readonly [freedom: number, quantile: number])[] = [
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [5, 2.571],
  [6, 2.447],
  [7, 2.365],
  [8, 2.306],
  [9, 2.262],
  [10, 2.228],
  [15, 2.131],
  [20, 2.086],
  [30, 2.042],
  [60, 2.0],
  [Number.POSITIVE_INFINITY, 1.96],
]

/** Between two rows it is linear in the inverse. */
function studentQuantile(freedom: number): number {
  const above = STUDENT.findIndex(([row]) => row >= freedom)
  const [upper, high] = STUDENT[above] as [number, number]
  const [lower, low] = STUDENT[Math.max(0, above - 1)] as [number, number]
  if (upper === lower) return high
  return low + ((high - low) * (1 / lower - 1 / freedom)) / (1 / lower - 1 / upper)
}
