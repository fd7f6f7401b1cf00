import { phrase } from './phrase.ts'
import { plainText } from './plain-text.ts'
import type { Paint, Tone } from './style.ts'
import { type Column, moreText, type Row, type Table } from './table.ts'
import { textLines } from './text-lines.ts'
import { textWidth, truncate } from './text-width.ts'

const GAP = '  '
/** The first column is cut to this width before columns are dropped, unless it is to stay whole. */
const NARROWEST_NAME = 20
const WIDEST_NAME = 48
const WIDEST_CELL = 26
const ROOMY = 99

/** Draws a table with spaces alone, in at most `width` columns: what does not fit is dropped or cut. */
export function textTable(table: Table, width: number, paint: Paint): string[] {
  const { columns, rows, more } = table
  const shown = choose(columns, rows, width)
  const widths = fit(shown, columns, rows, width)
  // Blanks stay outside of the colour, so that those at the end of a line can go.
  const padded = (text: string, tone: Tone | undefined, cellWidth: number, align: 'left' | 'right') => {
    const blanks = ' '.repeat(Math.max(0, cellWidth - textWidth(text)))
    return align === 'right' ? blanks + paint(text, tone) : paint(text, tone) + blanks
  }
  const draw = (cellOf: (column: number, width: number, align: 'left' | 'right') => string) =>
    shown
      .map((column, at) => cellOf(column, widths[at] ?? 0, columns[column]?.align ?? 'left'))
      .join(GAP)
      .trimEnd()
  const lines = [
    draw((column, cellWidth, align) => {
      const heading = truncate(plainText(columns[column]?.heading ?? ''), cellWidth)
      return padded(heading, column === 0 ? 'strong' : 'dim', cellWidth, align)
    }),
  ]
  for (const row of rows) {
    lines.push(
      draw((column, cellWidth, align) => {
        const { text, tone } = row.cells[column] ?? { text: '' }
        const cut = truncate(plainText(text), cellWidth)
        return padded(cut, row.aside ? 'dim' : tone, cellWidth, align)
      }),
    )
    const notes = (row.notes ?? []).map((text) => phrase(text, 'dim'))
    lines.push(...textLines(notes, width - GAP.length, paint).map((line) => GAP + line))
  }
  if (more !== undefined) lines.push(paint(moreText(table), 'dim'))
  return lines
}

/** Drops the most dispensable columns until the rest fits beside a name of tolerable width. */
function choose(columns: readonly Column[], rows: readonly Row[], width: number): number[] {
  let shown = columns.flatMap(({ roomy }, column) => (roomy && width < ROOMY ? [] : [column]))
  while (neededWidth(shown, columns, rows) > width) {
    const ranks = shown.map((column) => columns[column]?.dispensable ?? 0)
    const most = Math.max(...ranks)
    if (most === 0) break
    shown = shown.filter((_, at) => ranks[at] !== most)
  }
  return shown
}

function neededWidth(shown: readonly number[], columns: readonly Column[], rows: readonly Row[]): number {
  const widths = shown.map((column) => naturalWidth(column, columns, rows))
  return total([narrowest(columns, widths), ...widths.slice(1)])
}

/** Natural widths; if they are too wide together, names are cut first, then whatever is widest. */
function fit(
  shown: readonly number[],
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
): number[] {
  const widths = shown.map((column) => naturalWidth(column, columns, rows))
  const excess = total(widths) - width
  if (excess > 0) widths[0] = Math.max((widths[0] ?? 0) - excess, narrowest(columns, widths))
  while (total(widths) > width && Math.max(...widths) > 1) {
    const widest = widths.indexOf(Math.max(...widths))
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function narrowest(columns: readonly Column[], [name = 0]: readonly number[]): number {
  return columns[0]?.whole ? name : Math.min(name, NARROWEST_NAME)
}

function naturalWidth(column: number, columns: readonly Column[], rows: readonly Row[]): number {
  const widest = rows.reduce(
    (width, row) => Math.max(width, textWidth(plainText(row.cells[column]?.text ?? ''))),
    textWidth(plainText(columns[column]?.heading ?? '')),
  )
  if (columns[column]?.whole) return widest
  return Math.min(widest, column === 0 ? WIDEST_NAME : WIDEST_CELL)
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(widths.length - 1, 0)
}
