import { bundledIntensity, constantIntensity, worldIntensity } from '@ergometer/carbon'
import type { Factors, StartLine } from '@ergometer/core'

/** Factors as a user gives them: they are kept in the journal, so that any run can be recomputed. */
export type GivenFactors = StartLine['factors']

/** Factors from what was given: a zone that is not given is unknown, and the world's average stands in for it. */
export function factorsFrom({ zone, intensity, pue }: GivenFactors): Factors {
  const known = zone === undefined ? undefined : bundledIntensity(zone)
  const chosen = intensity === undefined ? known : constantIntensity(intensity, known?.zone)
  return {
    intensity: chosen ?? worldIntensity(),
    zoneUnknown: chosen === undefined,
    ...(pue === undefined ? {} : { pue }),
  }
}
