import { stripVTControlCharacters } from 'node:util'
import type { Report } from '@ergometer/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { markdownReport } from '../src/markdown-report.ts'
import { terminalReport } from '../src/terminal-report.ts'
import { textWidth } from '../src/text-width.ts'
import { askedReport, partialReport, richReport, unknownReport } from './sample-reports.ts'

/** Values that are words of the schema, not text from outside. */
const WORDS = new Set(['status', 'method', 'severity', 'better', 'level', 'schema', 'basis'])
const OUTSIDE_KEYS = new Set(['tags', 'work', 'scores'])

/** The report with every text and number, and the keys of open records, replaced by what comes next. */
function disfigure(value: unknown, text: () => string, number: () => number, open = false): unknown {
  if (typeof value === 'string') return text()
  if (typeof value === 'number') return number()
  if (Array.isArray(value)) return value.map((item) => disfigure(item, text, number))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      open ? text() : key,
      WORDS.has(key) ? item : disfigure(item, text, number, OUTSIDE_KEYS.has(key)),
    ]),
  )
}

function cycle<T>(items: readonly T[]): () => T {
  let at = 0
  return () => items[at++ % items.length] as T
}

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.constantFrom(
      '\x1b[2J\x1b[31mred',
      'a|b',
      '<script>alert(1)</script>',
      '```',
      'two\nlines',
      '__proto__',
      '\u202e',
    ),
  ),
  { minLength: 1, maxLength: 20 },
)
const numbers = fc.array(fc.double({ min: 0, max: 1e21, noNaN: true }), { minLength: 1, maxLength: 20 })
const hostile = fc
  .tuple(fc.constantFrom(richReport, partialReport, unknownReport, askedReport), texts, numbers)
  .map(([report, text, number]) => disfigure(report, cycle(text), cycle(number)) as Report)

it('keeps within the columns and lets no control character through', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 60, max: 200 }), (report, columns) => {
      const text = terminalReport(report, { columns })
      for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns)
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
      const colored = terminalReport(report, { columns, color: true })
      expect(stripVTControlCharacters(colored)).toBe(text)
      for (const piece of colored.split('\x1b').slice(1)) expect(piece).toMatch(/^\[(1|2|22|31|32|33|36|39)m/)
    }),
    { numRuns: 300 },
  )
})

it('does not break at 40 columns, or at columns that are none', () => {
  fc.assert(
    fc.property(
      hostile,
      fc.constantFrom(40, 20, 1, 0, -1, Number.NaN, Number.POSITIVE_INFINITY),
      (report, columns) => {
        const widest = columns >= 20 ? Math.min(columns, 120) : columns > 0 ? 20 : 80
        for (const line of terminalReport(report, { columns }).split('\n')) {
          // What is to be copied stays in one piece.
          if (/^ {2}(Folder|Next) {2}/.test(line)) continue
          expect(textWidth(line)).toBeLessThanOrEqual(widest)
        }
      },
    ),
  )
})

it('writes Markdown tables that nothing can break out of', () => {
  fc.assert(
    fc.property(hostile, (report) => {
      const markdown = markdownReport(report)
      expect(markdown).not.toMatch(/(?!\n)[\p{Cc}\u2028\u2029]/u)
      let columns = 0
      for (const line of markdown.split('\n')) {
        const cells = line.startsWith('| ') ? line.replace(/\\./g, '').split('|').length : 0
        if (columns > 0 && cells > 0) expect(cells).toBe(columns)
        columns = cells
      }
    }),
    { numRuns: 300 },
  )
})
