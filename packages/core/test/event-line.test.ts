import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LONGEST_LINE, parseEventLine } from '../src/event-line.ts'
import { Recording } from '../src/recording.ts'

const line = (value: object) => JSON.stringify({ v: 1, ...value })
const KINDS = ['process', 'work', 'score', 'phase', 'tag', 'domain', 'reading', 'end']

describe('an event line', () => {
  test.each([
    [
      { process: { pid: 7, bootId: 'b', rank: 1, other: 2 } },
      { kind: 'process', pid: 7, bootId: 'b', rank: 1 },
    ],
    [{ work: { samples: 64, 'val/x.y-z': 0.5 } }, { kind: 'work', work: { samples: 64, 'val/x.y-z': 0.5 } }],
    [
      { score: { accuracy: 0.9, loss: { value: 1, better: 'lower' } } },
      { kind: 'score', scores: { accuracy: { value: 0.9 }, loss: { value: 1, better: 'lower' } } },
    ],
    [{ phase: { name: 'e', id: 3, edge: 'begin' } }, { kind: 'phase', name: 'e', id: '3', edge: 'begin' }],
    [{ phase: { name: 'e', edge: 'end' } }, { kind: 'phase', name: 'e', id: 'e', edge: 'end' }],
    [{ tag: { a: 'x', b: 2, c: true } }, { kind: 'tag', tags: { a: 'x', b: '2', c: 'true' } }],
    [{ reading: { domain: 'd', value: 3, from: 2e9 } }, { kind: 'reading', domain: 'd', value: 3, from: 2 }],
    [{ end: { exitCode: 1, failed: true } }, { kind: 'end', exitCode: 1, failed: true, aborted: false }],
    [{ end: {} }, { kind: 'end', failed: false, aborted: false }],
  ])('%j is understood', (said, event) => {
    expect(parseEventLine(line(said))).toEqual({ event })
  })

  test.each([
    ['no version', '{"work":{"a":1}}'],
    ['another version', '{"v":2,"work":{"a":1}}'],
    ['no event', '{"v":1,"t":5}'],
    ['two events', line({ work: { a: 1 }, end: {} })],
    ['negative work', line({ work: { a: -1 } })],
    ['work that is no number', line({ work: { a: '1' } })],
    ['infinite work', '{"v":1,"work":{"a":1e999}}'],
    ['no work', line({ work: {} })],
    ['a score without a value', line({ score: { a: { better: 'higher' } } })],
    ['a direction that is none', line({ score: { a: { value: 1, better: 'up' } } })],
    ['a name with a space', line({ work: { 'a b': 1 } })],
    ['a name of 65 characters', line({ work: { ['a'.repeat(65)]: 1 } })],
    ['a phase without an edge', line({ phase: { name: 'e', id: '1' } })],
    ['a phase without a name', line({ phase: { name: '', id: '1', edge: 'end' } })],
    ['a time that is text', line({ t: '5', end: {} })],
    ['a negative time', line({ t: -5, end: {} })],
    ['an infinite time', '{"v":1,"t":1e999,"end":{}}'],
    ['a process without a pid', line({ process: { pid: '1' } })],
    ['a domain without a quantity', line({ domain: { id: 'a', kind: 'gpu', method: 'measured' } })],
    ['an array', '[1]'],
    ['nothing', ''],
    ['half a line', '{"v":1,"work":{"sam'],
  ])('with %s is no event', (_, text) => {
    expect(parseEventLine(text)).toBeUndefined()
  })

  test('may be 4 KiB long and no longer, in bytes', () => {
    const padded = (fill: string, bytes: number) => {
      const empty = Buffer.byteLength(line({ end: {}, note: '' }))
      return line({ end: {}, note: fill.repeat((bytes - empty) / Buffer.byteLength(fill)) })
    }
    expect(LONGEST_LINE).toBe(4096)
    expect(parseEventLine(padded('x', 4096))).toBeDefined()
    expect(parseEventLine(padded('x', 4097))).toBeUndefined()
    expect(padded('€', 6000).length).toBeLessThan(4096)
    expect(parseEventLine(padded('€', 6000))).toBeUndefined()
  })

  test('bears nanoseconds beyond what a double holds exactly', () => {
    const t = '9007199254740993123'
    const parsed = parseEventLine(`{"v":1,"t":${t},"end":{}}`)
    expect(parsed?.time).toBeCloseTo(9_007_199_254.740_993, 5)
  })

  test.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', 'isPrototypeOf'])(
    'has no kind %s',
    (key) => {
      expect(parseEventLine(`{"v":1,"${key}":{"kind":"work","work":{"a":-1}}}`)).toBeUndefined()
    },
  )

  test('takes names that every object has for what they are, and no name that none can hold', () => {
    const said = parseEventLine('{"v":1,"work":{"constructor":2,"toString":3}}')
    expect(said?.event).toEqual({ kind: 'work', work: { constructor: 2, toString: 3 } })
    for (const kind of ['work', 'score', 'tag']) {
      expect(parseEventLine(`{"v":1,"${kind}":{"__proto__":1}}`)).toBeUndefined()
    }
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })

  const names = fc.oneof(
    fc.constantFrom('name', 'id', 'edge', 'pid', 'value', 'domain', 'kind', 'reads', 'method', 'quantity'),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'better', 'from', 'samples'),
    fc.string({ maxLength: 5 }),
  )
  const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, 0, -1, 1e308, 'begin', 'end', 'gpu', 'measured', 'power', 'energy', true),
      fc.double(),
      fc.string({ maxLength: 8 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 5 }),
    ),
  })).value

  test('never throws, whatever it says, and neither does a recording that takes it', () => {
    const recording = new Recording(() => {})
    const keys = fc.oneof(fc.constantFrom(...KINDS), names)
    const lines = fc.oneof(
      fc.string({ maxLength: 50 }),
      fc.json(),
      fc
        .tuple(fc.dictionary(keys, values, { maxKeys: 2 }), fc.option(fc.double(), { nil: undefined }))
        .map(([said, t]) => JSON.stringify({ ...said, v: 1, ...(t === undefined ? {} : { t }) })),
      fc
        .tuple(fc.constantFrom(...KINDS), values)
        .map(([kind, value]) => JSON.stringify({ v: 1, [kind]: value })),
    )
    let now = 0
    let understood = 0
    fc.assert(
      fc.property(lines, (text) => {
        const told = parseEventLine(text)
        now += 0.01
        if (!told) return
        understood++
        expect(KINDS).toContain(told.event.kind)
        recording.addEvent(told.event, told.time ?? now, now, 'fuzz')
        recording.settle(now)
      }),
      { numRuns: 3000 },
    )
    expect(understood).toBeGreaterThan(5)
    expect(() => recording.close(now, { status: 'completed' })).not.toThrow()
  })

  test('of a client that floods is bounded and survived', () => {
    const lines: unknown[] = []
    const recording = new Recording((said) => lines.push(said))
    for (let index = 0; index < 200_000; index++) {
      const event = { kind: 'score' as const, scores: { loss: { value: index % 977 } } }
      recording.addEvent(event, 0.5 + index / 1e6, 0.9, 'a')
    }
    for (let index = 0; index < 20_000; index++) {
      const edge = (edge: 'begin' | 'end') => ({ kind: 'phase' as const, name: 'p', id: `${index}`, edge })
      recording.addEvent(edge('begin'), 0.2 + index / 1e5, 0.9, 'a')
      recording.addEvent(edge('end'), 0.2 + index / 1e5 + 5e-6, 0.9, 'a')
    }
    for (let index = 0; index < 1000; index++) {
      recording.addEvent({ kind: 'work', work: { [`unit-${index}`]: 1 } }, 0.5, 0.9, 'a')
      recording.addEvent({ kind: 'tag', tags: { [`tag-${index}`]: 'x' } }, 0.5, 0.9, 'a')
    }
    recording.settle(5)
    recording.close(5, { status: 'completed' })
    expect(lines.length).toBeLessThan(500)
    expect(Object.keys(recording.work.total)).toHaveLength(64)
    expect(Object.keys(recording.tags)).toHaveLength(64)
  })
})
