import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import {
  defineMeter,
  definitionOf,
  type EnergyMeter,
  type MeterContext,
  type MeterDefinition,
  MeterError,
  type MeterHandle,
  monotonicSeconds,
  type OpenOptions,
  openHere,
} from '../src/index.ts'
import { MOST_WAITING } from '../src/record-readings.ts'
import { domainOf } from './fixture.ts'

/** Longer than any test waits. */
const LONG = 60
const never = () => new Promise<never>(() => {})

function openMeter(open: MeterDefinition['open'], options?: OpenOptions): Promise<MeterHandle> {
  const factory = defineMeter('file:///meter.mjs', { name: 'here', interval: 0.2, open })
  return openHere({ definition: definitionOf(factory), options: undefined }, options)
}

/** A meter of one domain that reads like this. */
function openReading(read: EnergyMeter['read'], more: Partial<EnergyMeter> = {}): Promise<MeterHandle> {
  return openMeter(() => ({ domains: [domainOf()], read, ...more }))
}

/** A promise that the test fulfils itself. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('a meter is told of which time it is to tell, and else of none', async () => {
  const window = { from: new Date(1e12), to: new Date(1e12 + 1000) }
  const told: unknown[] = []
  const open: MeterDefinition['open'] = (_options, context) => {
    told.push(context.window)
    return { domains: [domainOf()], read() {} }
  }
  await openMeter(open)
  await openMeter(open, { window })
  expect(told).toEqual([undefined, window])
})

describe('a read', () => {
  test('is stamped with now, or with the time that is given', async () => {
    const hourAgo = Date.now() - 3_600_000
    const handle = await openReading((record) => {
      record(0, 1)
      record(0, 2, { time: 5, from: 4 })
      record(0, 3, { time: new Date(hourAgo), from: new Date(hourAgo - 60_000) })
    })
    const before = monotonicSeconds()
    const [now, given, wall] = (await handle.read(LONG)).readings
    expect(now?.time).toBeGreaterThanOrEqual(before)
    expect(now).not.toHaveProperty('from')
    expect(given).toEqual({ domain: 0, value: 2, time: 5, from: 4 })
    expect((now?.time ?? 0) - (wall?.time ?? 0)).toBeCloseTo(3600, 0)
    expect(wall?.wall).toEqual({ time: hourAgo, from: hourAgo - 60_000 })
  })

  test('yields what was recorded before it failed', async () => {
    const handle = await openReading((record) => {
      record(0, 1)
      throw new TypeError('first line\nsecond line')
    })
    const { readings, error } = await handle.read(LONG)
    expect(readings).toHaveLength(1)
    expect(error).toMatchObject({
      message: "meter 'here' cannot be read: first line",
      code: 'METER_READ_FAILED',
      outcome: 'retry',
    })
    expect(error?.cause).toBeInstanceOf(TypeError)
    expect(handle.alive).toBe(true)
  })

  test('hands on the error of a meter as it is', async () => {
    const thrown = new MeterError('unplugged', { outcome: 'ended', code: 'PLUG_GONE' })
    const handle = await openReading(() => Promise.reject(thrown))
    expect((await handle.read(LONG)).error).toBe(thrown)
  })

  test.each([
    ['undefined', undefined, 'undefined'],
    ['text', 'no', 'no'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['what has no text', Object.create(null), 'threw object'],
    ['an error without a message', new RangeError(), 'RangeError'],
    ['an error whose message is none', Object.assign(new Error(), { message: { a: 1 } }), '[object Object]'],
  ])('never rejects, whatever is thrown: %s', async (_, thrown, text) => {
    const handle = await openReading(() => {
      throw thrown
    })
    expect((await handle.read(LONG)).error?.message).toBe(`meter 'here' cannot be read: ${text}`)
  })

  test('of a domain that does not exist fails', async () => {
    const handle = await openReading((record) => record(1, 7))
    expect(await handle.read(LONG)).toMatchObject({
      readings: [],
      error: { message: "meter 'here' cannot be read: domain 1 was recorded, expected an index below 1" },
    })
  })

  test('that records without end fills no memory', async () => {
    const handle = await openReading((record) => {
      for (let value = 0; value < MOST_WAITING + 10; value++) {
        record(0, value)
        record.gauge(0, 'hw.temperature', value)
      }
    })
    const { readings, gauges } = await handle.read(LONG)
    expect([readings.length, gauges.length]).toEqual([MOST_WAITING, MOST_WAITING])
  })

  test('is told to stop at its deadline', async () => {
    let told: AbortSignal | undefined
    const handle = await openReading((_, signal) => {
      told = signal
      return never()
    })
    const reading = handle.read(0.02)
    await Promise.resolve()
    expect(told?.aborted).toBe(false)
    expect((await reading).error).toMatchObject({ code: 'METER_TIMEOUT', outcome: 'retry' })
    expect(told?.aborted).toBe(true)
    expect(handle.alive).toBe(true)
  })

  test('that ends after its deadline brings its readings to the next one', async () => {
    const slow = deferred()
    const read = vi.fn<EnergyMeter['read']>(async (record) => {
      await slow.promise
      record(0, 42)
    })
    const handle = await openReading(read)
    expect(await handle.read(0.02)).toMatchObject({ readings: [], error: { code: 'METER_TIMEOUT' } })
    const next = handle.read(LONG)
    slow.resolve()
    expect(await next).toEqual({ readings: [expect.objectContaining({ value: 42 })], gauges: [] })
    expect(read).toHaveBeenCalledOnce()
    await handle.read(LONG)
    expect(read).toHaveBeenCalledTimes(2)
  })

  test('that is stuck for a second deadline costs the meter its life', async () => {
    const close = vi.fn()
    const handle = await openReading(never, { close })
    await handle.read(0.02)
    expect((await handle.read(0.02)).error).toMatchObject({ code: 'METER_TIMEOUT' })
    expect(handle.alive).toBe(false)
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce())
  })

  test('joins one that is under way', async () => {
    const slow = deferred()
    const read = vi.fn<EnergyMeter['read']>(() => slow.promise)
    const handle = await openReading(read)
    const reads = [handle.read(LONG), handle.read(LONG)]
    slow.resolve()
    await Promise.all(reads)
    expect(read).toHaveBeenCalledOnce()
  })
})

describe('opening', () => {
  test('gives the meter its world, and copies what it declares', async () => {
    let seen: MeterContext | undefined
    const log = vi.fn()
    const domains = [domainOf()]
    const handle = await openMeter(
      (_, context) => {
        seen = context
        return { domains, read() {} }
      },
      { sysRoot: '/host/sys', procRoot: '/host/proc', log },
    )
    expect(seen).toMatchObject({ sysRoot: '/host/sys', procRoot: '/host/proc', env: process.env, log })
    expect(handle).toMatchObject({ name: 'here', interval: 0.2, domains })
    domains.pop()
    expect(handle.domains).toHaveLength(1)
  })

  test.each([
    ['nothing', undefined, 'open: expected { domains, read }'],
    ['null', null, 'open: expected { domains, read }'],
    ['no read', { domains: [] }, 'open: expected { domains, read }'],
    ['no domains', { read() {} }, 'domains: expected an array of at most 1024'],
    [
      'a domain without reads',
      { domains: [{ ...domainOf(), reads: null }], read() {} },
      'domains[0].reads.quantity: expected power, energy or interval-energy',
    ],
  ])('a meter that returns %s', async (_, meter, why) => {
    await expect(openMeter(() => meter as unknown as EnergyMeter)).rejects.toMatchObject({
      message: `meter 'here': ${why}`,
      code: 'METER_INVALID',
      outcome: 'fatal',
    })
  })

  test('that fails aborts the signal, and gives back a meter that is wrong', async () => {
    const close = vi.fn()
    let signal: AbortSignal | undefined
    const opening = openMeter((_, context) => {
      signal = context.signal
      return { domains: 'all', read() {}, close } as unknown as EnergyMeter
    })
    await expect(opening).rejects.toBeInstanceOf(MeterError)
    expect(signal?.aborted).toBe(true)
    expect(close).toHaveBeenCalledOnce()
  })

  test('that throws', async () => {
    const opening = openMeter(() => {
      throw new Error('no such device')
    })
    await expect(opening).rejects.toMatchObject({
      message: "meter 'here' cannot be opened: no such device",
      code: 'METER_NOT_OPENED',
      outcome: 'retry',
    })
  })

  test('that takes too long is given up; what opens after that is closed', async () => {
    const slow = deferred()
    const close = vi.fn()
    const opening = openMeter(() => slow.promise.then(() => ({ domains: [], read() {}, close })), {
      openDeadline: 0.02,
    })
    await expect(opening).rejects.toMatchObject({ code: 'METER_TIMEOUT', outcome: 'retry' })
    expect(close).not.toHaveBeenCalled()
    slow.resolve()
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce())
  })
})

describe('closing', () => {
  test('happens once, aborts the signal and leaves no listener', async () => {
    const close = vi.fn()
    let signal: AbortSignal | undefined
    const handle = await openMeter((_, context) => {
      signal = context.signal
      return { domains: [domainOf()], read() {}, close }
    })
    await handle.read(LONG)
    expect(getEventListeners(signal as AbortSignal, 'abort')).toEqual([])
    await Promise.all([handle.close(), handle.close()])
    await handle.close()
    expect(close).toHaveBeenCalledOnce()
    expect(signal?.aborted).toBe(true)
    expect(handle.alive).toBe(false)
  })

  test('ends a read under way, which then is over before the meter closes', async () => {
    const order: string[] = []
    const handle = await openReading(
      async (_, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        order.push('read')
      },
      { close: () => void order.push('close') },
    )
    const reading = handle.read(LONG)
    await handle.close(LONG)
    expect((await reading).error).toMatchObject({ code: 'METER_CLOSED', outcome: 'ended' })
    expect(order).toEqual(['read', 'close'])
  })

  test('does not wait for a read that hangs', async () => {
    const close = vi.fn()
    const handle = await openReading(never, { close })
    const reading = handle.read(LONG)
    await handle.close(0.04)
    expect(close).toHaveBeenCalledOnce()
    expect((await reading).error).toMatchObject({ code: 'METER_CLOSED' })
  })

  test.each([
    ['hangs', never],
    [
      'throws',
      () => {
        throw new Error('stuck')
      },
    ],
    ['rejects', () => Promise.reject(new Error('stuck'))],
  ])('is done even if the meter %s', async (_, close) => {
    const handle = await openReading(() => {}, { close })
    await expect(handle.close(0.04)).resolves.toBeUndefined()
  })

  test('is the end of reading', async () => {
    const read = vi.fn()
    const handle = await openReading(read)
    await handle.close()
    expect(await handle.read(LONG)).toMatchObject({
      readings: [],
      error: { code: 'METER_CLOSED', outcome: 'ended' },
    })
    expect(read).not.toHaveBeenCalled()
  })
})
