import type { Report } from '@ergometer/core'
import { reportSections, statusTone } from './sections.ts'
import { createPaint } from './style.ts'
import { drawingWidth, factLines, type TextOptions, textLines } from './text-lines.ts'
import { textTable } from './text-table.ts'

const INDENT = '  '

const MARKS: Record<Report['run']['status'], string> = {
  completed: '✓',
  failed: '✗',
  aborted: '!',
  crashed: '✗',
  running: '●',
}

/**
 * Draws the report of a run for the terminal: energy (kWh and joules), carbon (grams of CO2e), work per joule, scores,
 * phases, domains and health. Without colour unless asked for; ends with a line feed.
 */
export function terminalReport(report: Report, options: TextOptions = {}): string {
  const paint = createPaint(options.color)
  const width = drawingWidth(options.columns) - INDENT.length
  const { name, status, outcome, circumstances, facts, tables, closing } = reportSections(report)
  const blocks = [
    [
      ...textLines([{ text: name, tone: 'strong' }, ...outcome], width, paint),
      ...textLines(circumstances, width, paint),
    ],
    factLines(facts, width, paint),
    ...tables.map((table) => textTable(table, width, paint)),
    factLines(closing, width, paint),
  ]
  const indented = blocks.map((lines) => lines.map((line) => INDENT + line).join('\n')).join('\n\n')
  return `${paint(MARKS[status], statusTone(status))}${indented.slice(1)}\n`
}
