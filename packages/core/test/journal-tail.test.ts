import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import { JournalTail } from '../src/journal-tail.ts'
import { FACTORS } from './simulated-run.ts'
import { score, steadyRun, work } from './steady-run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ergometer-tail-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a journal that is read as it grows is the journal that is read at the end, wherever it was cut', () => {
  const { lines, report } = steadyRun({
    watts: 100,
    end: 12,
    events: [work(3, { samples: 10 }), score(8, { 'précision→': 0.5 })],
    phases: [{ name: 'epoch', from: 2, to: 7 }],
  })
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const path = join(folder, 'journal.ndjson')
      writeFileSync(path, '')
      const tail = new JournalTail(path)
      let written = 0
      for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
        appendFileSync(path, bytes.subarray(written, cut))
        written = cut
        tail.read()
      }
      expect(analyse(tail.read(), FACTORS)).toEqual(report)
    }),
    { numRuns: 50 },
  )
})

test('a journal that is not there is said to be missing', () => {
  expect(() => new JournalTail(join(folder, 'none')).read()).toThrow('ENOENT')
})
