import type { Report } from '@ergometer/core'
import { reportSections, type Sections, statusTone } from './sections.ts'
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
  const sections = reportSections(report)
  const { status } = sections
  const mark = createPaint(options.color)(MARKS[status], statusTone(status))
  return `${mark}${terminalSections(sections, options).slice(1)}`
}

/** Draws sections, indented by two columns; ends with a line feed. */
export function terminalSections(sections: Omit<Sections, 'status'>, options: TextOptions = {}): string {
  const paint = createPaint(options.color)
  const width = drawingWidth(options.columns) - INDENT.length
  const { name, outcome, circumstances, facts, tables, closing } = sections
  const blocks = [
    [
      ...textLines([{ text: name, tone: 'strong' }, ...outcome], width, paint),
      ...textLines(circumstances, width, paint),
    ],
    factLines(facts, width, paint),
    ...tables.map((table) => textTable(table, width, paint)),
    factLines(closing, width, paint),
  ].filter((lines) => lines.length > 0)
  const indented = blocks.map((lines) => lines.map((line) => INDENT + line).join('\n')).join('\n\n')
  return `${indented}\n`
}
