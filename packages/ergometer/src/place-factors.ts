import { bundledHardware, bundledIntensity, cloudPue, cloudZone } from '@ergometer/carbon'
import type { GivenFactors, RunPlace } from '@ergometer/core'

/** Given factors, and what a place adds to them. */
export interface PlacedFactors {
  readonly given: GivenFactors
  /** Each factor that the place adds, in words for a person. */
  readonly fromPlace: readonly string[]
}

/**
 * Factors as given, and those that nobody gave by the place: the region's zone and the PUE of its data centres, and embodied emissions
 * of the instance where they are bundled. What was given always wins. Pure.
 */
export function withPlace(given: GivenFactors, place: RunPlace | undefined): PlacedFactors {
  if (!place) return { given, fromPlace: [] }
  const zone = cloudZone(place.provider, place.region)
  const pue = zone === undefined ? undefined : cloudPue(zone)
  const hardware = `${place.provider}:${place.instanceType}`.toLowerCase()
  const found = {
    // A source may know regions that the table does not.
    ...(zone !== undefined && (bundledIntensity(zone) || given.source) ? { zone } : {}),
    ...(pue ? { pue: pue.pue } : {}),
    ...(bundledHardware().includes(hardware) ? { embodied: hardware } : {}),
  }
  const words = {
    zone: given.intensity === undefined ? `zone ${zone}` : undefined,
    pue: pue && `PUE ${pue.pue} (${pue.source}, ${pue.asOf})`,
    embodied: `embodied emissions of ${hardware}`,
  }
  const fromPlace = (['zone', 'pue', 'embodied'] as const).flatMap((key) =>
    found[key] !== undefined && given[key] === undefined ? (words[key] ?? []) : [],
  )
  return { given: { ...found, ...given }, fromPlace }
}
