import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type IsolationOptions,
  type LogDetails,
  type MeterHandle,
  monotonicSeconds,
  openIsolated,
} from '../src/index.ts'
import { CHILD, fixture, pidOf, waitForEnd } from './fixture.ts'

const program = CHILD
const LONG = 15
const opened: MeterHandle[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((handle) => handle.close(0)))
})

async function open(
  meter: string,
  options: IsolationOptions = {},
  module = 'moods.mjs',
): Promise<MeterHandle> {
  const handle = await openIsolated({ module: fixture(module), meter }, { program, ...options })
  opened.push(handle)
  return handle
}

async function openPlug(options: IsolationOptions = {}): Promise<MeterHandle> {
  const reference = { module: fixture('plug.mjs'), meter: 'plug', options: { watts: 7 } }
  const handle = await openIsolated(reference, { program, ...options })
  opened.push(handle)
  return handle
}

describe('a meter in a child process', () => {
  test('opens with its options, reads, and closes', async () => {
    const loaded = vi.fn()
    const log = vi.fn()
    const handle = await openPlug({ loaded, log, sysRoot: '/host/sys', procRoot: '/host/proc' })
    expect(handle).toMatchObject({ name: 'plug', interval: 0.5, alive: true })
    expect(handle.domains).toMatchObject([
      { id: 'outlet', attributes: { sysRoot: '/host/sys', procRoot: '/host/proc' } },
    ])
    expect(loaded).toHaveBeenCalledOnce()
    expect(log).toHaveBeenCalledWith('the plug is open', {
      severity: 'info',
      code: 'plug-open',
      domain: 'outlet',
    })
    const before = monotonicSeconds()
    const { readings, gauges, error } = await handle.read(LONG)
    expect(error).toBeUndefined()
    expect(readings.map(({ domain, value }) => [domain, value])).toEqual([
      [0, 7],
      [0, 7],
    ])
    expect(readings[0]?.time).toBeGreaterThanOrEqual(before)
    expect(readings[0]?.time).toBeLessThanOrEqual(monotonicSeconds())
    expect((readings[0]?.time ?? 0) - (readings[1]?.time ?? 0)).toBeCloseTo(10, 0)
    expect(gauges).toEqual([{ domain: 0, name: 'hw.temperature', value: 40 }])
    await handle.close(LONG)
    expect(handle.alive).toBe(false)
    await waitForEnd(pidOf(handle))
  })

  test('gets the environment that is given, but never NODE_OPTIONS', async () => {
    const env = { ...process.env, NODE_OPTIONS: '--throw-deprecation', PLUG_MARK: 'seen' }
    const [domain] = (await openPlug({ env })).domains
    expect(domain?.attributes).toMatchObject({ options: 'none', mark: 'seen' })
  })

  test('may be opened twice: the handles know nothing of each other', async () => {
    const [one, two] = [await openPlug(), await openPlug()]
    expect(pidOf(one)).not.toBe(pidOf(two))
    await one.close(LONG)
    expect((await two.read(LONG)).readings).toHaveLength(2)
  })

  test('answers two reads at once', async () => {
    const handle = await openPlug()
    const results = await Promise.all([handle.read(LONG), handle.read(LONG)])
    expect(results.map(({ error }) => error)).toEqual([undefined, undefined])
    expect(handle.alive).toBe(true)
  })

  test('is not blamed for a standstill of the process that reads it', async () => {
    const handle = await openPlug()
    const reading = handle.read(0.1)
    const until = performance.now() + 3000
    while (performance.now() < until);
    expect((await reading).error).toBeUndefined()
    expect(handle.alive).toBe(true)
  })

  test('closes its instrument once, however often it is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ergometer-meter-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'closed')
    const handle = await open('closing', { env: { ...process.env, CLOSED_FILE: file } })
    await Promise.all([handle.close(LONG), handle.close(LONG)])
    await handle.close(LONG)
    expect(readFileSync(file, 'utf8')).toBe('closed\n')
  })

  test('says that it is closed when it is read after that', async () => {
    const handle = await openPlug()
    await handle.close(LONG)
    const { readings, error } = await handle.read(LONG)
    expect(readings).toEqual([])
    expect(error).toMatchObject({ code: 'METER_CLOSED', outcome: 'ended' })
  })

  test('ends a read that is under way when it is closed', async () => {
    const log = vi.fn()
    const handle = await open('hanging', { log })
    const reading = handle.read(LONG)
    await handle.close(LONG)
    expect((await reading).error).toMatchObject({ code: 'METER_CLOSED' })
    expect(log).not.toHaveBeenCalled()
  })

  test('is not waited for when its close hangs', async () => {
    const handle = await open('hanging-close')
    const before = monotonicSeconds()
    await handle.close(0.1)
    expect(monotonicSeconds() - before).toBeLessThan(5)
    await waitForEnd(pidOf(handle))
  })

  test('outlives the signals that end a training', async () => {
    const handle = await openPlug()
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.kill(pidOf(handle), signal)
    expect((await handle.read(LONG)).error).toBeUndefined()
  })
})

describe('trouble in the child', () => {
  const ended = 'METER_PROCESS_ENDED'
  const late = 'METER_TIMEOUT'
  test.each([
    ['blocking', 0.1, late, "meter 'blocking' did not answer within 0.1 s"],
    ['disconnecting', 0.1, late, "meter 'disconnecting' did not answer within 0.1 s"],
    ['exiting', LONG, ended, "meter 'exiting': its process ended (exit code 3)"],
    ['crashing', LONG, ended, "meter 'crashing': its process ended (SIGSEGV)"],
    ['throwing-later', LONG, ended, "meter 'throwing-later': uncaught: too late to catch"],
    ['babbling', LONG, ended, "meter 'babbling': it floods its recorder with messages"],
  ])('%s costs the process', async (meter, deadline, code, message) => {
    const handle = await open(meter)
    const { error } = await handle.read(deadline)
    expect(error).toMatchObject({ code, message, outcome: 'retry' })
    expect(handle.alive).toBe(false)
    await waitForEnd(pidOf(handle))
    expect((await handle.read(LONG)).error).toMatchObject({ code })
  })

  test('an error of the meter costs that read, and arrives whole', async () => {
    const handle = await open('throwing')
    const { error } = await handle.read(LONG)
    expect(error).toMatchObject({ message: 'bus error', code: 'BUS_ERROR', outcome: 'ended' })
    expect(handle.alive).toBe(true)
  })

  test('a read that is stuck for a second deadline costs the process', async () => {
    const handle = await open('hanging')
    expect((await handle.read(0.05)).error).toMatchObject({ code: late, outcome: 'retry' })
    expect((await handle.read(0.05)).error).toMatchObject({ code: late })
    expect(handle.alive).toBe(false)
    await waitForEnd(pidOf(handle))
  })

  test('an end between two reads is logged, for nobody waits for an answer', async () => {
    const log = vi.fn<(message: string, details?: LogDetails) => void>()
    const handle = await open('throwing-between', { log })
    expect((await handle.read(LONG)).readings).toMatchObject([{ value: 1 }])
    await vi.waitFor(() => expect(handle.alive).toBe(false), { timeout: 5000 })
    const details = { severity: 'warning', code: 'meter-process-ended' }
    expect(log.mock.calls).toEqual([["meter 'throwing-between': uncaught: nobody waits", details]])
  })

  test('an unhandled rejection is logged, and the meter goes on', async () => {
    const log = vi.fn()
    const handle = await open('rejecting', { log })
    expect((await handle.read(LONG)).readings).toHaveLength(1)
    await vi.waitFor(() => expect(log).toHaveBeenCalled(), { timeout: 5000 })
    expect(log).toHaveBeenCalledWith("meter 'rejecting': unhandled rejection: nobody awaits me", {
      severity: 'warning',
      code: 'meter-rejection',
    })
    expect((await handle.read(LONG)).readings).toHaveLength(1)
  })

  test('what it prints is lost', async () => {
    const handle = await open('printing')
    expect(await handle.read(LONG)).toMatchObject({ readings: [{ value: 1 }] })
    expect((await handle.read(LONG)).error).toBeUndefined()
  })

  test('readings without end are cut off', async () => {
    const handle = await open('flooding')
    expect((await handle.read(LONG)).readings).toHaveLength(500_000)
    expect(handle.alive).toBe(true)
  })

  test('lines without end are cut off, and nothing is heard after that', async () => {
    const log = vi.fn()
    const handle = await open('babbling', { log })
    await handle.read(LONG)
    const heard = log.mock.calls.length
    expect(heard).toBeLessThanOrEqual(1000)
    await waitForEnd(pidOf(handle))
    expect(log).toHaveBeenCalledTimes(heard)
  })

  test('messages of its own are no answers', async () => {
    const log = vi.fn()
    const handle = await open('meddling', { log })
    expect(await handle.read(LONG)).toEqual({ readings: [expect.objectContaining({ value: 1 })], gauges: [] })
    expect(log.mock.calls).toEqual([['m'.repeat(1000), {}]])
  })

  test('what is no number arrives as NaN, never as null or text', async () => {
    const { readings } = await (await open('numberless')).read(LONG)
    expect(readings.map(({ value }) => value)).toEqual([...Array(8).fill(Number.NaN), 1, 2])
    expect(readings[8]?.time).toBeNaN()
    expect(readings[9]).toMatchObject({ time: Number.NaN, from: Number.NaN })
  })
})

describe('a meter that does not open', () => {
  const cases = [
    ['mute', { code: 'METER_TIMEOUT', outcome: 'retry' }],
    ['mute-blocking', { code: 'METER_TIMEOUT', outcome: 'retry' }],
    ['refusing', { code: 'DEVICE_ABSENT', outcome: 'retry', message: 'no such device' }],
    [
      'shapeless',
      {
        code: 'METER_INVALID',
        outcome: 'fatal',
        message: expect.stringContaining('domains[0].kind: expected one of cpu'),
      },
    ],
    ['absent', { code: 'METER_NOT_EXPORTED', outcome: 'fatal' }],
  ] as const
  test.each(cases)('%s', async (meter, expected) => {
    const deadline = expected.code === 'METER_TIMEOUT' ? { openDeadline: 0.5 } : {}
    await expect(open(meter, deadline)).rejects.toMatchObject({ name: 'MeterError', ...expected })
  })

  test('refused options name the path', async () => {
    const reference = { module: fixture('plug.mjs'), meter: 'plug', options: { watts: 'many' } }
    const loaded = vi.fn()
    await expect(openIsolated(reference, { program, loaded })).rejects.toMatchObject({
      code: 'METER_OPTIONS_INVALID',
      message: "meter 'plug', options: watts: expected a number",
    })
    expect(loaded).not.toHaveBeenCalled()
  })

  test('a module that never finishes loading', async () => {
    await expect(open('x', { openDeadline: 0.5 }, 'never-loaded.mjs')).rejects.toMatchObject({
      code: 'METER_TIMEOUT',
    })
  })

  test('options that cannot be sent', async () => {
    const reference = { module: fixture('plug.mjs'), meter: 'plug', options: { watts: 7n } }
    await expect(openIsolated(reference, { program })).rejects.toMatchObject({
      code: 'METER_OPTIONS_INVALID',
    })
  })

  test('a program that does not exist', async () => {
    await expect(
      openIsolated({ module: 'file:///x.mjs' }, { program: 'file:///none.js' }),
    ).rejects.toMatchObject({
      code: 'METER_PROCESS_ENDED',
    })
    await expect(openIsolated({ module: 'file:///x.mjs' }, { program: 'none' })).rejects.toMatchObject({
      code: 'METER_NOT_OPENED',
    })
  })
})

describe('a stretch of reads', () => {
  test('is read on its grid and answered at once', async () => {
    const handle = await openPlug()
    const until = monotonicSeconds() + 0.5
    const { readings, error } = await handle.read(LONG, { every: 0.05, until, jitter: 0 })
    expect(error).toBeUndefined()
    // Each read tells of now, and then of ten seconds ago.
    const times = readings.filter((_, index) => index % 2 === 0).map(({ time }) => time)
    // A busy machine may miss some; the last is at the end.
    expect(times.length).toBeGreaterThan(3)
    expect(times.at(-1)).toBeGreaterThan(until - 0.1)
  })

  test('keeps what its reads tell beside readings', async () => {
    const handle = await open('restarting')
    const until = monotonicSeconds() + 0.3
    const { readings, restarts, uncertainties, gauges } = await handle.read(LONG, {
      every: 0.02,
      until,
      jitter: 0,
    })
    expect(readings.length).toBeGreaterThan(1)
    expect(restarts?.map(({ domain }) => domain)).toEqual(readings.map(() => 0))
    for (const [index, { time }] of (restarts ?? []).entries()) {
      expect(time).toBeGreaterThanOrEqual(readings[index]?.time as number)
    }
    expect(uncertainties).toEqual(readings.map(() => ({ domain: 0, relative: 0.3 })))
    expect(gauges).toEqual([{ domain: 0, name: 'hw.temperature', value: 40 }])
  })

  test('that is cut short answers now, with one more read', async () => {
    const handle = await openPlug()
    const far = monotonicSeconds() + 1000
    const reading = handle.read(LONG, { every: 500, until: far, jitter: 0 })
    const asked = monotonicSeconds()
    handle.cutShort?.()
    const { readings } = await reading
    expect(readings[0]?.time).toBeGreaterThan(asked)
    expect(readings).toHaveLength(2)
  })

  test('ends with the first read that fails', async () => {
    const handle = await open('throwing')
    const far = monotonicSeconds() + 1000
    const { error } = await handle.read(LONG, { every: 0.01, until: far, jitter: 0 })
    expect(error).toBeDefined()
  })
})
