import type { Report } from '@ergometer/core'
import { markdownCode, markdownText } from './markdown-text.ts'
import type { Fact, Line, Phrase } from './phrase.ts'
import { reportSections, type Sections } from './sections.ts'
import { moreText, type Table } from './table.ts'

/** Writes the report of a run as GitHub-flavoured Markdown, with the same content as `terminalReport`. */
export function markdownReport(report: Report): string {
  return markdownSections(reportSections(report))
}

/** Writes sections as Markdown; ends with a line feed. */
export function markdownSections(sections: Omit<Sections, 'status'>): string {
  const { name, outcome, circumstances, facts, tables, closing } = sections
  const blocks = [
    `## ${markdownText(name)}`,
    `${markdownLine(outcome)}\\\n${markdownLine(circumstances)}`,
    facts.map(markdownFact).join('\n'),
    ...tables.map(markdownTable),
    ...(closing.length === 0 ? [] : [closing.map(markdownFact).join('\n')]),
  ]
  return `${blocks.join('\n\n')}\n`
}

function markdownPhrase({ text, tone, code }: Phrase): string {
  if (code) return markdownCode(text)
  const escaped = markdownText(text)
  return tone === 'strong' && escaped !== '' ? `**${escaped}**` : escaped
}

function markdownLine(line: Line): string {
  return line.map(markdownPhrase).join(' · ')
}

/** A list item; its further lines follow hard breaks. */
function markdownFact({ label, lines }: Fact): string {
  return `- ${label}: ${lines.map(markdownLine).join('\\\n  ')}`
}

function markdownTable(table: Table): string {
  const { columns, rows, more } = table
  const shown = columns.flatMap((column, at) => (column.drawing ? [] : [{ ...column, at }]))
  const noted = rows.some(({ notes }) => notes !== undefined && notes.length > 0)
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const lines = [
    line([...shown.map(({ heading }) => markdownText(heading)), ...(noted ? ['note'] : [])]),
    line([...shown.map(({ align }) => (align === 'right' ? '--:' : '---')), ...(noted ? ['---'] : [])]),
    ...rows.map(({ cells, notes = [] }) =>
      line([
        ...shown.map(({ at }) => markdownText(cells[at]?.text ?? '')),
        ...(noted ? [notes.map(markdownText).join('; ')] : []),
      ]),
    ),
  ]
  return lines.join('\n') + (more === undefined ? '' : `\n\n${moreText(table)}`)
}
