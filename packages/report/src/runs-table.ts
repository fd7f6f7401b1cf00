import type { Report } from '@ergometer/core'
import { phrase } from './phrase.ts'
import { formatEnergy, formatGrams, formatShortSeconds } from './quantity.ts'
import { formatInstant, statusTone } from './sections.ts'
import { createPaint } from './style.ts'
import { drawingWidth, type TextOptions } from './text-lines.ts'
import { textTable } from './text-table.ts'

/** A run with its totals; absent is unknown. */
export interface ListedRun {
  readonly run: Report['run']
  readonly joules?: number
  readonly gramsCo2e?: number
}

function tagsText(tags: Report['run']['tags']): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

/** Draws the list of runs for `ergometer runs`, in the order given; ends with a line feed. */
export function runsTable(runs: readonly ListedRun[], options: TextOptions = {}): string {
  if (runs.length === 0) return 'No runs yet: ergometer run -- COMMAND records one.\n'
  const rows = runs.map(({ run, joules, gramsCo2e }) => ({
    cells: [
      phrase(run.id),
      phrase(run.name),
      phrase(run.status, statusTone(run.status)),
      phrase(formatInstant(run.startedAt), 'dim'),
      phrase(formatShortSeconds(run.seconds)),
      phrase(formatEnergy(joules)),
      phrase(formatGrams(gramsCo2e)),
      phrase(tagsText(run.tags), 'dim'),
    ],
  }))
  const columns = [
    { heading: 'Run', whole: true },
    { heading: 'name', dispensable: 2 },
    { heading: 'status', dispensable: 1 },
    { heading: 'started', dispensable: 4 },
    { heading: 'duration', align: 'right', dispensable: 3 },
    { heading: 'energy', align: 'right' },
    { heading: 'CO2e', align: 'right' },
    { heading: 'tags', dispensable: 5 },
  ] as const
  const lines = textTable({ columns, rows }, drawingWidth(options.columns), createPaint(options.color))
  return `${lines.join('\n')}\n`
}
