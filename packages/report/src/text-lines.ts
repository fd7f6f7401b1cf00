import type { Fact, Line } from './phrase.ts'
import { plainText } from './plain-text.ts'
import type { Paint } from './style.ts'
import { pad, textWidth, wrap } from './text-width.ts'

/** How a text for the terminal is drawn. */
export interface TextOptions {
  /** Whether to use ANSI colours; by default not. */
  readonly color?: boolean | undefined
  /** Columns of the terminal, by default 80. */
  readonly columns?: number | undefined
}

const NARROWEST = 20
/** Beyond this a line is hard to read, however wide the terminal is. */
const WIDEST = 120
const SEPARATOR = ' · '
const GUTTER = 10
/** Of a web page, without a space: some of ours are longer than a line, none is by much. */
const ADDRESS = /^https:\/\/[\x21-\x7e]{1,150}$/

/** The columns to draw in: the terminal's, within reason; 80 if they are not known. */
export function drawingWidth(columns: number | undefined): number {
  return columns === undefined || !(columns > 0)
    ? 80
    : Math.floor(Math.min(Math.max(columns, NARROWEST), WIDEST))
}

/** Draws phrases with ` · ` between them, broken into lines of at most `width` columns, if possible between phrases. */
export function textLines(phrases: Line, width: number, paint: Paint): string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  for (const { text, tone, code } of phrases) {
    const plain = plainText(text)
    if (plain === '') continue
    const color = tone ?? (code ? 'accent' : undefined)
    if (used > 0 && used + SEPARATOR.length + textWidth(plain) <= width) {
      line += paint(SEPARATOR, 'dim') + paint(plain, color)
      used += SEPARATOR.length + textWidth(plain)
      continue
    }
    if (used > 0) lines.push(line)
    // What is to be copied or followed stays in one piece.
    const pieces = code || ADDRESS.test(plain) ? [plain] : wrap(plain, width)
    lines.push(...pieces.slice(0, -1).map((piece) => paint(piece, color)))
    const last = pieces.at(-1) ?? ''
    line = paint(last, color)
    used = textWidth(last)
  }
  return used > 0 ? [...lines, line] : lines
}

/** Draws facts with their labels in a column of ten. */
export function factLines(facts: readonly Fact[], width: number, paint: Paint): string[] {
  return facts.flatMap(({ label, lines }) =>
    lines
      .flatMap((line) => textLines(line, width - GUTTER, paint))
      .map((line, at) => (at === 0 ? paint(pad(label, GUTTER), 'dim') : ' '.repeat(GUTTER)) + line),
  )
}
