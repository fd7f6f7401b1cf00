import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../src/exposition-text.ts'
import { fixture } from './exporter.ts'

const only = (line: string) => {
  const { series, badLines } = parseExposition(line)
  return { series, badLines }
}

const names = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/)
const labelNames = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/)
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '{', '}', ',', '#', ' ', '=') }),
)
const values = fc.double({ noDefaultInfinity: true, noNaN: true })

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

describe('a page', () => {
  it('is read as it was written, whatever is in its labels', () => {
    const label = fc.tuple(labelNames, texts)
    const line = fc.record({
      name: names,
      labels: fc.uniqueArray(label, { selector: ([name]) => name, maxLength: 5 }),
      value: values,
      time: fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined }),
      loose: fc.boolean(),
      exemplar: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), (lines, open) => {
        const page = lines.map(({ name, labels, value, time, loose, exemplar }) => {
          const gap = loose ? ' ' : ''
          const inside = labels
            .map(([key, text]) => `${gap}${key}${gap}=${gap}"${escaped(text)}"`)
            .join(`${gap},`)
          const braces =
            labels.length === 0 && !loose ? '' : `{${inside}${loose && labels.length > 0 ? ',' : ''}}`
          const stamp = time === undefined ? '' : ` ${open ? time / 1000 : time}`
          const more = open && exemplar ? ' # {trace_id="a # b"} 0.5 123.4' : ''
          return `${name}${braces} ${value}${stamp}${more}`
        })
        const text = ['# HELP a It said "{".', ...page, ...(open ? ['# EOF'] : []), ''].join('\n')
        const { series, badLines } = parseExposition(text)
        expect(badLines).toBe(0)
        expect(series).toHaveLength(lines.length)
        for (const [index, { name, labels, value, time }] of lines.entries()) {
          expect(series[index]?.name).toBe(name)
          expect(series[index]?.labels).toEqual(new Map(labels))
          const [sample] = series[index]?.samples ?? []
          expect(sample?.value === value).toBe(true)
          if (time === undefined) expect(sample?.time).toBeUndefined()
          else expect(sample?.time).toBeCloseTo(time, 2)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('never throws, and never makes a number of what is none', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab_{}"\\=,# 01.e+-\n\tNaIif') }), (text) => {
        const { series, badLines } = parseExposition(text)
        const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
        expect(series.length + badLines).toBe(lines.length)
        for (const { samples } of series) expect(typeof samples[0]?.value).toBe('number')
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    'a',
    'a{',
    'a{b="c"',
    'a{b="c} 1',
    'a{b=c} 1',
    'a b',
    'a 0x10',
    'a 1 2 3',
    'a 1 x',
    '{} 1',
    '1a 1',
    'a{b="c"}',
    'a ""',
  ])('%s is no sample', (line) => {
    expect(only(line)).toEqual({ series: [], badLines: 1 })
  })

  it.each([
    ['a NaN', Number.NaN],
    ['a +Inf', Number.POSITIVE_INFINITY],
    ['a -Inf', Number.NEGATIVE_INFINITY],
    ['a 9223372036854775794', 2 ** 63],
    ['a{} 1.5e3', 1500],
    ['{"hw.energy",id="1"} 7', 7],
  ])('%s is one', (line, value) => {
    expect(only(line).series[0]?.samples[0]?.value).toBe(value)
  })

  it('with names in quotes has those names', () => {
    const [one] = only('{"hw.energy","hw.id"="1"} 7').series
    expect(one?.name).toBe('hw.energy')
    expect(one?.labels).toEqual(new Map([['hw.id', '1']]))
  })

  it('passes over a line that is too long to be one', () => {
    expect(only(`a{b="${'c'.repeat(70_000)}"} 1\na 2`)).toMatchObject({
      badLines: 1,
      series: [{ name: 'a' }],
    })
  })

  it.each(['dcgm-mig', 'dcgm-pods', 'kepler', 'kepler-0.7', 'scaphandre', 'ipmi', 'raritan', 'apc'])(
    'of %s has no line that is not understood',
    (name) => {
      expect(parseExposition(fixture(name)).badLines).toBe(0)
    },
  )
})
