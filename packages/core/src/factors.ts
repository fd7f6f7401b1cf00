import type { Intensity } from '@ergometer/carbon'

/** What turns joules into grams. */
export interface Factors {
  readonly intensity: Intensity
  /** True when no zone was given, so that the world's average stands in. */
  readonly zoneUnknown: boolean
  /** Power usage effectiveness, at least 1; absent: unknown. */
  readonly pue?: number | undefined
}

/** Joules of one kilowatt hour. */
export const JOULES_PER_KILOWATT_HOUR = 3.6e6

/** Grams of CO2e of an amount of energy, at a PUE (1 where it is unknown). */
export function gramsOf(joules: number, { intensity, pue = 1 }: Factors): number {
  return (joules / JOULES_PER_KILOWATT_HOUR) * intensity.gramsPerKilowattHour * pue
}
