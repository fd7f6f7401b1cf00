import type { Emissions } from '@ergometer/carbon'
import type { Boundary } from './boundary.ts'
import type { Factors } from './factors.ts'
import type { HealthEntry } from './health.ts'

/** What a source that failed left in the health of a run; other factors make it history. */
const OF_A_SOURCE = /^intensity-source-/

/** What a reader of the grams should know. `recorded`: what the recorder said; of a source that is not used any more it is left out. */
export function carbonHealth(
  factors: Factors,
  level: Boundary['level'],
  emitted: Emissions,
  recorded: readonly HealthEntry[],
): HealthEntry[] {
  const { recomputed = [] } = factors
  const anew = recomputed.some((name) => name === 'source' || name === 'intensity' || name === 'zone')
  return [
    ...recorded.filter(({ code }) => !(anew && OF_A_SOURCE.test(code))),
    ...zoneHealth(factors),
    ...placeHealth(factors),
    ...intensityHealth(factors, emitted),
    ...(factors.pue === undefined
      ? [{ severity: 'info', code: 'pue-unknown', message: 'PUE unknown: taken as 1' } as const]
      : []),
    ...overheadHealth(factors, level),
  ]
}

function zoneHealth({ zoneUnknown, curve, intensity }: Factors): HealthEntry[] {
  if (!zoneUnknown || curve) return []
  const message = `grid zone unknown: the world's average of ${intensity.gramsPerKilowattHour} g/kWh is used; say where with --zone`
  return [{ severity: 'warning', code: 'zone-unknown', message }]
}

/** What nobody gave, and is taken from what the cloud tells of the machine. */
function placeHealth({ fromPlace = [] }: Factors): HealthEntry[] {
  if (fromPlace.length === 0) return []
  const message = `from the cloud's region and instance, since nothing else was given: ${fromPlace.join(', ')}`
  return [{ severity: 'info', code: 'factors-from-place', message }]
}

/** Of intensity over time: what of the energy it does not know, and what is done about that. */
function intensityHealth(
  { curve }: Factors,
  { joules, knownJoules, standInJoules = 0 }: Emissions,
): HealthEntry[] {
  if (!curve || joules === 0) return []
  const { standIn, kind, basis } = curve
  const missing = joules - knownJoules
  if (missing > 1e-9 * joules) {
    const message = `${percent(missing / joules)} of the energy has no grams: its intensity is unknown, and there is no yearly figure of the same kind and basis (${kind}, ${basis}) for its zone; 'ergometer report --source' asks again`
    return [{ severity: 'warning', code: 'intensity-missing', message }]
  }
  if (!standIn || standInJoules === 0) return []
  const { zone, gramsPerKilowattHour, source, period } = standIn
  const message = `the intensity of ${percent(standInJoules / joules)} of the energy is unknown: ${zone ?? 'the zone'}'s yearly figure stands in, ${gramsPerKilowattHour} g/kWh (${source}${period === undefined ? '' : ` ${period}`}); 'ergometer report --source' asks again`
  return [{ severity: 'warning', code: 'intensity-stand-in', message }]
}

function overheadHealth({ overhead }: Factors, level: Boundary['level']): HealthEntry[] {
  if (level === 'components' && overhead === undefined) {
    const message = 'power supply, fans and board are not in it: overhead taken as 1'
    return [{ severity: 'info', code: 'overhead-unknown', message }]
  }
  if (level === undefined || level === 'components' || overhead === undefined) return []
  const message = `the overhead of ${overhead} is left out: it is for component sensors alone, and the boundary's level is ${level}`
  return [{ severity: 'warning', code: 'overhead-ignored', message }]
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}
