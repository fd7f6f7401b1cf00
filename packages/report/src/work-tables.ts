import type { Report } from '@ergometer/core'
import { phrase } from './phrase.ts'
import { formatCount, formatFlop, formatGrams, formatJoules, formatNumber } from './quantity.ts'
import { type Row, type Table, table } from './table.ts'

/** Work that is counted in floating point operations: of it people know the prefixes. */
function isFlop(unit: string): boolean {
  return /^flops?$/i.test(unit)
}

/** What was done, and what each of it cost. */
export function workTable({ work, efficiency }: Pick<Report, 'work' | 'efficiency'>): Table {
  const rows = Object.entries(work).map(([unit, done]): Row => {
    const cost = Object.hasOwn(efficiency, unit) ? efficiency[unit] : undefined
    return {
      cells: [
        phrase(unit),
        phrase(isFlop(unit) ? formatFlop(done) : formatCount(done)),
        phrase(isFlop(unit) ? formatFlop(cost?.perJoule) : formatNumber(cost?.perJoule)),
        phrase(formatJoules(cost?.joulesPer)),
        phrase(formatGrams(cost?.gramsCo2ePer)),
      ],
    }
  })
  return table(
    [
      { heading: 'Work' },
      { heading: 'done', align: 'right' },
      { heading: 'per joule', align: 'right' },
      { heading: 'energy each', align: 'right' },
      { heading: 'CO2e each', align: 'right', dispensable: 1 },
    ],
    rows,
  )
}

/** How well the model does, and what quality cost. */
export function scoreTable({ scores }: Pick<Report, 'scores'>): Table {
  const curved = Object.values(scores).some(({ curve }) => curve !== undefined)
  const rows = Object.entries(scores).map(
    ([name, { first, last, best, better, perKilowattHour, curve }]): Row => ({
      cells: [
        phrase(name),
        phrase(`${formatNumber(first, 4)} → ${formatNumber(last, 4)}`),
        phrase(formatNumber(best, 4)),
        phrase(better, 'dim'),
        phrase(formatNumber(better === 'higher' ? perKilowattHour : undefined)),
        ...(curved ? [phrase(formatNumber(curve?.at(-1)?.gainPerKilowattHour))] : []),
      ],
    }),
  )
  return table(
    [
      { heading: 'Scores' },
      { heading: 'first → last', align: 'right' },
      { heading: 'best', align: 'right' },
      { heading: 'better', dispensable: 2 },
      { heading: 'per kWh', align: 'right', dispensable: 1 },
      ...(curved ? [{ heading: 'last gain/kWh', align: 'right', dispensable: 3 } as const] : []),
    ],
    rows,
  )
}
