import type { EmbodiedEmissions, Intensity, IntensityCurve, WaterIntensity } from '@ergometer/carbon'
import type { Boundary } from './boundary.ts'
import type { FactorUncertainties } from './emission-error.ts'

/** What turns joules into grams. */
export interface Factors {
  /** Intensity of all times, where there is no `curve`. */
  readonly intensity: Intensity
  /** True when no zone was given, so that the world's average stands in. */
  readonly zoneUnknown: boolean
  /** Intensity over wall time, in place of `intensity`. */
  readonly curve?: IntensityCurve | undefined
  /** Name of the source of the `curve`, which may have told nothing. */
  readonly source?: string | undefined
  /** Power usage effectiveness, at least 1; absent: unknown. */
  readonly pue?: number | undefined
  /**
   * What power supply, fans and board add to the components' energy, as a factor of at least 1; absent: unknown. It holds
   * at boundary level `components` alone: what is measured further out has them in it.
   */
  readonly overhead?: number | undefined
  /** Absent: nothing is said of them. */
  readonly water?: WaterIntensity | undefined
  readonly embodied?: EmbodiedEmissions | undefined
  /** Parameters of the model that is trained, for SCI for AI. */
  readonly parameters?: number | undefined
  /** Factors that nobody gave, and that follow from where the run was made, in words for a person. */
  readonly fromPlace?: readonly string[] | undefined
  /** Which factors are others than those that the run was recorded with: `intensity`, `pue`, … */
  readonly recomputed?: readonly string[] | undefined
  /** As far as they are stated: common to all that the factors are applied to. */
  readonly uncertainty?: FactorUncertainties | undefined
}

/** Joules of one kilowatt hour. */
export const JOULES_PER_KILOWATT_HOUR = 3.6e6

/** Energy of the computer for each joule of the boundary: the overhead where it applies, else 1. */
export function overheadOf({ overhead = 1 }: Factors, level: Boundary['level']): number {
  return level === 'components' ? overhead : 1
}

/** Energy of the building for each joule of the boundary: overhead times PUE, 1 where they are unknown. */
export function facilityFactor(factors: Factors, level: Boundary['level']): number {
  return overheadOf(factors, level) * (factors.pue ?? 1)
}

/**
 * Grams of CO2e of an amount of energy at the intensity of all times, PUE included (1 where it is unknown), and the
 * overhead where `level` is that of components.
 */
export function gramsOf(joules: number, factors: Factors, level?: Boundary['level']): number {
  const { gramsPerKilowattHour } = factors.intensity
  return (joules / JOULES_PER_KILOWATT_HOUR) * gramsPerKilowattHour * facilityFactor(factors, level)
}
