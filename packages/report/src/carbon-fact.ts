import type { Report } from '@ergometer/core'
import { isPartial } from './coverage.ts'
import { type Fact, type Line, phrase } from './phrase.ts'
import { COVERAGE_FACTOR, formatGrams, formatNumber, formatShare, formatUncertainGrams } from './quantity.ts'

type Intensity = Report['carbon']['intensity']

/** The source of an intensity that the user stated. */
const AS_GIVEN = 'constant'

/** Grams of CO2e, where the intensity of the electricity comes from, and what else is in them. */
export function carbonFact({ carbon, energy, health }: Report): Fact {
  const { intensity } = carbon
  const zoneUnknown = health.some(({ code }) => code === 'zone-unknown')
  const lines: Line[] = [
    amount(carbon, energy.coverage),
    [
      phrase(`${formatNumber(intensity.gramsPerKilowattHour)} g/kWh`),
      ...zone(intensity, zoneUnknown),
      phrase(origin(intensity)),
      phrase(`${intensity.kind}, ${intensity.basis}${intensity.estimated ? ', estimated' : ''}`, 'dim'),
    ],
    ...factors(carbon),
    ...embodied(carbon),
  ]
  return { label: 'Carbon', lines }
}

function zone({ zone, source }: Intensity, unknown: boolean): Line {
  if (unknown) return [phrase('zone unknown: world average', 'caution')]
  if (zone !== undefined) return [phrase(zone)]
  return source === AS_GIVEN ? [] : [phrase('zone unknown', 'caution')]
}

/** Of intensity that changes, its period is that of the run, which is told already. */
function origin({ source, period }: Intensity): string {
  if (period?.includes('/')) return `${source}, weighted by energy over time`
  return source === AS_GIVEN ? 'as given' : `${source} ${period ?? ''}`
}

/** The PUE and the overhead, and which factors are not those of the recording. */
function factors({ factors }: Report['carbon']): Line[] {
  if (!factors) return []
  const { pue, overhead, recomputed = [] } = factors
  const line = [
    ...(pue === 1 ? [] : [phrase(`PUE ${formatNumber(pue)}`)]),
    ...(overhead === 1 ? [] : [phrase(`overhead ${formatNumber(overhead)}`)]),
    ...(recomputed.length === 0
      ? []
      : [phrase(`recomputed: other ${recomputed.join(', ')} than recorded`, 'caution')]),
  ]
  return line.length === 0 ? [] : [line]
}

/** Emissions of making the hardware stand beside the grams; both are in SCI. */
function embodied({ embodiedGrams, factors, sci }: Report['carbon']): Line[] {
  if (embodiedGrams === undefined) return []
  const { hardware } = factors?.embodied ?? {}
  const score = sci?.['run']?.gramsCo2ePer
  return [
    [
      phrase(`embodied ${formatGrams(embodiedGrams)} CO2e beside it`),
      ...(hardware === undefined ? [] : [phrase(hardware, 'dim')]),
      ...(score === undefined ? [] : [phrase(`SCI ${formatGrams(score)} per run`)]),
    ],
  ]
}

/** What the uncertainty of the grams leaves out, since nobody states it. */
function uncounted({ standardUncertaintyGrams, uncertaintyOf = ['energy'] }: Report['carbon']): Line {
  if (!standardUncertaintyGrams || uncertaintyOf.includes('intensity')) return []
  return [phrase("± is the energy's alone", 'dim')]
}

function amount(carbon: Report['carbon'], seen: number): Line {
  const { gramsCo2e, standardUncertaintyGrams, coverage, estimatedShare, intensity } = carbon
  if (gramsCo2e === undefined) return [phrase('unknown', 'caution')]
  const grams = !standardUncertaintyGrams
    ? `${formatGrams(gramsCo2e)} CO2e`
    : `${formatUncertainGrams(gramsCo2e, COVERAGE_FACTOR * standardUncertaintyGrams)} CO2e (95 %)`
  const line = [phrase(grams, 'strong')]
  // What has no intensity has no grams, though it was seen.
  const known = seen > 0 ? coverage / seen : 1
  if (isPartial(seen)) line.push(phrase(`of what was seen, ${formatShare(seen)} of the time`))
  if (isPartial(known)) line.push(phrase(`of ${formatShare(known)} of the energy`, 'caution'))
  if (estimatedShare > 0 && !intensity.estimated) {
    line.push(phrase(`${formatShare(estimatedShare)} of it at estimated intensity`, 'dim'))
  }
  return [...line, ...uncounted(carbon)]
}
