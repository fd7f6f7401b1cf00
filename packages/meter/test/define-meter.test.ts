import { describe, expect, test } from 'vitest'
import {
  asMeterError,
  defineMeter,
  definitionOf,
  findMeter,
  isMeterFactory,
  type MeterDefinition,
  MeterError,
  parseOptions,
  type StandardSchema,
} from '../src/index.ts'

const url = 'file:///plug.mjs'
const open = () => ({ domains: [], read() {} })
// A second copy of the package, as two versions of a dependency bring it.
const copy = (await import(
  `${new URL('../dist/index.js', import.meta.url).href}?copy`
)) as typeof import('../src/index.ts')

function schema(validate: StandardSchema['~standard']['validate']): StandardSchema<{ watts: number }> {
  return { '~standard': { version: 1, vendor: 'test', validate } } as StandardSchema<{ watts: number }>
}

function definitionWith(options?: StandardSchema): MeterDefinition {
  return { name: 'plug', open, ...(options ? { options } : {}) }
}

describe('defineMeter', () => {
  test('makes a factory of references', () => {
    const plug = defineMeter(url, { name: 'plug', options: schema((value) => ({ value })), open })
    expect(plug.meterName).toBe('plug')
    expect(plug()).toEqual({ module: url, meter: 'plug' })
    const reference = plug({ watts: 7 })
    expect(JSON.parse(JSON.stringify(reference))).toEqual({
      module: url,
      meter: 'plug',
      options: { watts: 7 },
    })
  })

  test.each(['', 'Plug', '7plug', 'my plug', '../plug', 'a'.repeat(65), 7])('refuses the name %j', (name) => {
    const define = () => defineMeter(url, { name: name as string, open })
    expect(define).toThrow(expect.objectContaining({ code: 'METER_NAME_INVALID', outcome: 'fatal' }))
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-9, 1e9, '1'])(
    'refuses the interval %j',
    (interval) => {
      const define = () => defineMeter(url, { name: 'plug', interval: interval as number, open })
      expect(define).toThrow(expect.objectContaining({ code: 'METER_INTERVAL_INVALID' }))
    },
  )

  test('needs the URL of a module only for a reference', () => {
    const plug = defineMeter(undefined as unknown as string, { name: 'plug', open })
    expect(definitionOf(plug).name).toBe('plug')
    expect(() => plug()).toThrow(expect.objectContaining({ code: 'METER_MODULE_UNKNOWN' }))
  })

  const circular: unknown[] = []
  circular.push(circular)
  test.each([
    ['a function', { on: { change: () => 1 } }, 'options.on.change: expected plain JSON, got function'],
    ['a Date', { since: [new Date()] }, 'options.since[0]: expected plain JSON, got Date'],
    ['NaN', { watts: Number.NaN }, 'options.watts: expected plain JSON, got NaN'],
    ['a bigint', { watts: 7n }, 'options.watts: expected plain JSON, got bigint'],
    ['a Map', new Map(), 'options: expected plain JSON, got Map'],
    ['a hole', [undefined], 'options[0]: expected plain JSON, got undefined'],
    ['a cycle', { circular }, 'nested too deep'],
  ])('refuses options with %s, which would not arrive', (_, options, why) => {
    const plug = defineMeter(url, { name: 'plug', options: schema((value) => ({ value })), open })
    const make = () => (plug as (options: unknown) => unknown)(options)
    expect(make).toThrow(
      expect.objectContaining({ code: 'METER_OPTIONS_INVALID', message: expect.stringContaining(why) }),
    )
  })

  test('takes options that JSON carries', () => {
    const plug = defineMeter(url, { name: 'plug', options: schema((value) => ({ value })), open })
    const options = {
      text: '',
      list: [1, null, true, { a: 0 }],
      absent: undefined,
      bare: Object.create(null),
    }
    expect(() => (plug as (options: unknown) => unknown)(options)).not.toThrow()
  })
})

describe('a factory', () => {
  test('is known by its brand, whichever copy of the package made it', () => {
    expect(copy.defineMeter).not.toBe(defineMeter)
    const plug = copy.defineMeter(url, { name: 'plug', open })
    expect(isMeterFactory(plug)).toBe(true)
    expect(definitionOf(plug)).toMatchObject({ name: 'plug', open })
    expect(findMeter({ plug }, url)).toBe(plug)
    expect(copy.isMeterFactory(defineMeter(url, { name: 'plug', open }))).toBe(true)
  })

  test.each([undefined, null, 7, {}, () => {}, { meterName: 'plug' }])('is not %s', (value) => {
    expect(isMeterFactory(value)).toBe(false)
  })

  test.each([{ version: 2, plan: {} }, { version: '1' }, {}, undefined, null])(
    'of another version is refused: %j',
    (brand) => {
      const later = Object.assign(() => {}, { meterName: 'later', [Symbol.for('ergometer.meter')]: brand })
      expect(isMeterFactory(later)).toBe(true)
      expect(() => definitionOf(later as never)).toThrow(
        expect.objectContaining({
          code: 'METER_SPECIFICATION_VERSION',
          outcome: 'fatal',
          message: expect.stringMatching(
            /^meter 'later' speaks version .*expected 1: install a matching version$/,
          ),
        }),
      )
    },
  )
})

describe('a MeterError', () => {
  test('is known by its brand, whichever copy of the package made it', () => {
    const error = new copy.MeterError('gone', { outcome: 'ended', code: 'PLUG_GONE' })
    expect(error).not.toBeInstanceOf(MeterError)
    expect(MeterError.isInstance(error)).toBe(true)
    expect(asMeterError(error, 'plug')).toBe(error)
  })

  test('says what is behind a failed fetch, which says nothing itself', async () => {
    const error = await fetch('http://127.0.0.1:9').catch((cause: unknown) => asMeterError(cause, 'plug'))
    expect((error as MeterError).message).toMatch(/^plug: (?!fetch failed)\S/)
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:80'), { code: 'ECONNREFUSED' })
    const tried = new TypeError('fetch failed', { cause: new AggregateError([new Error('no'), refused]) })
    expect(asMeterError(tried, 'plug').message).toBe('plug: connect ECONNREFUSED ::1:80')
  })

  test('is not any other error', () => {
    for (const value of [new Error('x'), { name: 'MeterError' }, null, 'x'])
      expect(MeterError.isInstance(value)).toBe(false)
  })
})

describe('findMeter', () => {
  const one = defineMeter(url, { name: 'one', open })
  const two = defineMeter(url, { name: 'two', open })

  test('finds the only one, however often it is exported', () => {
    expect(findMeter({ one, default: one, answer: 42, nothing: null }, url)).toBe(one)
  })

  test('finds one of several by its name', () => {
    expect(findMeter({ one, two }, url, 'two')).toBe(two)
    expect(findMeter({ default: { one, two } }, url, 'two')).toBe(two)
  })

  test.each([
    [
      {},
      undefined,
      'expected exactly one meter among its exports (made by defineMeter), found none: export default defineMeter(import.meta.url, …)',
    ],
    [
      { one, two },
      undefined,
      'expected exactly one meter among its exports (made by defineMeter), found one, two',
    ],
    [{ one }, 'two', "expected the meter 'two' among its exports (made by defineMeter), found one"],
  ])('says what it found instead', (exports, name, why) => {
    expect(() => findMeter(exports, url, name)).toThrow(
      expect.objectContaining({ code: 'METER_NOT_EXPORTED', outcome: 'fatal', message: `${url}: ${why}` }),
    )
  })
})

describe('options', () => {
  test('are what the schema makes of them, at once or later', async () => {
    const doubled = (value: unknown) => ({ value: { watts: 2 * (value as { watts: number }).watts } })
    expect(await parseOptions(definitionWith(schema(doubled)), { watts: 7 })).toEqual({ watts: 14 })
    expect(await parseOptions(definitionWith(schema(async (value) => doubled(value))), { watts: 7 })).toEqual(
      { watts: 14 },
    )
  })

  test('that are not given are an empty object to the schema', async () => {
    expect(await parseOptions(definitionWith(schema((value) => ({ value: [value] }))), undefined)).toEqual([
      {},
    ])
  })

  test('that are refused name every path', async () => {
    const issues = [
      { message: 'expected a number', path: ['outlets', 0, { key: 'watts' }] },
      { message: 'unknown: colour' },
    ]
    await expect(parseOptions(definitionWith(schema(async () => ({ issues }))), {})).rejects.toMatchObject({
      message: "meter 'plug', options: outlets.0.watts: expected a number; unknown: colour",
      code: 'METER_OPTIONS_INVALID',
      outcome: 'fatal',
    })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken schema')
      },
      'broken schema',
    ],
    ['rejects', () => Promise.reject(new Error('broken schema')), 'broken schema'],
    ['answers nonsense', () => ({ issues: 7 }) as never, 'map is not a function'],
    ['answers nothing', () => undefined as never, ''],
  ])('meet a schema that %s', async (_, validate, why) => {
    await expect(parseOptions(definitionWith(schema(validate)), {})).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^meter 'plug', options: its schema failed: .*${why}`)),
      code: 'METER_OPTIONS_INVALID',
      outcome: 'fatal',
    })
  })

  test('of a meter without any: only their names are told, a value may be a secret', async () => {
    expect(await parseOptions(definitionWith(), undefined)).toBeUndefined()
    expect(await parseOptions(definitionWith(), {})).toBeUndefined()
    await expect(parseOptions(definitionWith(), { password: 'hunter2' })).rejects.toMatchObject({
      message: "meter 'plug' takes no options, got: password",
      code: 'METER_OPTIONS_INVALID',
    })
    await expect(parseOptions(definitionWith(), [1])).rejects.toMatchObject({
      message: "meter 'plug' takes no options, got: object",
    })
  })
})
