import { describe, expect, test } from 'vitest'
import { decodeLine, parseEventLine, readJournal } from '../packages/core/src/index.ts'
import { codeBlocks, document } from './samples.ts'
import { codesOf, fieldsOfFile, installedPackages, journalKinds, sourceOf } from './sources.ts'

/** The sections of a document by the word in their heading. */
function sections(text: string, level: string): Map<string, string> {
  const parts = text.split(new RegExp(`^${level} `, 'm')).slice(1)
  return new Map(
    parts.map((part) => {
      const [heading = '', ...lines] = part.split('\n')
      return [heading.replaceAll('`', ''), lines.join('\n')]
    }),
  )
}

/** What stands as code in the first cells of a section's tables. */
function firstCells(text: string): string[] {
  const cells = [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell as string)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string))
}

describe('docs/journal.md', () => {
  const kinds = journalKinds()
  const lines = document('docs/journal.md').split('\n## Lines\n')[1] ?? ''
  const documented = sections(lines, '###')
  const examples = (text: string) => codeBlocks(text, 'jsonl').flatMap((block) => block.trim().split('\n'))

  test('has every kind of line, and no other', () => {
    expect(kinds.size).toBeGreaterThan(10)
    expect([...documented.keys()].sort()).toEqual([...kinds.keys()].sort())
  })

  test.each([...kinds])('%s: has every field, and no other', (kind, fields) => {
    expect(firstCells(documented.get(kind) ?? '').sort()).toEqual([...fields].sort())
  })

  test.each([...kinds])('%s: its examples are lines of a journal', (kind, fields) => {
    const own = examples(documented.get(kind) ?? '')
    expect(own.length).toBeGreaterThan(0)
    const before = examples(`${documented.get('start')}${documented.get('domain')}`)
    for (const example of own) {
      const { kind: said = 'row', ...values } = decodeLine(example) as Record<string, unknown>
      expect(said).toBe(kind)
      expect([...fields]).toEqual(expect.arrayContaining(Object.keys(values)))
      expect(readJournal([...before, example]).damaged).toBe(0)
    }
  })

  test('the examples make a journal', () => {
    const journal = readJournal([...documented.values()].flatMap(examples))
    // Rows come in order of time; the examples are in that of the document.
    expect(journal.start?.name).toBe('mnist-cnn')
    expect(journal.domains).toHaveLength(3)
    expect(journal.phases).toHaveLength(1)
    expect(journal.end?.status).toBe('completed')
  })
})

describe('docs/events.md', () => {
  const text = document('docs/events.md')
  const documented = sections(
    text.slice(0, text.indexOf('\n## Limits')).split('\n## Lines\n')[1] ?? '',
    '###',
  )

  test('has every key, and no other', () => {
    const parsers = /const parsers[^{]*\{(.*?)\n\}/s.exec(
      sourceOf('@ergometer/core', 'src/event-line.ts').text,
    )
    const keys = [...(parsers?.[1]?.matchAll(/^ {2}(\w+):/gm) ?? [])].map(([, key]) => key)
    expect(keys.length).toBeGreaterThan(5)
    expect([...documented.keys()].sort()).toEqual(keys.sort())
  })

  test.each([...documented])('%s: its examples are events', (key, section) => {
    const examples = codeBlocks(section, 'jsonl').flatMap((block) => block.trim().split('\n'))
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      expect(parseEventLine(example)?.event.kind, example).toBe(key)
    }
  })

  test.each([
    ['recorder.json', 'runFolder', 'src/event-directory.ts'],
    ['live.json', 'coverage', 'src/live-totals.ts'],
  ])('%s has fields that there are', (_, containing, path) => {
    const block = codeBlocks(text, 'jsonc').find((code) => code.includes(containing)) ?? ''
    const shown = JSON.parse(block.replaceAll(/ \/\/ .*$/gm, ''))
    const fields = fieldsOfFile(sourceOf('@ergometer/core', path))
    expect([...fields]).toEqual(expect.arrayContaining(Object.keys(shown)))
    expect(shown.v).toBe(1)
  })
})

describe('docs/errors.md', () => {
  const tables = document('docs/errors.md').split('\n## Exit codes')[0] ?? ''
  const documented = [...tables.matchAll(/^\| `([A-Z_]+|[a-z-]+)` /gm)].map(([, code]) => code as string)

  test('has every code, and no other', () => {
    const codes = codesOf(installedPackages())
    expect(codes.size).toBeGreaterThan(30)
    expect([...new Set(documented)].sort()).toEqual([...codes].sort())
  })

  test('codes are found wherever they stand', () => {
    const source = `
      throw new ErgometerError('A_A', message)
      throw new MeterError(message, { outcome: 'retry', code: 'B_B' })
      this.code = details.code ?? 'C_C'
      function asMeterError(cause, what, code = 'D_D') {}
      asMeterError(cause, what, 'E_E')
      throw fatal('F_F', message)
      this.#say('error', 'a-a', message)
      health.push({ severity: 'info', code: late ? 'b-b' : 'c-c', message })
      const code = late ? 'd-d' : 'e-e'
      const { severity = 'info', code = 'f-f' } = details
      new TypeError('no code'); process.env['NOT_ONE']; say('error', 'not-one')`
    const subject = { name: 'x', manifest: { name: 'x' }, files: new Map([['src/x.ts', source]]) }
    expect([...codesOf([subject])]).toEqual([
      'A_A',
      'B_B',
      'C_C',
      'D_D',
      'E_E',
      'F_F',
      'a-a',
      'b-b',
      'c-c',
      'd-d',
      'e-e',
      'f-f',
    ])
  })
})

describe('docs/report.md', () => {
  test('names every field of a report, and no other', () => {
    const text = document('docs/report.md')
    const named = new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code?.match(/\w+/g) ?? []))
    const fields = fieldsOfFile(sourceOf('@ergometer/core', 'src/report.ts'))
    expect(fields.size).toBeGreaterThan(50)
    expect([...fields].filter((field) => !named.has(field) && field !== 'schema')).toEqual([])

    const more = [
      ...fieldsOfFile(sourceOf('@ergometer/core', 'src/health.ts')),
      ...fieldsOfFile(sourceOf('@ergometer/carbon', 'src/intensity.ts')),
      ...fieldsOfFile(sourceOf('@ergometer/carbon', 'src/equivalents.ts')),
      ...fieldsOfFile(sourceOf('@ergometer/carbon', 'src/what-if.ts')),
    ]
    const known = new Set([...fields, ...more])
    const cells = firstCells(text).flatMap((cell) => cell.match(/[a-zA-Z0-9]+/g) ?? [])
    expect(cells.filter((name) => !known.has(name))).toEqual([])
  })
})
