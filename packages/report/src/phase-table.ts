import type { Report, ReportPhase } from '@ergometer/core'
import { isPartial } from './coverage.ts'
import { phrase } from './phrase.ts'
import {
  formatCount,
  formatJoules,
  formatNumber,
  formatPlusMinus,
  formatShare,
  formatShortSeconds,
  formatWatts,
} from './quantity.ts'
import { PLUS_MINUS, type Row, type Table, table } from './table.ts'

/** Time and energy of the run's named intervals. The work of the last column is the first that the run counts. */
export function phaseTable(report: Report): Table {
  const unit = Object.keys(report.work)[0]
  const sure = report.phases.some((phase) => phase.standardUncertaintyJoules !== undefined)
  return table(
    [
      { heading: 'Phases' },
      { heading: 'times', align: 'right', dispensable: 2 },
      { heading: 'duration', align: 'right' },
      { heading: 'energy', align: 'right' },
      ...(sure ? [PLUS_MINUS] : []),
      { heading: 'each', align: 'right', dispensable: 3 },
      { heading: 'share', align: 'right', dispensable: 1 },
      { heading: 'mean', align: 'right', dispensable: 4 },
      ...(unit === undefined ? [] : [{ heading: `${unit}/J`, align: 'right', dispensable: 5 } as const]),
    ],
    report.phases.map((phase) => phaseRow(phase, report.energy.joules, unit, sure)),
  )
}

function phaseRow(
  phase: ReportPhase,
  total: number | undefined,
  unit: string | undefined,
  sure: boolean,
): Row {
  const { name, count, seconds, joules } = phase
  const seenSeconds = seconds * phase.coverage
  const resolved = joules !== undefined && phase.belowResolution !== true
  const { efficiency = {} } = phase
  const perJoule =
    unit !== undefined && Object.hasOwn(efficiency, unit) ? efficiency[unit]?.perJoule : undefined
  return {
    cells: [
      phrase(name),
      phrase(formatCount(count)),
      phrase(formatShortSeconds(seconds)),
      phrase(formatJoules(joules)),
      ...(sure ? [phrase(formatPlusMinus(phase.standardUncertaintyJoules))] : []),
      phrase(formatJoules(joules !== undefined && count > 0 ? joules / count : undefined)),
      phrase(formatShare(joules !== undefined && total ? joules / total : undefined)),
      phrase(formatWatts(resolved && seenSeconds > 0 ? joules / seenSeconds : undefined)),
      ...(unit === undefined ? [] : [phrase(formatNumber(perJoule))]),
    ],
    notes: notes(phase),
  }
}

function notes({ belowResolution, unfinished, coverage, joules }: ReportPhase): string[] {
  return [
    ...(belowResolution === true ? ["below resolution: shorter than its meters' update period"] : []),
    ...(joules !== undefined && isPartial(coverage) ? [`seen ${formatShare(coverage)} of the time`] : []),
    ...(unfinished ? [`${unfinished} without an end`] : []),
  ]
}
