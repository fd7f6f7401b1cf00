import type { Budget, BudgetUse } from './budget.ts'
import { budgetUse } from './budget.ts'
import { type Factors, facilityFactor } from './factors.ts'
import { LiveGrams } from './live-grams.ts'
import { type LiveTotals, liveTotals } from './live-totals.ts'
import type { Recording } from './recording.ts'

/** The instant of live totals. */
export interface LiveInstant {
  /** Seconds of the run. */
  readonly seconds: number
  /** Monotonic seconds of the host. */
  readonly monotonic: number
  /** Intensity of now where it changes; absent: that of the factors holds. */
  readonly intensity?: { readonly gramsPerKilowattHour: number | undefined } | undefined
}

/** The totals of a run while it goes on, once a second: they never fall. */
export class LiveAccount {
  readonly #factors: Factors
  readonly #budget: Budget | undefined
  readonly #grams = new LiveGrams()
  #second = -1
  #joules = 0

  constructor(factors: Factors, budget: Budget | undefined) {
    this.#factors = factors
    this.#budget = budget
  }

  /** The totals of a second that were not told yet, and how much of the budget is spent; undefined: they were. */
  totals(
    recording: Recording,
    { seconds, monotonic, intensity }: LiveInstant,
  ): { totals: LiveTotals; use: BudgetUse | undefined } | undefined {
    const second = Math.floor(seconds)
    if (second === this.#second) return undefined
    this.#second = second
    const gramsOf =
      intensity &&
      ((joules: number, level: Parameters<typeof facilityFactor>[1]) => {
        const { gramsPerKilowattHour: grams } = intensity
        const factor = facilityFactor(this.#factors, level)
        return this.#grams.upTo(joules, grams === undefined ? undefined : grams * factor)
      })
    const known = liveTotals(recording, this.#factors, seconds, monotonic, this.#joules, gramsOf)
    this.#joules = known.joules ?? this.#joules
    const use = this.#budget && budgetUse(this.#budget, known)
    return { totals: use ? { ...known, budget: use } : known, use }
  }
}
