import { MeterError } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import { openAzure } from '../src/azure-account.ts'
import type { AzureOptions } from '../src/azure-options.ts'
import type { CloudAccount } from '../src/cloud-account.ts'
import type { InstanceModel } from '../src/instance-model.ts'
import { AzureMonitorServer, azureRefusal, MACHINE, SUBSCRIPTION, WORKSPACE } from './azure-monitor.ts'
import { CANARY, joulesById, MODEL, TEN, type TestWorld, testWorld } from './cloud-test-world.ts'

const cpuOnly: InstanceModel = (({ gpu: _, memory: __, ...rest }) => rest)(MODEL)
const withoutMemory: InstanceModel = (({ memory: _, ...rest }) => rest)(MODEL)

function machine(
  server: AzureMonitorServer,
  world: TestWorld = testWorld({ model: cpuOnly }),
): Promise<CloudAccount> {
  const options: AzureOptions = { provider: 'azure', resourceId: MACHINE, endpoint: server.address }
  return openAzure(options, world.context, world.world)
}

function run(
  server: AzureMonitorServer,
  world: TestWorld = testWorld({ model: withoutMemory }),
): Promise<CloudAccount> {
  const options: AzureOptions = {
    provider: 'azure',
    workspace: WORKSPACE,
    runId: 'run_7',
    endpoint: server.address,
  }
  return openAzure(options, world.context, world.world)
}

async function thrown(promise: Promise<unknown>): Promise<MeterError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(MeterError.isInstance(error)).toBe(true)
  return error as MeterError
}

/** A figure for each minute from `first` on. */
function each(first: number, ...figures: readonly (number | undefined)[]): [number, number][] {
  return figures.flatMap((figure, index): [number, number][] =>
    figure === undefined ? [] : [[first + 60 * index, figure]],
  )
}

describe('a virtual machine', () => {
  it('is modelled by its percentage: 25 and 100 % of 10 to 110 W are 35 and 110 W; empty buckets are gaps', async () => {
    const server = await new AzureMonitorServer().start()
    server.store('Percentage CPU', {}, each(TEN, 25, undefined, 100), 'Percent')
    const account = await machine(server)
    const [buckets = []] = await account.read(TEN, TEN + 300, new AbortController().signal)
    expect(buckets.map(({ from, to }) => [from - TEN, to - TEN])).toEqual([
      [0, 60],
      [120, 180],
    ])
    expect(await joulesById(account, TEN, TEN + 300)).toEqual({ 'trainer/cpu': 35 * 60 + 110 * 60 })
    expect(account.series.map(({ domain }) => domain)).toEqual([
      {
        id: 'trainer/cpu',
        kind: 'cpu',
        label: 'CPU (8 vCPUs) of trainer (model)',
        method: 'modelled',
        reads: { quantity: 'interval-energy' },
        updatePeriod: 60,
        lateBy: 300,
        standardUncertainty: { relative: 0.3, shared: 'meter' },
        attributes: {
          'cloud.provider': 'azure',
          'cloud.account.id': SUBSCRIPTION,
          'cloud.resource_id': MACHINE,
          'cloud.region': 'westeurope',
          'ergometer.cloud.metric': 'Percentage CPU',
          basis: 'test',
        },
      },
    ])
  })

  it('is asked for as documented', async () => {
    const server = await new AzureMonitorServer().start()
    const account = await machine(server)
    server.asked.splice(0)
    await account.read(TEN + 30, TEN + 90, new AbortController().signal)
    expect(server.asked.map(({ method, path, query }) => [method, path, Object.fromEntries(query)])).toEqual([
      [
        'GET',
        `${MACHINE}/providers/microsoft.insights/metrics`,
        {
          'api-version': '2023-10-01',
          metricnames: 'Percentage CPU',
          timespan: '2026-11-29T10:00:00.000Z/2026-11-29T10:02:00.000Z',
          interval: 'PT1M',
          aggregation: 'Average',
        },
      ],
    ])
  })

  it('is asked for day by day, so that replies stay small', async () => {
    const server = await new AzureMonitorServer().start()
    const week = Array.from({ length: 7 * 1440 }, () => 50)
    server.store('Percentage CPU', {}, each(TEN, ...week), 'Percent')
    const account = await machine(server, testWorld({ model: cpuOnly, now: TEN + 7 * 86_400 }))
    server.asked.splice(0)
    expect(await joulesById(account, TEN, TEN + 7 * 86_400)).toEqual({ 'trainer/cpu': 60 * 7 * 86_400 })
    expect(server.asked).toHaveLength(7)
  })

  it('has GPUs of which nothing is told, which is said; and memory beside its CPU', async () => {
    const server = await new AzureMonitorServer().start()
    server.store('Percentage CPU', {}, each(TEN, 0))
    const world = testWorld()
    expect(await joulesById(await machine(server, world), TEN, TEN + 60)).toEqual({
      'trainer/cpu': 600,
      'trainer/memory': 2400,
    })
    expect(world.logged).toMatchObject([{ code: 'cloud-gpus-silent' }])
  })

  it('of what is older than 93 days says that it is lost', async () => {
    const server = await new AzureMonitorServer().start()
    const world = testWorld({
      model: cpuOnly,
      now: TEN + 93 * 86_400,
      window: { from: new Date(TEN * 1000), to: new Date((TEN + 60) * 1000) },
    })
    const account = await machine(server, world)
    world.logged.splice(0)
    await account.read(TEN - 60, TEN + 60, new AbortController().signal)
    expect(server.asked.at(-1)?.query.get('timespan')).toBe(
      '2026-11-29T10:00:00.000Z/2026-11-29T10:01:00.000Z',
    )
    expect(world.logged).toMatchObject([{ code: 'cloud-data-expired' }])
  })

  it('is left out in a unit that it cannot have, with a word', async () => {
    const server = await new AzureMonitorServer().start()
    server.store('Percentage CPU', {}, each(TEN, 25), 'Bytes')
    const world = testWorld({ model: cpuOnly })
    expect(await joulesById(await machine(server, world), TEN, TEN + 60)).toEqual({ 'trainer/cpu': 0 })
    expect(world.logged.map(({ code }) => code)).toContain('cloud-unit-unknown')
  })

  it('is taken where Azure says that a metric has no unit', async () => {
    const server = await new AzureMonitorServer().start()
    server.store('Percentage CPU', {}, each(TEN, 25), 'Unspecified')
    const world = testWorld({ model: cpuOnly })
    const joules = await joulesById(await machine(server, world), TEN, TEN + 60)
    expect(joules['trainer/cpu']).toBeGreaterThan(0)
    expect(world.logged).toEqual([])
  })

  it('is told in longer buckets where the reply says so', async () => {
    const server = await new AzureMonitorServer().start()
    const account = await machine(server)
    server.instead.push({
      body: {
        interval: 'PT5M',
        value: [
          {
            name: { value: 'Percentage CPU' },
            timeseries: [{ data: [{ timeStamp: '2026-11-29T10:00:00Z', average: 50 }] }],
          },
        ],
      },
    })
    expect(await joulesById(account, TEN, TEN + 300)).toEqual({ 'trainer/cpu': 60 * 300 })
  })
})

describe('a run of Azure Machine Learning', () => {
  const gpu = (instance: string, device: string, id = 'run_7') => ({
    runId: id,
    InstanceId: instance,
    DeviceId: device,
  })

  it('has the energy of each GPU as it is reported, in joules of a minute; absent minutes are gaps', async () => {
    const server = await new AzureMonitorServer().start()
    server.store('GpuEnergyJoules', gpu('node-a', '0'), each(TEN, 18_000, undefined, 15_000), 'Count')
    server.store('GpuEnergyJoules', gpu('node-a', '1'), each(TEN, 6000))
    server.store('GpuEnergyJoules', gpu('node-b', '0'), each(TEN, 1234.5))
    server.store('GpuEnergyJoules', gpu('node-a', '0', 'another_run'), each(TEN, 99_000))
    const account = await run(server)
    expect(await joulesById(account, TEN, TEN + 300)).toEqual({
      'run_7/node-a/0/gpu': 33_000,
      'run_7/node-a/1/gpu': 6000,
      'run_7/node-b/0/gpu': 1234.5,
    })
    expect(account.series.map(({ domain }) => domain.method)).toEqual(['reported', 'reported', 'reported'])
    expect(account.series[0]?.domain.standardUncertainty).toBeUndefined()
    expect(account.series[0]?.domain.attributes).toMatchObject({
      'ergometer.cloud.job': 'run_7',
      'cloud.region': 'westeurope',
    })
  })

  it('has them all, though a query without a limit tells of ten', async () => {
    const server = await new AzureMonitorServer().start()
    for (let device = 0; device < 16; device++)
      server.store('GpuEnergyJoules', gpu('n', String(device)), each(TEN, 100))
    const joules = await joulesById(await run(server), TEN, TEN + 60)
    expect(Object.values(joules)).toEqual(Array.from({ length: 16 }, () => 100))
    const query = server.asked[0]?.query as URLSearchParams
    expect(query.get('$filter')).toBe("runId eq 'run_7' and InstanceId eq '*' and DeviceId eq '*'")
    expect(query.get('aggregation')).toBe('Total')
  })

  it('is modelled by load only where no energy is reported, and nothing is there twice', async () => {
    const server = await new AzureMonitorServer().start()
    const loads = (device: string, ...figures: number[]) =>
      server.store(
        'GpuUtilizationPercentage',
        { RunId: 'run_7', InstanceId: 'n', DeviceId: device },
        each(TEN, ...figures),
        'Count',
      )
    server.store('GpuEnergyJoules', gpu('n', '0'), each(TEN, 18_000))
    loads('0', 100)
    loads('1', 50)
    server.store('CpuUtilizationPercentage', { RunId: 'run_7', InstanceId: 'n' }, each(TEN, 10), 'Count')
    const account = await run(server, testWorld())
    expect(await joulesById(account, TEN, TEN + 60)).toEqual({
      'run_7/n/0/gpu': 18_000,
      'run_7/n/1/gpu': 250 * 60,
      'run_7/n/cpu': 20 * 60,
      'run_7/n/memory': 40 * 60,
    })
    expect(account.series.map(({ domain }) => domain.method)).toEqual([
      'reported',
      'modelled',
      'modelled',
      'modelled',
    ])
  })

  it('says that it does not know a GPU of which only the load is told', async () => {
    const server = await new AzureMonitorServer().start()
    server.store(
      'GpuUtilizationPercentage',
      { RunId: 'run_7', InstanceId: 'n', DeviceId: '0' },
      each(TEN, 50),
    )
    const world = testWorld({ model: { known: 'provider' } })
    expect((await thrown(run(server, world))).code).toBe('CLOUD_DATA_ABSENT')
    expect(world.logged).toMatchObject([{ code: 'gpu-model-unknown' }])
  })

  it('of which nothing is told yet is looked for again', async () => {
    const server = await new AzureMonitorServer().start()
    expect(await thrown(run(server))).toMatchObject({ code: 'CLOUD_DATA_ABSENT', outcome: 'retry' })
  })
})

describe('Azure Monitor', () => {
  it('knows a name however it is encoded', async () => {
    const server = await new AzureMonitorServer().start()
    server.store('Percentage CPU', {}, each(TEN, 25))
    const query =
      'api%2Dversion=2023-10-01&metricnames=Percentage%20CPU&timespan=2026-11-29T10:00:00Z/2026-11-29T10:01:00Z&interval=PT1M&aggregation=Average'
    const reply = await fetch(`${server.address}${MACHINE}/providers/microsoft.insights/metrics?${query}`)
    expect(await reply.json()).toMatchObject({ value: [{ timeseries: [{ data: [{ average: 25 }] }] }] })
  })

  it('replaces a token that has expired once', async () => {
    const server = await new AzureMonitorServer().start()
    server.token = 'new'
    const world = testWorld({ model: cpuOnly, tokens: ['expired', 'new'] })
    expect((await machine(server, world)).series).toHaveLength(1)
    expect(world.asked).toEqual([false, true])
  })

  it('is asked again when it is overloaded: 429 and 529, after what it asks for', async () => {
    const server = await new AzureMonitorServer().start()
    server.instead.push(
      azureRefusal(429, 'TooManyRequests', 'slow down', { 'retry-after': '7' }),
      azureRefusal(529, 'ServerOverloaded', 'later', {
        'retry-after': 'Sun, 29 Nov 2026 10:00:09 GMT',
        date: 'Sun, 29 Nov 2026 10:00:00 GMT',
      }),
      azureRefusal(529, 'ServerOverloaded', 'later'),
    )
    const world = testWorld({ model: cpuOnly })
    expect((await machine(server, world)).series).toHaveLength(1)
    expect(world.waited).toEqual([7, 9, 2])
  })

  it('names the role that is needed, and no token', async () => {
    const server = await new AzureMonitorServer().start()
    server.instead.push(
      azureRefusal(403, 'AuthorizationFailed', `The client with ${CANARY} does not have authorization`),
    )
    const error = await thrown(machine(server))
    expect(error).toMatchObject({ code: 'CLOUD_REFUSED', outcome: 'fatal' })
    expect(error.message).toContain('Monitoring Reader')
    expect(error.message).not.toMatch(/canary/)
  })
})
