import {
  bundledIntensity,
  CarbonError,
  constantIntensity,
  embodiedEmissions,
  type Intensity,
  IntensityCurve,
  type IntensityStep,
  type SourceLabels,
  worldIntensity,
  yearlyStandIn,
} from '@ergometer/carbon'
import type { Factors, GivenFactors, Journal, RunPlace } from '@ergometer/core'
import { withPlace } from './place-factors.ts'

/** Factors that are no intensity: they go from what was given into the analysis as they are. */
const PLAIN = ['pue', 'overhead', 'water', 'parameters'] as const

/** No factor is as large, not even the parameters of a model. */
const MOST = 1e18

/**
 * Factors from what was given, and, where nothing was, from the `place`. A zone that is known by neither is unknown, and the
 * world's average stands in for it. Where a source was given, `steps` is what it has told.
 */
export function factorsFrom(
  chosen: GivenFactors,
  steps: readonly IntensityStep[] = [],
  place?: RunPlace,
): Factors {
  const { given, fromPlace } = withPlace(chosen, place)
  const { zone, intensity, source, embodied } = given
  const known = zone === undefined ? undefined : bundledIntensity(zone)
  const constant = intensity === undefined ? known : constantIntensity(intensity, known?.zone)
  const plain = Object.fromEntries(
    PLAIN.map((key) => [key, given[key]]).filter(([, value]) => value !== undefined),
  )
  return {
    intensity: constant ?? worldIntensity(),
    zoneUnknown: constant === undefined,
    ...(fromPlace.length > 0 ? { fromPlace } : {}),
    ...(source ? { curve: curveOf(given, steps), source: source.name } : {}),
    ...plain,
    ...(embodied === undefined ? {} : { embodied: embodiedEmissions(embodied) }),
  }
}

/** The factors that a run was recorded with, as far as they can be used. */
export function recordedFactors(journal: Journal): Factors {
  return factorsFrom(soundFactors(journal), journal.intensities, journal.place)
}

/** Factors of a journal without those that cannot be: it may come from anywhere. */
export function soundFactors({ start }: Journal): GivenFactors {
  const { zone, intensity, pue, overhead, water, embodied, parameters, source } = start?.factors ?? {}
  return {
    ...(typeof zone === 'string' ? { zone } : {}),
    ...(isAtLeast(0, intensity) ? { intensity } : {}),
    ...(isAtLeast(1, pue) ? { pue } : {}),
    ...(isAtLeast(1, overhead) ? { overhead } : {}),
    ...(isWater(water) ? { water } : {}),
    ...(isEmbodied(embodied) ? { embodied } : {}),
    ...(isAtLeast(1, parameters) ? { parameters } : {}),
    ...(isSource(source) ? { source } : {}),
  }
}

/**
 * Given factors with others in their place. An intensity, a zone or a source takes the place of all that was said of intensity
 * before: a run that was metered with one source is not elsewhere for another zone.
 */
export function withOthers(
  given: GivenFactors,
  { given: others, bundled }: { given: GivenFactors; bundled?: boolean },
): GivenFactors {
  const { source: _source, intensity: _intensity, ...rest } = given
  const anew =
    others.source !== undefined || others.intensity !== undefined || others.zone !== undefined || bundled
  return { ...(anew ? rest : given), ...others }
}

/** What stands in where a source tells nothing: the stated intensity, or the zone's yearly figure, if it is of that kind and basis. */
export function standInOf(
  { zone, intensity }: GivenFactors,
  labels: SourceLabels,
): Readonly<Intensity> | undefined {
  const where = labels.zone ?? zone
  if (intensity === undefined) return yearlyStandIn(where, labels)
  const stated = constantIntensity(intensity, where)
  return stated.kind === labels.kind && stated.basis === labels.basis ? stated : undefined
}

function curveOf(given: GivenFactors, steps: readonly IntensityStep[]): IntensityCurve {
  const { kind, basis, zone } = given.source ?? {}
  const [first] = steps
  const labels = {
    kind: kind ?? first?.kind ?? 'average',
    basis: basis ?? first?.basis ?? 'lifecycle',
    zone: zone ?? first?.zone,
  }
  const described = (kind !== undefined && basis !== undefined) || first !== undefined
  return new IntensityCurve(labels, steps, described ? standInOf(given, labels) : undefined)
}

function isAtLeast(least: number, value: unknown): value is number {
  return typeof value === 'number' && value >= least && value <= MOST
}

function isWater(water: GivenFactors['water']): boolean {
  return (
    typeof water === 'object' &&
    water !== null &&
    Object.values(water).every((value) => value === undefined || isAtLeast(0, value))
  )
}

function isSource(source: GivenFactors['source']): boolean {
  if (typeof source !== 'object' || source === null) return false
  const { name, kind, basis, zone } = source
  return (
    typeof name === 'string' &&
    [undefined, 'average', 'marginal'].includes(kind) &&
    [undefined, 'lifecycle', 'direct'].includes(basis) &&
    (zone === undefined || typeof zone === 'string')
  )
}

function isEmbodied(choice: GivenFactors['embodied']): boolean {
  if (choice === undefined || choice === null) return false
  try {
    const { totalGrams, lifetimeSeconds, share } = embodiedEmissions(choice)
    return (
      isAtLeast(0, totalGrams) &&
      isAtLeast(1, lifetimeSeconds) &&
      isAtLeast(0, share) &&
      share > 0 &&
      share <= 1
    )
  } catch (error) {
    if (CarbonError.isInstance(error)) return false
    throw error
  }
}
