import type { Budget, BudgetUse } from './budget.ts'
import { budgetUse } from './budget.ts'
import { spentWithOwed } from './data-age.ts'
import { type Factors, facilityFactor } from './factors.ts'
import { HardwareLayers } from './hardware-layers.ts'
import { LiveGrams } from './live-grams.ts'
import {
  type ChangingIntensity,
  type LiveDomain,
  type LiveTotals,
  liveIntensity,
  liveTotals,
} from './live-totals.ts'
import { MethodTotals } from './method-totals.ts'
import type { Recording } from './recording.ts'
import type { Report } from './report.ts'

/** The instant of live totals. */
export interface LiveInstant {
  /** Seconds of the run. */
  readonly seconds: number
  /** Monotonic seconds of the host. */
  readonly monotonic: number
  /** Intensity of now where it changes; absent: that of the factors holds. */
  readonly intensity?: ChangingIntensity | undefined
  /** How often each meter has failed. */
  readonly meters: LiveTotals['meters'] & {}
  /** True while a meter is yet to open: what its domains stand for is not known. */
  readonly opening: boolean
}

/** Seconds after which hardware goes out although a meter has not opened yet. */
export const LONGEST_OPENING = 10

/** The totals of a run while it goes on, once a second: they never fall. */
export class LiveAccount {
  #factors: Factors
  readonly #budget: Budget | undefined
  readonly #grams = new LiveGrams()
  readonly #methods = new MethodTotals()
  readonly #layers = new HardwareLayers()
  /** So many domains were there when it was decided what goes out as hardware. */
  #seen = 0
  #second = -1
  #last: LiveTotals | undefined

  constructor(factors: Factors, budget: Budget | undefined) {
    this.#factors = factors
    this.#budget = budget
  }

  /** Reckons by other factors from here on. What was told stays told. */
  reckonBy(factors: Factors): void {
    this.#factors = factors
  }

  /** The totals of a second that were not told yet, and how much of the budget is spent; undefined: they were. */
  totals(
    recording: Recording,
    instant: LiveInstant,
  ): { totals: LiveTotals; use: BudgetUse | undefined } | undefined {
    const second = Math.floor(instant.seconds)
    if (second === this.#second) return undefined
    this.#second = second
    const totals = this.#look(recording, instant)
    const perKilowattHour = (instant.intensity ?? this.#factors.intensity).gramsPerKilowattHour
    const spent = spentWithOwed(recording, totals, this.#factors, perKilowattHour)
    const use = this.#budget && budgetUse(this.#budget, spent)
    return { totals: use ? { ...totals, budget: use } : totals, use }
  }

  /** The last totals, as the report of the whole run has them, but that nothing falls. */
  close(recording: Recording, instant: LiveInstant, report: Report): LiveTotals {
    const before = this.#last
    // What was read beyond the run's end is not the run's: of what is known by now the domains are taken alone.
    const { domains } = liveTotals(recording, this.#factors, instant.seconds, instant.monotonic)
    this.#layers.take(recording.domains)
    const { energy, carbon } = report
    const told = new Map(energy.domains.map((one) => [one.id, one]))
    const last = new Map(before?.domains.map((one) => [one.id, one]))
    const joules = atLeast(before?.joules, energy.joules)
    const gramsCo2e = atLeast(before?.gramsCo2e, carbon.gramsCo2e)
    return {
      v: 1,
      t: instant.monotonic,
      seconds: report.run.seconds,
      ...(joules === undefined ? {} : { joules, byMethod: this.#methods.upTo(joules, energy.byMethod) }),
      ...(gramsCo2e === undefined ? {} : { gramsCo2e }),
      coverage: energy.coverage,
      ...this.#around(recording, instant),
      domains: domains.map(({ watts: _watts, joules: _joules, ...one }) => {
        const known = atLeast(last.get(one.id)?.joules, told.get(one.id)?.joules)
        const coverage = told.get(one.id)?.coverage ?? one.coverage
        return this.#layered({ ...one, coverage, ...(known === undefined ? {} : { joules: known }) })
      }),
      health: report.health,
    }
  }

  #look(recording: Recording, instant: LiveInstant): LiveTotals {
    const { seconds, monotonic, intensity } = instant
    const gramsOf =
      intensity &&
      ((joules: number, level: Parameters<typeof facilityFactor>[1]) => {
        const { gramsPerKilowattHour: grams } = intensity
        const factor = facilityFactor(this.#factors, level)
        return this.#grams.upTo(joules, grams === undefined ? undefined : grams * factor)
      })
    const known = liveTotals(recording, this.#factors, seconds, monotonic, this.#last?.joules, gramsOf)
    const gramsCo2e = atLeast(this.#last?.gramsCo2e, known.gramsCo2e)
    if (recording.domains.length > this.#seen && (!instant.opening || seconds > LONGEST_OPENING)) {
      this.#seen = recording.domains.length
      this.#layers.take(recording.domains)
    }
    const { joules, byMethod } = known
    this.#last = {
      ...known,
      ...(gramsCo2e === undefined ? {} : { gramsCo2e }),
      ...(joules === undefined || !byMethod ? {} : { byMethod: this.#methods.upTo(joules, byMethod) }),
      ...this.#around(recording, instant),
      domains: known.domains.map((one) => this.#layered(one)),
    }
    return this.#last
  }

  /** What is told beside the energy. */
  #around(
    { work, scores }: Recording,
    { intensity, meters }: LiveInstant,
  ): Pick<LiveTotals, 'intensity' | 'work' | 'scores' | 'meters'> {
    return {
      intensity: liveIntensity(this.#factors, intensity),
      work: { ...work.total },
      scores: Object.fromEntries([...scores.latest].map(([name, { value }]) => [name, value])),
      meters,
    }
  }

  #layered(one: LiveDomain): LiveDomain {
    const layer = this.#layers.of(one.id)
    return layer ? { ...one, layer } : one
  }
}

function atLeast(floor: number | undefined, value: number | undefined): number | undefined {
  return value === undefined ? floor : Math.max(floor ?? 0, value)
}
