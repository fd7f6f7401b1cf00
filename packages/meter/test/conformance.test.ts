import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type ConformanceSubject,
  conformanceCases,
  meterConformance,
  type World,
} from '../src/conformance.ts'
import type { MeterFactory } from '../src/index.ts'
import { fixture } from './fixture.ts'
import { InstrumentWorld } from './instrument-world.ts'

const sound: Record<string, MeterFactory> = await import(fixture('sound-meters.mjs'))
const broken: Record<string, MeterFactory> = await import(fixture('broken-meters.mjs'))
const power = sound['power'] as MeterFactory
const world = () => new InstrumentWorld()

/** Ids by what became of them; `failed` throws. */
async function verdicts(subject: ConformanceSubject) {
  const found = {
    passed: [] as string[],
    inapplicable: [] as string[],
    skipped: {} as Record<string, string>,
  }
  for (const one of conformanceCases(subject)) {
    const { result, why } = await one.run()
    if (result === 'skipped') found.skipped[one.id] = why
    else found[result].push(one.id)
  }
  return found
}

const COUNTER = ['counter-steps', 'counter-wrap', 'counter-reset', 'wrap-time']
const COMPANY = ['gauges', 'shares', 'health-lines']
const OPTIONS = ['options-invalid', 'options-unknown']

describe('a sound meter passes every case that concerns it', () => {
  test.each([
    ['power', ['intervals', ...COUNTER, ...COMPANY]],
    ['energy', ['fresh', 'intervals', ...COMPANY]],
    ['interval', ['fresh', ...COUNTER, ...COMPANY]],
    ['late', ['intervals', ...COUNTER, ...COMPANY]],
    [
      'plain',
      ['intervals', 'identity', 'containment', 'probe', 'probe-failure', ...OPTIONS, ...COUNTER, ...COMPANY],
    ],
    ['talkative', ['intervals', ...COUNTER]],
  ])(
    '%s',
    async (name, inapplicable) => {
      const found = await verdicts({ meter: sound[name] as MeterFactory, world })
      expect(found.skipped).toEqual({})
      expect(found.inapplicable.sort()).toEqual(inapplicable.sort())
    },
    60_000,
  )
})

describe('a fault is told in one line', () => {
  test.each([
    [
      'unitsMillijoules',
      'units',
      /^domain 'whole': its readings mean \d+ J where [\d.]+ J were true, 1000 times as much: millijoules passed as joules\?$/,
    ],
    ['unitsMicrowatts', 'units', /1000000 times as much: microwatts passed as watts\?$/],
    ['unitsWattHours', 'units', /0.000278 times as much: watt-hours passed as joules\?$/],
    ['energySmoothed', 'energy', /0.5 times as much \(allowed: 5 %\)$/],
    [
      'timeWall',
      'time-future',
      /^domain 'whole': time \d+ s, when context.clock said 1000 s: wall time is given as a Date$/,
    ],
    [
      'wrapModulus',
      'counter-wrap',
      /falls to \d+, though nothing was reset.*is wrapsAt, or maxWatts, right\?$/,
    ],
    [
      'failedZero',
      'failed-read',
      /^domain 'whole': recorded 0 while nothing of the instrument could be read: a failed read is no reading$/,
    ],
    ['gaugesPerCent', 'gauges', /hw.gpu.utilization: got 87, expected 0 to 1: per cent\?$/],
    ['opens', 'opens', /^cannot be opened: no driver$/],
  ])('%s', async (name, id, line) => {
    const cases = conformanceCases({ meter: broken[name] as MeterFactory, world })
    await expect(cases.find((one) => one.id === id)?.run()).rejects.toThrow(line)
  })
})

describe('what cannot be judged', () => {
  test('is what a world is not able to do', async () => {
    const poor = (): World => {
      const rich = new InstrumentWorld()
      return {
        context: rich.context,
        get seconds() {
          return rich.seconds
        },
        advance: (seconds) => rich.advance(seconds),
        close: () => rich.close(),
      }
    }
    const { skipped } = await verdicts({ meter: sound['energy'] as MeterFactory, world: poor })
    expect(skipped).toEqual({
      units: 'its world cannot `joules`',
      energy: 'its world cannot `joules`',
      'counter-wrap': 'its world cannot `joules`, `wrap`',
      'counter-reset': 'its world cannot `joules`, `reset`',
      'failed-read': 'its world cannot `fail`, `heal`',
      garbled: 'its world cannot `garble`, `heal`',
      'failure-said': 'its world cannot `fail`',
      'failure-error': 'its world cannot `fail`',
      'failure-outcome': 'its world cannot `fail`, `heal`',
      recovery: 'its world cannot `fail`, `heal`',
      'open-failure': 'its world cannot `fail`',
      'probe-failure': 'its world cannot `fail`',
      abort: 'its world cannot `hang`, `heal`',
      'close-during-read': 'its world cannot `hang`, `heal`',
    })
  })

  test('is what another fault hides', async () => {
    const meter = broken['opens'] as MeterFactory
    const others = conformanceCases({ meter, world }).filter(({ id }) => id === 'units' || id === 'handles')
    for (const one of others) {
      expect(await one.run()).toEqual({
        result: 'skipped',
        why: 'another fault hides it: see `opens` and `domains`',
      })
    }
  })
})

describe('the real instrument', () => {
  test('passes the cases that need no world, in real time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'instrument-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'instrument'), '{ "domains": [{ "watts": 50 }, { "watts": 20 }] }')
    vi.stubEnv('HOST_SYS', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    const cases = conformanceCases({ meter: sound['quick'] as MeterFactory })
    const found = await verdicts({ meter: sound['quick'] as MeterFactory })
    const real = cases.filter(({ needs }) => needs.length === 0).map(({ id }) => id)
    expect(Object.values(found.skipped).every((why) => why.startsWith('its world cannot'))).toBe(true)
    expect([...found.passed, ...found.inapplicable].sort()).toEqual(
      [...real, 'counter-reset', 'counter-wrap'].sort(),
    )
    expect(found.passed.length).toBeGreaterThan(20)
  }, 60_000)

  test('is loaded by its reference', async () => {
    const reference = { module: fixture('sound-meters.mjs'), meter: 'power', options: { label: 'plug' } }
    const { skipped, passed } = await verdicts({ meter: reference, world })
    expect(skipped).toEqual({})
    expect(passed).toContain('child-process')
  }, 60_000)
})

describe('meterConformance', () => {
  // Real tests of this very runner.
  const printed: string[] = []
  meterConformance({
    test,
    meter: power,
    world,
    skip: { abort: 'the plug never hangs' },
    print: (line) => void printed.push(line),
  })
  afterAll(() => expect(printed).toEqual(['power: abort skipped: the plug never hangs']))

  /** Runs a case as a runner would that hands over `context` as Mocha does, by `this`. */
  function register(meter: MeterFactory, more: { skip?: Record<string, string> } = {}) {
    const tests = new Map<string, (this: unknown) => Promise<void>>()
    const lines: string[] = []
    meterConformance({
      test: (title, run) => void tests.set(/\((.*)\)$/.exec(title)?.[1] ?? '', run),
      meter,
      world,
      print: (line) => void lines.push(line),
      ...more,
    })
    return { tests, lines }
  }

  test("takes no callback, and uses Mocha's `this`", async () => {
    const { tests, lines } = register(power)
    const context = { skip: vi.fn(), timeout: vi.fn() }
    const intervals = tests.get('intervals') as (this: unknown) => Promise<void>
    expect(intervals).toHaveLength(0)
    await intervals.call(context)
    expect(context.skip).toHaveBeenCalledOnce()
    expect(context.timeout).toHaveBeenCalledWith(60_000)
    // It does not concern a power meter: nothing is missing.
    expect(lines).toEqual([])
  })

  test('fails where a case fails', async () => {
    const { tests } = register(broken['failedZero'] as MeterFactory)
    await expect(tests.get('failed-read')?.call(undefined)).rejects.toThrow('recorded 0 while')
    await expect(tests.get('recovery')?.call(undefined)).resolves.toBeUndefined()
  })

  test.each([
    [{ wrap: 'it cannot wrap' }, "skip: there is no case 'wrap'"],
    [{ 'counter-wrap': ' ' }, "skip: 'counter-wrap' needs a reason"],
  ])('refuses to skip %j', (skip, message) => {
    expect(() => register(power, { skip })).toThrow(message)
  })
})
