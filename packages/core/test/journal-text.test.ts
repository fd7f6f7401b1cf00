import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JournalLine } from '../src/journal-line.ts'
import { decodeLine, encodeLine } from '../src/journal-text.ts'

const seconds = fc.integer({ min: 0, max: 1e12 }).map((micros) => micros / 1e6)
const amounts = fc.array(fc.option(fc.nat()), { minLength: 1, maxLength: 12 })
const work = fc.option(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.nat(), { minKeys: 1 }), {
  nil: undefined,
})
const process = fc.constantFrom('p1', 'p2', 'p17')

const line: fc.Arbitrary<JournalLine> = fc.oneof(
  fc.record({ t: seconds, dJ: amounts, work }).map(present),
  fc.record({ t: seconds, dJ: amounts, coverage: fc.array(fc.constantFrom(0.5, 1)), work }).map(present),
  fc.record({ t: seconds, mJ: amounts, work }).map(present),
  fc.tuple(seconds, fc.string(), process).map(
    ([t, name, process]): JournalLine => ({
      kind: 'phase',
      t: t + 2,
      name,
      id: '7',
      process,
      from: t,
      to: t + 2,
    }),
  ),
  fc.tuple(seconds, fc.string(), process).map(
    ([from, name, process]): JournalLine => ({
      kind: 'begun',
      t: from,
      name,
      id: '7',
      process,
      from,
    }),
  ),
  fc.record({ kind: fc.constant('score' as const), t: seconds, name: fc.string(), value: fc.integer() }),
)

function present<Row extends object>(row: Row): JournalLine {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as JournalLine
}

describe('the text of a journal', () => {
  test('says what its lines said', () => {
    fc.assert(
      fc.property(line, (line) => {
        expect(decodeLine(encodeLine(line))).toEqual(line)
      }),
    )
  })

  test('is short where there is a line every second', () => {
    expect(encodeLine({ t: 12, dJ: [32, null, 413], work: { samples: 1408 } })).toBe(
      '[12,32,null,413,{"samples":1408}]',
    )
    expect(encodeLine({ t: 12, dJ: [32, null] })).toBe('[12,32,null]')
  })

  test('that is none is nothing, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => void decodeLine(text)))
    for (const text of ['', '7', '"x"', 'null', '{"t":1', 'true']) expect(decodeLine(text)).toBeUndefined()
  })
})
