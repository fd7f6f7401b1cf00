import { afterEach, describe, expect, test } from 'vitest'
import { type MeterHandle, openIsolated, probeIsolated } from '../src/index.ts'
import { domainOf, fixture } from './fixture.ts'

/** Seconds: longer than any answer takes. */
const LONG = 15
const program = fixture('liar.mjs')
let handle: MeterHandle | undefined

afterEach(() => handle?.close(0))

describe('a child that lies', () => {
  const domain = domainOf()
  const truth = { opened: { name: 'liar', interval: 1, domains: [domain] } }

  async function openLiar(opening: unknown[], reading: unknown[] = []): Promise<MeterHandle> {
    const env = { ...process.env, LIES: JSON.stringify([opening, reading]) }
    handle = await openIsolated({ module: 'file:///x.mjs' }, { program, env })
    return handle
  }

  test.each([
    ['domains that are null', { ...truth.opened, domains: null }],
    ['a domain that is null', { ...truth.opened, domains: [null] }],
    ['a bound that is null', { ...truth.opened, domains: [{ ...domain, maxWatts: null }] }],
    ['an interval that is null', { ...truth.opened, interval: null }],
    ['an interval that is text', { ...truth.opened, interval: '1' }],
    ['a name that is no name', { ...truth.opened, name: '../run' }],
  ])('about its meter: %s', async (_, lie) => {
    await expect(openLiar([{ opened: lie }])).rejects.toMatchObject({
      code: 'METER_INVALID',
      outcome: 'fatal',
    })
  })

  test('about its failure', async () => {
    await expect(openLiar([{ failed: null }])).rejects.toMatchObject({
      code: 'METER_READ_FAILED',
      outcome: 'retry',
    })
    const failed = { message: 'm'.repeat(5000), code: 7, outcome: 'whatever' }
    const error = await openLiar([{ failed }]).catch((cause) => cause)
    expect(error).toMatchObject({ message: 'm'.repeat(1000), code: 'METER_READ_FAILED', outcome: 'retry' })
  })

  test('about its readings: only what is one is kept, and as numbers', async () => {
    const readings = [
      null,
      'reading',
      { domain: 1, value: 1, time: 1 },
      { domain: -1, value: 1, time: 1 },
      { domain: '0', value: 1, time: 1 },
      { domain: 0, value: '1', time: null, from: '0' },
      { domain: 0, value: 1, time: 2, from: 1, more: 'x', wall: { time: '5', from: 4 } },
      { domain: 0, value: 1, time: 2, wall: { time: 5000, from: null } },
      { domain: 0, value: 1, time: 2, wall: { time: 5000, from: 4000, more: 'x' } },
    ]
    const gauges = [
      null,
      { domain: 0, name: 7, value: 1 },
      { domain: 0, name: 'n', value: null },
      { domain: 0, name: 'n', value: 1 },
    ]
    const handle = await openLiar([truth], [{ read: 1, readings, gauges, alive: true }])
    expect(await handle.read(LONG)).toEqual({
      readings: [
        { domain: 0, value: Number.NaN, time: Number.NaN, from: Number.NaN },
        { domain: 0, value: 1, time: 2, from: 1 },
        { domain: 0, value: 1, time: 2 },
        { domain: 0, value: 1, time: 2, wall: { time: 5000, from: 4000 } },
      ],
      gauges: [{ domain: 0, name: 'n', value: 1 }],
    })
  })

  test('about restarts and errors: only what is one is kept', async () => {
    const restarts = [
      null,
      { domain: 1, time: 1 },
      { domain: 0, time: null },
      { domain: 0, time: 7, more: 'x' },
    ]
    const uncertainties = [
      7,
      { domain: 0, relative: '0.3' },
      { domain: 0, relative: 0 },
      { domain: 0, relative: 0.3 },
    ]
    const handle = await openLiar([truth], [{ read: 1, readings: [], restarts, uncertainties, alive: true }])
    expect(await handle.read(LONG)).toEqual({
      readings: [],
      gauges: [],
      restarts: [{ domain: 0, time: 7 }],
      uncertainties: [{ domain: 0, relative: 0.3 }],
    })
  })

  test('about its lists, and about being alive', async () => {
    const handle = await openLiar([truth], [{ read: 1, readings: { length: 9 }, gauges: 'g', alive: 'yes' }])
    expect(await handle.read(LONG)).toEqual({ readings: [], gauges: [] })
    expect(handle.alive).toBe(false)
  })

  test('an answer to another read is none', async () => {
    const handle = await openLiar(
      [truth],
      [{ read: 2, readings: [{ domain: 0, value: 1, time: 1 }], gauges: [], alive: true }],
    )
    expect(await handle.read(0.1)).toMatchObject({ readings: [], error: { code: 'METER_TIMEOUT' } })
  })

  test('about being available', async () => {
    const env = {
      ...process.env,
      LIES: JSON.stringify([
        [
          {
            probed: {
              name: 'liar',
              availability: { available: 'yes', why: 7, fixes: [1, 'a'] },
              domains: [],
            },
          },
        ],
      ]),
    }
    const probed = await probeIsolated({ module: 'file:///x.mjs' }, { program, env })
    expect(probed).toEqual({
      name: 'liar',
      availability: { available: false, why: 'it does not say why', fixes: ['a'] },
      domains: [],
    })
  })
})
