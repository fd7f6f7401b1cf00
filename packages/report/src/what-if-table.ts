import type { Report } from '@ergometer/core'
import { phrase } from './phrase.ts'
import { formatGrams, formatNumber, formatShare, UNKNOWN } from './quantity.ts'
import { type Row, type Table, table } from './table.ts'

/** The same energy in other zones, beside what it was where it ran. */
export function whatIfTable({ whatIf = [], carbon }: Report): Table {
  const { intensity, gramsCo2e } = carbon
  const own: Row = {
    cells: [
      phrase(`this run${intensity.zone === undefined ? '' : `, ${intensity.zone}`}`),
      phrase(formatGrams(gramsCo2e)),
      phrase(UNKNOWN),
      phrase(formatNumber(intensity.gramsPerKilowattHour)),
      phrase(`${intensity.kind}, ${intensity.basis}`),
      phrase(figureOf(intensity), 'dim'),
    ],
  }
  const rows = whatIf.map(
    (one): Row => ({
      cells: [
        phrase(one.zone),
        phrase(formatGrams(one.gramsCo2e)),
        phrase(formatChange(one.change)),
        phrase(formatNumber(one.gramsPerKilowattHour)),
        phrase(`${one.kind}, ${one.basis}`, one.notComparable === undefined ? undefined : 'caution'),
        phrase(figureOf(one), 'dim'),
      ],
      ...(one.notComparable === undefined ? {} : { notes: [`not comparable: ${one.notComparable}`] }),
    }),
  )
  return table(
    [
      { heading: 'What if' },
      { heading: 'CO2e', align: 'right' },
      { heading: 'against it', align: 'right' },
      { heading: 'g/kWh', align: 'right' },
      { heading: 'counts' },
      { heading: 'figure of', dispensable: 1 },
    ],
    rows.length === 0 ? [] : [own, ...rows],
  )
}

/** What energy and emissions are as much as, with the source of each. */
export function equivalentsTable({ equivalents = [] }: Report): Table {
  const rows = equivalents.map(
    ({ amount, unit, source, year, licence, sourceUrl }): Row => ({
      cells: [phrase(unit), phrase(formatNumber(amount, 2))],
      notes: [`${source}, ${year}; ${licence}`, sourceUrl],
    }),
  )
  return table([{ heading: 'About as much as' }, { heading: 'amount', align: 'right' }], rows)
}

/** Whose figure, and of which year; of one that changes the period is that of the run, which is told already. */
function figureOf({ source, period = '' }: { source: string; period?: string | undefined }): string {
  return `${source} ${period.includes('/') ? 'over time' : period}`.trim()
}

/** `-81 %`, `+3.2 %`, `0 %`. */
function formatChange(change: number | undefined): string {
  if (change === undefined) return UNKNOWN
  if (change === 0) return '0 %'
  return `${change < 0 ? '-' : '+'}${formatShare(Math.abs(change))}`
}
