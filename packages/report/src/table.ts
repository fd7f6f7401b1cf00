import type { Phrase } from './phrase.ts'

/** A column of a table. The first column's heading names the table. */
export interface Column {
  readonly heading: string
  readonly align?: 'right'
  /** Columns that a narrow terminal does without, the largest number first; without it the column stays. */
  readonly dispensable?: number
  /** Only where there is room beside what people come for: terminals of more than 100 columns, and Markdown. */
  readonly roomy?: boolean
  /** Never cut: something to copy. */
  readonly whole?: boolean
  /** A drawing for terminals: left out of Markdown. */
  readonly drawing?: boolean
}

/** A line of a table with a cell for every column. */
export interface Row {
  readonly cells: readonly Phrase[]
  /** What must be said about the figures of this row. */
  readonly notes?: readonly string[]
  /** Listed for completeness, not part of the total. */
  readonly aside?: boolean
}

/** A table, apart from how it is drawn. */
export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** How many rows were left out. */
  readonly more?: number
  /** Where all of them are; by default in report.json. */
  readonly whole?: string
}

const MOST_ROWS = 40

/** The column of expanded uncertainties, where any of them is known. */
export const PLUS_MINUS: Column = { heading: '± 95 %', align: 'right', dispensable: 6, roomy: true }

/** Makes a table of at most 40 rows, and says how many more there are. */
export function table(columns: readonly Column[], rows: readonly Row[]): Table {
  const more = rows.length - MOST_ROWS
  return more > 0 ? { columns, rows: rows.slice(0, MOST_ROWS), more } : { columns, rows }
}

/** What stands below a table of which rows were left out. */
export function moreText({ more = 0, whole = 'in report.json' }: Table): string {
  return `and ${more} more ${whole}`
}
