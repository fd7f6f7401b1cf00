import {
  analyse,
  ErgometerError,
  type ExporterContext,
  exporterOptions,
  type Factors,
  type FinishedRun,
  type PastTotals,
  pastTotals,
  readJournal,
} from '@ergometer/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { METRICS, SCOPE } from '../src/names.ts'
import { otlp } from '../src/otlp-replay.ts'
import { MOST_POINTS, replayBatches } from '../src/replay-batches.ts'
import { type Answer, OtlpReceiver } from './otlp-receiver.ts'

const BEGIN = Date.parse('2026-11-01T12:00:00.250Z')
const FACTORS: Factors = {
  intensity: {
    gramsPerKilowattHour: 360,
    kind: 'average',
    basis: 'lifecycle',
    source: 'test',
    zone: 'FR',
    period: '2025',
    estimated: false,
  },
  zoneUnknown: false,
}

const START = {
  kind: 'start',
  version: 1,
  runId: 'run-1',
  name: 'mnist',
  monotonic: 1000,
  wall: new Date(BEGIN).toISOString(),
  recorder: { pid: 7 },
  factors: {},
  config: {},
  versions: { ergometer: '1.2.3' },
}
const GPU = {
  kind: 'domain',
  t: 0,
  id: 'nvml:0',
  meter: 'nvml',
  interval: 1,
  domain: {
    id: '0',
    kind: 'gpu',
    label: 'GPU 0',
    method: 'measured',
    identity: 'gpu:GPU-8f3c',
    reads: { quantity: 'power' },
  },
}
const RESOURCE = {
  'service.name': 'trainer',
  'host.id': 'abc',
  'process.pid': 7,
  'ergometer.run.id': 'other',
}

/** A run of 25.5 s at 100 W, with ten samples a second and a score. */
function lines(): object[] {
  const rows = Array.from({ length: 25 }, (_, index) => ({ t: index + 1, dJ: [1000], work: { samples: 10 } }))
  return [
    START,
    GPU,
    { kind: 'provenance', t: 0, provenance: { host: 'node-1', resource: RESOURCE } },
    ...rows,
    { kind: 'score', t: 12, name: 'accuracy', value: 0.5 },
    { t: 25.5, mJ: [50_000] },
    { kind: 'end', t: 25.5, status: 'completed' },
  ]
}

function runOf(journalLines: readonly object[]): FinishedRun {
  const journal = readJournal(journalLines.map((line) => JSON.stringify(line)))
  return {
    report: analyse(journal, FACTORS),
    totals: (stepSeconds) => pastTotals(journal, FACTORS, stepSeconds),
  }
}

const logged: string[] = []
function context(): ExporterContext {
  return {
    env: process.env,
    fetch: globalThis.fetch,
    log: (message) => logged.push(message),
    signal: new AbortController().signal,
  }
}

async function send(value: unknown, run = runOf(lines())): Promise<string> {
  const options = await exporterOptions(otlp as never, value)
  return otlp.definition.replay(options as never, run, context())
}

let receiver: OtlpReceiver
async function receiving(answer?: (number: number) => Answer): Promise<OtlpReceiver> {
  receiver = await OtlpReceiver.start(answer)
  return receiver
}

beforeEach(() => {
  logged.length = 0
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) vi.stubEnv(name, undefined)
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await receiver?.close()
})

describe('a run that is replayed over OTLP', () => {
  test('has the times and values of then, cumulative since its begin', async () => {
    const { url, curve } = await receiving()
    expect(curve).toBeDefined()
    const said = await send(url)
    expect(said).toBe(
      `otlp: ${receiver.points.length} points of run run-1, every 10 s from 2026-11-01T12:00:00.250Z to 2026-11-01T12:00:25.750Z, sent to ${url}/v1/metrics`,
    )
    expect(receiver.paths).toEqual(['/v1/metrics'])
    const at = (...values: number[]) =>
      [0, 10, 20, 25.5].map((seconds, index) => [BEGIN + seconds * 1000, values[index]])
    expect(receiver.curve('hw.energy')).toEqual(at(0, 1000, 2000, 2550))
    expect(receiver.curve('ergometer.run.energy')).toEqual(at(0, 1000, 2000, 2550))
    expect(receiver.curve('ergometer.run.work')).toEqual(at(0, 100, 200, 250))
    expect(receiver.curve('ergometer.run.emissions').map(([, value]) => Number(value.toFixed(9)))).toEqual([
      0, 0.1, 0.2, 0.255,
    ])
    expect(receiver.curve('ergometer.run.score')).toEqual(at(0, 0, 0.5, 0.5).slice(2))
    expect(receiver.curve('hw.power')).toEqual(at(0, 100, 100, 100).slice(1))
    expect(receiver.curve('ergometer.meter.coverage')).toEqual(at(0, 1, 1, 1).slice(1))
    for (const { metric, counts, start } of receiver.points) {
      expect(start).toBe(BEGIN)
      expect([metric, counts]).toEqual([metric, /energy$|emissions$|work$/.test(metric)])
    }
    const energy = receiver.points.find(({ metric }) => metric === 'hw.energy')
    expect(energy).toMatchObject({
      unit: 'J',
      attributes: { 'hw.id': 'GPU-8f3c', 'hw.type': 'gpu', 'hw.name': 'GPU 0' },
    })
  })

  test('goes out under the scope and the resource of the live run', async () => {
    const { url } = await receiving()
    await send(url)
    const [sent] = receiver.requests.at(-1)?.resourceMetrics ?? []
    expect(sent?.scopeMetrics[0]?.scope.name).toBe(SCOPE.name)
    expect(sent?.scopeMetrics[0]?.schemaUrl).toBe(SCOPE.schemaUrl)
    // A journal cannot pass a run for another one.
    expect(receiver.resource).toEqual({
      ...RESOURCE,
      'service.instance.id': 'run-1',
      'host.name': 'node-1',
      'ergometer.run.id': 'run-1',
    })
  })

  test('is the same each time', async () => {
    const { url } = await receiving()
    await send(url)
    const first = receiver.points.splice(0)
    await send(url)
    expect(receiver.points).toEqual(first)
  })

  test('is sent in part, if that is wanted, and still counts since the begin of the run', async () => {
    const { url } = await receiving()
    await send({ url, stepSeconds: 5, from: '2026-11-01T12:00:09Z', until: '2026-11-01T13:00:15.250+01:00' })
    expect(receiver.curve('hw.energy')).toEqual([
      [BEGIN + 10_000, 1000],
      [BEGIN + 15_000, 1500],
    ])
    expect(receiver.points.every(({ start }) => start === BEGIN)).toBe(true)
    await expect(send({ url, from: '2027-01-01T00:00:00Z' })).rejects.toThrow(
      /^otlp: nothing of run run-1 lies from/,
    )
  })

  test('is tried again where the receiver is busy', async () => {
    const { url } = await receiving((number) =>
      number === 0 ? { status: 503, headers: { 'retry-after': '0' } } : {},
    )
    await send(url)
    expect(receiver.paths).toHaveLength(2)
    expect(receiver.curve('hw.energy').at(-1)).toEqual([BEGIN + 25_500, 2550])
  })

  test('goes where the standard variables say', async () => {
    const { url } = await receiving()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${url}/base/`)
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20sesame-open')
    expect(await send(undefined)).toMatch(/\/base\/v1\/metrics$/)
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', `${url}/own`)
    expect(await send(undefined)).toMatch(/\/own$/)
    expect(receiver.paths).toEqual(['/base/v1/metrics', '/own'])
    expect(receiver.headers[0]?.authorization).toBe('Bearer sesame-open')
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'smoke')
    await expect(send(url)).rejects.toMatchObject({
      code: 'EXPORTER_OPTIONS_INVALID',
      message: "otlp: OTEL_EXPORTER_OTLP_PROTOCOL 'smoke': expected http/protobuf, http/json, grpc",
    })
  })
})

describe('what goes wrong', () => {
  async function failure(value: unknown): Promise<string> {
    const error = await send(value).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(ErgometerError)
    expect((error as ErgometerError).code).toBe('EXPORT_FAILED')
    expect((error as Error).message).not.toContain('\n')
    return (error as Error).message
  }

  test('is told in one line, without secrets', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=sesame-open')
    const { url } = await receiving(() => ({ status: 401, body: 'no such key: sesame-open\nfor user' }))
    const secret = url.replace('//', '//user:knock-knock@')
    const line = await failure(`${secret}?token=hush-hush`)
    expect(line).toMatch(
      /^otlp: http:\/\/\*\*\*@127\.0\.0\.1:\d+\/v1\/metrics\?token=\*\*\*: it answered 401 \(no such key: \*\*\*\); check OTEL_EXPORTER_OTLP_HEADERS, and try again: exporting twice changes nothing$/,
    )
    expect(line).not.toMatch(/sesame|knock|hush/)
  })

  test('a receiver that is down', async () => {
    const { url } = await receiving()
    await receiver.close()
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '500')
    expect(await failure(url)).toBe(
      `otlp: ${url}/v1/metrics: nobody listens there; see to it that the receiver is up, and try again: exporting twice changes nothing`,
    )
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc')
    expect(await failure(url)).toMatch(/^otlp: http:\/\/127\.0\.0\.1:\d+: nobody listens there/)
  })

  test('a receiver that takes some points and throws others away', async () => {
    const body = { partialSuccess: { rejectedDataPoints: 3, errorMessage: 'too old' } }
    const { url } = await receiving(() => ({ body }))
    expect(await failure(url)).toMatch(/refused 3 of \d+ points \(too old\); try again/)
  })

  test('a receiver that has a word of warning', async () => {
    const { url } = await receiving(() => ({
      body: { partialSuccess: { errorMessage: 'use another name' } },
    }))
    await send(url)
    expect(logged).toEqual([`otlp: ${url}/v1/metrics says: use another name`])
  })

  test.each([
    ['ftp://host', 'url: expected a base endpoint'],
    [{ url: 'http://host', x: 1 }, 'x: unknown: expected url, protocol, stepSeconds, from, until'],
    [{ protocol: 'smoke' }, 'protocol: expected one of http/protobuf, http/json, grpc'],
    [{ stepSeconds: 0 }, 'stepSeconds: expected a number from 0.1 to 300'],
    [{ from: 'yesterday' }, 'from: expected ISO 8601 with its zone'],
    [[1], 'expected a URL, or {"url": …}'],
  ])('options that make no sense: %j', async (value, message) => {
    await expect(exporterOptions(otlp as never, value)).rejects.toThrow(message)
  })
})

describe('batches', () => {
  function totals(count: number): PastTotals[] {
    const [first, ...rest] = [...runOf(lines()).totals(25 / count)]
    return [first as PastTotals, ...rest]
  }

  test('are bounded, in order of time, and hold everything', () => {
    for (const most of [1, 7, 100, MOST_POINTS]) {
      const batches = [...replayBatches(totals(50), 'mnist', {}, most)]
      const sizes = batches.map(({ scopeMetrics }) =>
        scopeMetrics.metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0),
      )
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most)
      expect(sizes).toEqual(batches.map(({ points }) => points))
      const times = new Map<string, number[]>()
      for (const { descriptor, dataPoints } of batches.flatMap(({ scopeMetrics }) => scopeMetrics.metrics)) {
        const known = times.get(descriptor.name) ?? []
        known.push(...dataPoints.map(({ endTime: [seconds, nanoseconds] }) => seconds + nanoseconds / 1e9))
        times.set(descriptor.name, known)
      }
      expect(times.get(METRICS.hardwareEnergy.name)).toHaveLength(52)
      for (const known of times.values()) expect(known).toEqual([...known].sort((a, b) => a - b))
    }
  })

  test('are taken one by one: none is held', () => {
    let asked = 0
    function* counting() {
      for (const one of totals(200)) {
        asked++
        yield one
      }
    }
    const batches = replayBatches(counting(), 'mnist', {}, 30)
    batches.next()
    expect(asked).toBeLessThan(10)
  })

  test('never go back in time where the clock of the host did, and end with the last totals', () => {
    const setBack = { kind: 'clock', t: 12, monotonic: 1012, wall: new Date(BEGIN - 3_600_000).toISOString() }
    const run = runOf([...lines().slice(0, -1), setBack, { kind: 'end', t: 25.5, status: 'completed' }])
    const [batch] = replayBatches(run.totals(5), 'mnist')
    const energy = batch?.scopeMetrics.metrics.find(({ descriptor }) => descriptor.name === 'hw.energy')
    const points = energy?.dataPoints.map(({ endTime: [seconds, nanoseconds], value }) => [
      seconds * 1000 + nanoseconds / 1e6 - BEGIN,
      value,
    ])
    expect(points).toEqual([
      [0, 0],
      [5000, 500],
      [10_000, 1000],
      [10_001, 2550],
    ])
  })
})
