import { realContext } from '@ergometer/meter'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openAws } from '../src/aws-account.ts'
import type { AwsOptions } from '../src/aws-options.ts'
import type { InstanceModel } from '../src/instance-model.ts'
import { AWS_ENV, CPU_LOAD, gpuLoad, gpuPower, INSTANCE, open, read } from './aws-world.ts'
import { FakeCloudWatch } from './fake-cloudwatch.ts'

const NOW = Date.now() / 1000
/** Begin of a past hour. */
const HOUR = Math.floor(NOW / 3600) * 3600 - 7200

let server: FakeCloudWatch
const options = (more: Partial<AwsOptions> = {}): AwsOptions => ({
  provider: 'aws',
  region: 'eu-west-1',
  instanceId: INSTANCE,
  endpoint: server.address,
  ...more,
})
const window = (from: number, to: number) => ({ from: new Date(from * 1000), to: new Date(to * 1000) })

beforeEach(async () => {
  for (const [name, value] of Object.entries(AWS_ENV)) vi.stubEnv(name, value)
  server = await new FakeCloudWatch().listen()
})

afterEach(async () => {
  await server.close()
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

describe('GPUs of a machine, by the power that its agent tells', () => {
  it('have the watts of each minute times 60 seconds', async () => {
    for (const gpu of [0, 1]) {
      for (let minute = 0; minute < 3; minute++)
        server.put(gpuPower(gpu), HOUR + minute * 60, 100 + 50 * gpu + minute)
    }
    const { meter } = await open(options(), window(HOUR, HOUR + 180))
    expect(meter.domains).toMatchObject([
      {
        id: `${INSTANCE}/gpu-0`,
        kind: 'gpu',
        method: 'measured',
        reads: { quantity: 'interval-energy' },
        updatePeriod: 60,
        lateBy: 180,
        attributes: { 'cloud.provider': 'aws', 'cloud.region': 'eu-west-1', 'host.id': INSTANCE },
      },
      { id: `${INSTANCE}/gpu-1` },
    ])
    // Nobody has said that it is this machine, nor which GPU it is over all meters, nor how well the sensor does.
    for (const domain of meter.domains) {
      expect(domain).not.toHaveProperty('feeds')
      expect(domain).not.toHaveProperty('identity')
      expect(domain).not.toHaveProperty('standardUncertainty')
    }
    const told = await read(meter)
    expect(told.map(({ id, from, to, joules }) => [id.slice(-1), from - HOUR, to - HOUR, joules])).toEqual([
      ['0', 0, 60, 6000],
      ['0', 60, 120, 6060],
      ['0', 120, 180, 6120],
      ['1', 0, 60, 9000],
      ['1', 60, 120, 9060],
      ['1', 120, 180, 9120],
    ])
    meter.close?.()
  })

  it('are the same however the pages are cut, in whatever order points come, and how often', async () => {
    for (let minute = 0; minute < 40; minute++) server.put(gpuPower(0), HOUR + minute * 60, 100 + minute)
    server.pageSize = 7
    server.disorder = true
    server.bare = true
    const { meter } = await open(options(), window(HOUR, HOUR + 2400))
    const told = await read(meter)
    expect(told.map(({ joules }) => joules)).toEqual(
      Array.from({ length: 40 }, (_, minute) => 60 * (100 + minute)),
    )
    expect(server.count('GetMetricData')).toBe(8)
    meter.close?.()
  })

  it('are asked for by all their dimensions, and without a unit', async () => {
    server.put(gpuPower(0), HOUR, 100)
    const { meter } = await open(options(), window(HOUR, HOUR + 60))
    await read(meter)
    const [query] = server.requests.at(-1)?.input.MetricDataQueries ?? []
    expect(query?.MetricStat.Metric).toEqual(gpuPower(0))
    expect(query?.MetricStat).not.toHaveProperty('Unit')
    meter.close?.()
  })

  it('count once where the agent tells of them with more and fewer dimensions, or of all of them as one', async () => {
    const { Dimensions, ...metric } = gpuPower(0)
    server.put(gpuPower(0, { InstanceType: 'p4d.24xlarge' }), HOUR, 100)
    server.put(gpuPower(0), HOUR, 99)
    server.put({ ...metric, Dimensions: Dimensions.slice(0, 1) }, HOUR, 1)
    server.put(gpuPower(0, { InstanceId: 'i-0999999999abcdef0' }), HOUR, 7)
    const { meter } = await open(options(), window(HOUR, HOUR + 60))
    expect((await read(meter)).map(({ joules }) => joules)).toEqual([6000])
    meter.close?.()
  })

  it('are found by their host where the agent does not tell the instance', async () => {
    const { Dimensions, ...metric } = gpuPower(3)
    server.listSize = 1
    server.put(gpuPower(1, { host: 'other' }), HOUR, 5)
    server.put({ ...metric, Dimensions: Dimensions.slice(1) }, HOUR, 100)
    const { meter } = await open(
      options({ host: 'ip-10-0-0-1.eu-west-1.compute.internal' }),
      window(HOUR, HOUR + 60),
    )
    expect((await read(meter)).map(({ id, joules }) => [id, joules])).toEqual([[`${INSTANCE}/gpu-3`, 6000]])
    meter.close?.()
  })

  it('leave what is missing out: a gap is neither bridged nor filled, nor is nonsense power', async () => {
    for (const minute of [0, 1, 4]) server.put(gpuPower(0), HOUR + minute * 60, 100)
    server.put(gpuPower(0), HOUR + 120, -5)
    const { meter } = await open(options(), window(HOUR, HOUR + 300))
    expect((await read(meter)).map(({ from }) => (from - HOUR) / 60)).toEqual([0, 1, 4])
    meter.close?.()
  })
})

describe('a run that is owed readings', () => {
  it('is asked for in its own time alone, and told whole buckets', async () => {
    for (let minute = -5; minute < 10; minute++) server.put(gpuPower(0), HOUR + minute * 60, 100)
    const { meter } = await open(options(), window(HOUR + 90, HOUR + 200))
    const told = await read(meter)
    expect(told.map(({ from, to }) => [from - HOUR, to - HOUR])).toEqual([
      [60, 120],
      [120, 180],
      [180, 240],
    ])
    const [request] = server.requests.filter(({ operation }) => operation === 'GetMetricData')
    expect([request?.input.StartTime, request?.input.EndTime]).toEqual([HOUR + 60, HOUR + 240])
    expect(await read(meter), 'nothing has changed').toEqual([])
    server.put(gpuPower(0), HOUR + 120, 200)
    expect(await read(meter)).toEqual([
      { id: `${INSTANCE}/gpu-0`, from: HOUR + 120, to: HOUR + 180, joules: 12_000 },
    ])
    meter.close?.()
  })

  it('settles a week of minutes of 16 GPUs with two requests', async () => {
    const week = Math.floor(NOW / 3600) * 3600 - 8 * 86_400
    const minutes = 7 * 24 * 60
    for (let gpu = 0; gpu < 16; gpu++) {
      for (let minute = 0; minute < minutes; minute++)
        server.put(gpuPower(gpu), week + minute * 60, 300 + gpu)
    }
    const begin = performance.now()
    const { meter } = await open(options(), window(week, week + minutes * 60))
    const told = await read(meter)
    console.log(`a week of 16 GPUs: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    expect(told).toHaveLength(16 * minutes)
    expect(told.reduce((sum, { joules }) => sum + joules, 0)).toBe(minutes * 60 * (16 * 300 + 120))
    expect(server.count('GetMetricData')).toBe(2)
    expect(server.count('ListMetrics')).toBe(2)
    meter.close?.()
  })

  it('is asked with longer buckets where CloudWatch has no shorter ones any more', async () => {
    const DAY = 86_400
    const long = Math.floor((NOW - 20 * DAY) / 3600) * 3600
    for (let minute = 0; minute < 10; minute++) server.put(gpuPower(0), long + minute * 60, 100 + minute)
    const { meter, said } = await open(options(), window(long, long + 600))
    expect((await read(meter)).map(({ from, to, joules }) => [from - long, to - long, joules])).toEqual([
      [0, 300, 300 * 102],
      [300, 600, 300 * 107],
    ])
    expect(said.map(({ code }) => code)).not.toContain('cloud-data-expired')
    meter.close?.()
  })

  it('says what is forgotten, and leaves it a gap', async () => {
    const old = NOW - 500 * 86_400
    server.put(gpuPower(0), old + 60, 100)
    const { meter, said } = await open(options(), window(old, old + 600))
    expect(await read(meter)).toEqual([])
    expect(said.map(({ code }) => code)).toContain('cloud-data-expired')
    expect(server.count('GetMetricData')).toBe(0)
    meter.close?.()
  })
})

describe('a run that goes on', () => {
  it('is told each minute once it is over, again if it changes, and never of what was before', async () => {
    // Ten seconds after a full minute.
    const begun = Math.floor(NOW / 60) * 60 + 10
    vi.useFakeTimers({ toFake: ['Date'], now: begun * 1000 })
    const clock = { seconds: 0 }
    const minute = (number: number) => begun - 10 + number * 60
    server.now = () => begun + clock.seconds
    for (let number = -10; number < 1; number++) server.put(gpuPower(0), minute(number), 100)
    const opened = await open(options())
    const tell = async (seconds: number) => {
      clock.seconds = opened.clock.seconds = seconds
      return (await read(opened.meter)).map(({ from, joules }) => [(from - minute(0)) / 60, joules])
    }
    expect(await tell(0)).toEqual([])
    expect(await tell(30), 'a minute that goes on').toEqual([])
    expect(await tell(70)).toEqual([[0, 6000]])
    expect(await tell(130)).toEqual([])
    server.put(gpuPower(0), minute(0), 150)
    server.put(gpuPower(0), minute(2), 200)
    expect(await tell(190), 'a revision, and a gap before what is new').toEqual([
      [0, 9000],
      [2, 12_000],
    ])
    server.put(gpuPower(0), minute(1), 300)
    expect(await tell(250), 'a gap that is closed late').toEqual([[1, 18_000]])
    for (let number = 3; number < 40; number++) server.put(gpuPower(0), minute(number), 100)
    await tell(2400)
    const { StartTime = 0, EndTime = 0 } = server.requests.at(-1)?.input ?? {}
    expect(EndTime - StartTime, 'the look back is bounded').toBeLessThanOrEqual(3 * 180 + 120)
    const starts = server.requests.flatMap(({ input }) => input.StartTime ?? [])
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(minute(0))
    opened.meter.close?.()
  })
})

describe('what a model makes of loads', () => {
  const MODEL: InstanceModel = {
    known: 'type',
    vCpus: 8,
    cpu: { idleWatts: 8, peakWatts: 40, relativeUncertainty: 0.3, source: 'a table' },
    memory: { gigabytes: 64, watts: 20, relativeUncertainty: 0.5 } as NonNullable<InstanceModel['memory']>,
    gpu: {
      idleWatts: 46,
      peakWatts: 406,
      relativeUncertainty: 0.2,
      source: 'another',
      count: 2,
      label: 'A100',
    },
  }
  const account = async (more: Partial<AwsOptions> = {}, model = MODEL) => {
    const said: (string | undefined)[] = []
    const types: (string | undefined)[] = []
    const context = realContext({
      window: window(HOUR, HOUR + 600),
      log: (_, details) => said.push(details?.code),
      sysRoot: new URL('./fixtures/sys', import.meta.url).pathname,
    })
    const opened = await openAws(options(more), context, (type) => {
      types.push(type)
      return model
    })
    const buckets = await opened.read(HOUR, HOUR + 600, new AbortController().signal)
    const joules = Object.fromEntries(
      opened.series.map((series, index) => [
        series.domain.id.split('/')[1],
        buckets[index]?.map((bucket) => series.joulesOf(bucket)),
      ]),
    )
    opened.close?.()
    return { domains: opened.series.map(({ domain }) => domain), joules, said, types }
  }

  it('counts the load of the CPU in percent of all vCPUs, every five minutes, and its memory as long', async () => {
    server.put(CPU_LOAD, HOUR, 50)
    server.put(CPU_LOAD, HOUR + 300, 0)
    const { domains, joules } = await account({ instanceType: 'c5.2xlarge' }, {
      ...MODEL,
      gpu: undefined,
    } as never)
    expect(joules).toEqual({ cpu: [300 * 8, 300 * 24], memory: [6000, 6000] })
    expect(domains[0]).toMatchObject({
      kind: 'cpu',
      method: 'modelled',
      updatePeriod: 300,
      lateBy: 420,
      standardUncertainty: { relative: 0.3, shared: 'meter' },
      attributes: { basis: 'a table', 'host.type': 'c5.2xlarge' },
    })
    expect(domains[1]).toMatchObject({
      kind: 'memory',
      standardUncertainty: { relative: 0.5, shared: 'meter' },
    })
  })

  it('sees that a machine is monitored every minute', async () => {
    for (let minute = 0; minute < 10; minute++) server.put(CPU_LOAD, HOUR + minute * 60, 100)
    const { joules, domains } = await account()
    expect(joules['cpu']).toEqual(Array(10).fill(60 * 40))
    expect(domains[0]?.updatePeriod).toBe(60)
  })

  it('models a GPU by its load where no power is told, and only there', async () => {
    server.put(gpuPower(0), HOUR, 333)
    server.put(gpuLoad(0), HOUR, 10)
    server.put(gpuLoad(1, { InstanceType: 'p4d.24xlarge' }), HOUR, 25)
    server.put(gpuLoad(1, { InstanceType: 'p4d.24xlarge' }), HOUR + 60, 250)
    const { domains, joules, types } = await account()
    expect(joules['gpu-0']).toEqual([60 * 333])
    // The load of 250 % is none.
    expect(joules['gpu-1']).toEqual([undefined, 60 * (46 + 0.25 * 360)])
    expect(domains.map(({ method }) => method)).toEqual(['measured', 'modelled', 'modelled', 'modelled'])
    expect(types, 'the agent tells the type').toEqual(['p4d.24xlarge'])
  })

  it('says that GPUs are silent, and that a type is unknown', async () => {
    server.put(CPU_LOAD, HOUR, 50)
    const { said } = await account({ instanceType: 'x9.metal' }, { ...MODEL, known: 'family' })
    expect(said).toEqual(['cloud-gpus-silent', 'instance-type-unknown'])
  })

  it('asks for a metric once, however many domains are made of it', async () => {
    server.put(CPU_LOAD, HOUR, 50)
    await account()
    expect(server.requests.at(-1)?.input.MetricDataQueries).toHaveLength(1)
  })

  it('knows the machine that runs this by what Nitro machines bear, or by the user', async () => {
    const identityOf = async (more: Partial<AwsOptions>) => (await account(more)).domains[0]?.identity
    server.put(gpuPower(0), HOUR, 100)
    expect(await identityOf({})).toBeUndefined()
    expect(await identityOf({ thisHost: true })).toBe('this-host:gpu-0')
    server.put(gpuPower(0, { InstanceId: 'i-0fedcba9876543210' }), HOUR, 100)
    expect(await identityOf({ instanceId: 'i-0fedcba9876543210' })).toBe('this-host:gpu-0')
    expect(await identityOf({ instanceId: 'i-0fedcba9876543210', thisHost: false })).toBeUndefined()
  })

  it('knows a GPU over all meters where its UUID is told', async () => {
    const uuid = 'GPU-6bf47ca9-ad3e-15db-beed-1079a7d74116'
    server.put(gpuPower(0, { uuid }), HOUR, 100)
    expect((await account({ thisHost: true })).domains[0]?.identity).toBe(`gpu:${uuid}`)
  })

  it('waits for a machine of which nothing is told yet', async () => {
    await expect(account({}, { known: 'provider' })).rejects.toMatchObject({
      code: 'CLOUD_DATA_ABSENT',
      outcome: 'retry',
    })
  })
})
