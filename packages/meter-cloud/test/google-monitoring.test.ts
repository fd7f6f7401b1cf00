import { MeterError } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import { openGoogle } from '../src/google-account.ts'
import type { GoogleOptions } from '../src/google-options.ts'
import type { InstanceModel } from '../src/instance-model.ts'
import { CANARY, joulesById, MODEL, minutes, TEN, type TestWorld, testWorld } from './cloud-test-world.ts'
import { GoogleMonitoringServer, refusal } from './google-monitoring.ts'

const CPU = 'compute.googleapis.com/instance/cpu/utilization'
const cpuOnly: InstanceModel = (({ gpu: _, memory: __, ...rest }) => rest)(MODEL)

function open(server: GoogleMonitoringServer, world: TestWorld = testWorld({ model: cpuOnly })) {
  const options: GoogleOptions = {
    provider: 'gcp',
    project: 'my-project',
    instanceId: '4520031799277581759',
    endpoint: server.address,
  }
  return openGoogle(options, world.context, world.world)
}

async function started(...values: readonly number[]): Promise<GoogleMonitoringServer> {
  const server = await new GoogleMonitoringServer().start()
  server.store(CPU, {}, minutes(TEN, ...values))
  return server
}

async function thrown(promise: Promise<unknown>): Promise<MeterError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(MeterError.isInstance(error)).toBe(true)
  return error as MeterError
}

const tooMany = (retryAfter?: string) => ({
  ...refusal(429, 'RESOURCE_EXHAUSTED', "Quota exceeded for quota metric 'Time series queries'"),
  ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
})

describe('a query', () => {
  it('names one metric and the instance, in means of whole minutes', async () => {
    const server = await started(0.5)
    const account = await open(server)
    server.asked.splice(0)
    await joulesById(account, TEN + 3, TEN + 61)
    expect(server.asked.map(({ method, path, query }) => [method, path, Object.fromEntries(query)])).toEqual([
      [
        'GET',
        '/v3/projects/my-project/timeSeries',
        {
          filter: `metric.type = "${CPU}" AND resource.type = "gce_instance" AND resource.labels.instance_id = "4520031799277581759"`,
          'interval.startTime': '2026-11-29T10:00:00.000Z',
          'interval.endTime': '2026-11-29T10:02:00.000Z',
          'aggregation.alignmentPeriod': '60s',
          'aggregation.perSeriesAligner': 'ALIGN_MEAN',
          view: 'FULL',
          pageSize: '50000',
          prettyPrint: 'false',
        },
      ],
    ])
  })

  it('follows all pages, newest first, however a series is cut', async () => {
    const server = await started(...Array.from({ length: 100 }, (_, index) => index / 100))
    server.pageSize = 7
    const account = await open(server, testWorld({ model: cpuOnly, now: TEN + 6000 }))
    server.asked.splice(0)
    // The mean of 0 to 0.99 is 0.495: 59.5 W.
    expect((await joulesById(account, TEN, TEN + 6000))['4520031799277581759/cpu']).toBeCloseTo(
      59.5 * 6000,
      6,
    )
    expect(server.asked).toHaveLength(15)
  })

  it('of a week of minutes of 16 GPUs is a few requests, and done in seconds', async () => {
    const server = await new GoogleMonitoringServer().start()
    const week = minutes(TEN, ...Array.from({ length: 7 * 1440 }, () => 250))
    for (let gpu = 0; gpu < 16; gpu++) {
      server.store('compute.googleapis.com/instance/gpu/power_consumption', { gpu_number: String(gpu) }, week)
    }
    const world = testWorld({ model: { known: 'provider' }, now: TEN + 7 * 86_400 })
    const kept = new Map<string, string>()
    // The second time the pages come at once, so that the time is ours alone.
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const text = kept.get(String(url)) ?? (await (await globalThis.fetch(url, init)).text())
      kept.set(String(url), text)
      return new Response(text)
    }
    const account = await open(server, { ...world, context: { ...world.context, fetch } })
    const read = () => account.read(TEN, TEN + 7 * 86_400, new AbortController().signal)
    server.asked.splice(0)
    await read()
    expect(server.asked).toHaveLength(4)
    const begun = performance.now()
    const buckets = await read()
    expect(performance.now() - begun).toBeLessThan(10_000)
    expect(buckets.map((ones) => ones.length)).toEqual(Array.from({ length: 16 }, () => 7 * 1440))
  })

  it('gives up on pages that lead to each other', async () => {
    const server = await started(0.5)
    const loop = { body: { timeSeries: [], nextPageToken: 'again' } }
    server.instead.push(loop, loop)
    expect((await thrown(open(server))).code).toBe('CLOUD_REPLY_INVALID')
  })

  it('tells all minutes that have a part in its window, however little', async () => {
    const server = await started(0.1, 0.2, 0.3, 0.4)
    const account = await open(server)
    const [buckets = []] = await account.read(TEN + 61, TEN + 181, new AbortController().signal)
    expect(buckets.map(({ from, to }) => [from - TEN, to - TEN])).toEqual([
      [180, 240],
      [120, 180],
      [60, 120],
    ])
  })

  it('says what a reply leaves out, and keeps the rest', async () => {
    const server = await started(0.5)
    server.executionErrors = [{ code: 4, message: 'deadline exceeded in us-east1' }]
    const world = testWorld({ model: cpuOnly })
    const account = await open(server, world)
    expect(await joulesById(account, TEN, TEN + 60)).toEqual({ '4520031799277581759/cpu': 3600 })
    expect(world.logged.map(({ code }) => code)).toContain('cloud-reply-partial')
  })

  it('of what is older than six weeks says that it is lost, and asks for the rest', async () => {
    const server = await started(0.5)
    const now = TEN + 42 * 86_400
    const world = testWorld({
      model: cpuOnly,
      now,
      window: { from: new Date(TEN * 1000), to: new Date((TEN + 600) * 1000) },
    })
    const account = await open(server, world)
    await joulesById(account, TEN - 7200, TEN + 60)
    expect(server.asked.at(-1)?.query.get('interval.startTime')).toBe('2026-11-29T10:00:00.000Z')
    expect(world.logged).toMatchObject([{ code: 'cloud-data-expired', severity: 'warning' }])
    server.asked.splice(0)
    await joulesById(account, TEN - 7200, TEN - 3600)
    expect(server.asked).toEqual([])
  })

  it('looks for what is there in the time of the run that it is to tell of', async () => {
    const server = await started(0.5)
    await open(
      server,
      testWorld({
        model: cpuOnly,
        now: TEN + 86_400,
        window: { from: new Date((TEN - 60) * 1000), to: new Date((TEN + 120) * 1000) },
      }),
    )
    expect(server.asked[0]?.query.get('interval.startTime')).toBe('2026-11-29T09:59:00.000Z')
    expect(server.asked[0]?.query.get('interval.endTime')).toBe('2026-11-29T10:02:00.000Z')
  })
})

describe('a token', () => {
  it('that is refused is replaced once, and the query goes on', async () => {
    const server = await started(0.5)
    server.token = 'new'
    const world = testWorld({ model: cpuOnly, tokens: ['expired', 'new'] })
    const account = await open(server, world)
    expect(world.asked).toEqual([false, true])
    expect(account.series).toHaveLength(1)
  })

  it('that expires between two pages costs nothing of either', async () => {
    const server = await started(0.5, 0.5, 0.5)
    const account = await open(server)
    server.pageSize = 1
    server.instead.push(undefined, refusal(401, 'UNAUTHENTICATED', 'expired'))
    expect(await joulesById(account, TEN, TEN + 180)).toEqual({ '4520031799277581759/cpu': 60 * 180 })
  })

  it('that is refused again is an error that says what to look at', async () => {
    const server = await started(0.5)
    server.token = 'other'
    const error = await thrown(open(server))
    expect(error).toMatchObject({ code: 'CLOUD_TOKEN_REFUSED', outcome: 'retry' })
    expect(server.asked).toHaveLength(2)
  })

  it('stands in no message, though the service says it back', async () => {
    const server = await started(0.5)
    const world = testWorld({ model: cpuOnly })
    const echo = `denied for Bearer ${CANARY} at ${'x'.repeat(170)} ${CANARY}`
    for (const status of [400, 401, 403, 404, 429, 500]) {
      server.instead.push(...Array.from({ length: 4 }, () => refusal(status, 'ANY', echo)))
      const error = await thrown(open(server, world))
      expect(
        JSON.stringify([error, error.message, error.fixes, String(error.cause), world.logged]),
      ).not.toMatch(/canary|ya29/)
      server.instead.splice(0)
    }
  })
})

describe('a service that does not answer', () => {
  it('is asked again when it says so', async () => {
    const server = await started(0.5)
    server.instead.push(tooMany('3'), refusal(503, 'UNAVAILABLE', 'later'), tooMany())
    const world = testWorld({ model: cpuOnly })
    expect((await open(server, world)).series).toHaveLength(1)
    expect(world.waited).toEqual([3, 1, 2])
  })

  it('is left alone for as long as it asks for, and nobody waits for long', async () => {
    const server = await started(0.5)
    const account = await open(server)
    server.instead.push(tooMany('3600'))
    const asked = server.asked.length
    const first = await thrown(joulesById(account, TEN, TEN + 60))
    expect(first).toMatchObject({ code: 'CLOUD_THROTTLED', outcome: 'retry' })
    expect((await thrown(joulesById(account, TEN, TEN + 60))).message).toMatch(/another 3600 s/)
    expect(server.asked).toHaveLength(asked + 1)
  })

  it('is unreachable, and may be reached later', async () => {
    const world = testWorld({ model: cpuOnly })
    const options: GoogleOptions = {
      provider: 'gcp',
      project: 'my-project',
      instanceId: '1',
      endpoint: 'http://127.0.0.1:9',
    }
    expect(await thrown(openGoogle(options, world.context, world.world))).toMatchObject({
      code: 'CLOUD_UNREACHABLE',
      outcome: 'retry',
    })
  })

  it('forbids it: the role that is needed is named; at first that is a mistake, later it may pass', async () => {
    const server = await started(0.5)
    const denied = refusal(403, 'PERMISSION_DENIED', 'Permission monitoring.timeSeries.list denied')
    server.instead.push(denied)
    const first = await thrown(open(server))
    expect(first).toMatchObject({ code: 'CLOUD_REFUSED', outcome: 'fatal' })
    expect(first.message).toContain('roles/monitoring.viewer')
    const account = await open(server)
    server.instead.push(denied)
    expect((await thrown(joulesById(account, TEN, TEN + 60))).outcome).toBe('retry')
  })

  it('leads elsewhere: the token does not go there', async () => {
    const server = await started(0.5)
    server.instead.push({ status: 302, headers: { location: `${server.address}/elsewhere` }, body: {} })
    expect((await thrown(open(server))).code).toBe('CLOUD_REFUSED')
    expect(server.asked).toHaveLength(1)
  })

  it('is given up when nobody waits any more', async () => {
    const server = await started(0.5)
    const account = await open(server)
    const gone = new AbortController()
    gone.abort(new Error('enough'))
    await expect(account.read(TEN, TEN + 60, gone.signal)).rejects.toThrow('enough')
  })
})
