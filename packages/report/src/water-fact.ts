import type { Report } from '@ergometer/core'
import { type Fact, phrase } from './phrase.ts'
import { formatLitres, formatNumber } from './quantity.ts'

/** Litres of water, and of whom: told where the run was given what a kilowatt-hour takes. */
export function waterFact({ water }: Report): Fact[] {
  if (!water) return []
  const { litres, siteLitresPerKilowattHour: site, gridLitresPerKilowattHour: grid } = water
  const line = [
    phrase(formatLitres(litres)),
    ...(site === undefined ? [] : [phrase(`site ${formatNumber(site)} l/kWh`, 'dim')]),
    ...(grid === undefined ? [] : [phrase(`grid ${formatNumber(grid)} l/kWh`, 'dim')]),
  ]
  return [{ label: 'Water', lines: [line] }]
}
