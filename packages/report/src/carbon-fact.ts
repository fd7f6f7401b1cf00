import type { Report } from '@ergometer/core'
import { isPartial } from './coverage.ts'
import { type Fact, type Line, phrase } from './phrase.ts'
import { formatGrams, formatNumber, formatShare, formatUncertainGrams } from './quantity.ts'

type Intensity = Report['carbon']['intensity']

/** The source of an intensity that the user stated. */
const AS_GIVEN = 'constant'

/** Grams of CO2e, and where the intensity of the electricity comes from. */
export function carbonFact({ carbon, health }: Report): Fact {
  const { intensity } = carbon
  const zoneUnknown = health.some(({ code }) => code === 'zone-unknown')
  const lines: Line[] = [
    amount(carbon),
    [
      phrase(`${formatNumber(intensity.gramsPerKilowattHour)} g/kWh`),
      ...zone(intensity, zoneUnknown),
      phrase(intensity.source === AS_GIVEN ? 'as given' : `${intensity.source} ${intensity.period ?? ''}`),
      phrase(`${intensity.kind}, ${intensity.basis}${intensity.estimated ? ', estimated' : ''}`, 'dim'),
    ],
  ]
  return { label: 'Carbon', lines }
}

function zone({ zone, source }: Intensity, unknown: boolean): Line {
  if (unknown) return [phrase('zone unknown: world average', 'caution')]
  if (zone !== undefined) return [phrase(zone)]
  return source === AS_GIVEN ? [] : [phrase('zone unknown', 'caution')]
}

function amount(carbon: Report['carbon']): Line {
  const { gramsCo2e, standardUncertaintyGrams, coverage, estimatedShare, intensity } = carbon
  if (gramsCo2e === undefined) return [phrase('unknown', 'caution')]
  const grams =
    standardUncertaintyGrams === undefined
      ? `${formatGrams(gramsCo2e)} CO2e`
      : `${formatUncertainGrams(gramsCo2e, 2 * standardUncertaintyGrams)} CO2e (95 %)`
  const line = [phrase(grams, 'strong')]
  if (isPartial(coverage)) line.push(phrase(`of what was seen, ${formatShare(coverage)} of the time`))
  if (estimatedShare > 0 && !intensity.estimated) {
    line.push(phrase(`${formatShare(estimatedShare)} of it at estimated intensity`, 'dim'))
  }
  return line
}
