import { MeterError } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import type { CloudAccount } from '../src/cloud-account.ts'
import { openGoogle } from '../src/google-account.ts'
import type { GoogleOptions } from '../src/google-options.ts'
import type { InstanceModel } from '../src/instance-model.ts'
import { joulesById, MODEL, minutes, TEN, type TestWorld, testWorld } from './cloud-test-world.ts'
import { GoogleMonitoringServer, instance } from './google-monitoring.ts'

const CPU = 'compute.googleapis.com/instance/cpu/utilization'
const POWER = 'compute.googleapis.com/instance/gpu/power_consumption'
const AGENT = 'agent.googleapis.com/gpu/utilization'
const ID = '4520031799277581759'
const UUID = 'GPU-8a56a4bc-e184-a047-2620-be19fdf913d5'
const never = new AbortController().signal

function options(address: string, more: Partial<GoogleOptions> = {}): GoogleOptions {
  const resource = more.job === undefined && more.tpu === undefined ? { instanceId: ID } : {}
  return { provider: 'gcp', project: 'my-project', endpoint: address, ...resource, ...more }
}

async function opened(
  server: GoogleMonitoringServer,
  world: TestWorld = testWorld(),
  more: Partial<GoogleOptions> = {},
): Promise<CloudAccount> {
  return openGoogle(options(server.address, more), world.context, world.world)
}

/** What opening throws. */
async function thrown(promise: Promise<unknown>): Promise<MeterError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(MeterError.isInstance(error)).toBe(true)
  return error as MeterError
}

/** Joules by the domain's place within its resource. */
async function joulesOf(account: CloudAccount, from: number, to: number): Promise<Record<string, number>> {
  const joules = Object.entries(await joulesById(account, from, to))
  return Object.fromEntries(joules.map(([id, one]) => [id.slice(id.indexOf('/') + 1), one]))
}

const cpuOnly: InstanceModel = (({ gpu: _, memory: __, ...rest }) => rest)(MODEL)
const withoutMemory: InstanceModel = (({ memory: _, ...rest }) => rest)(MODEL)

describe('the CPU of an instance', () => {
  it('is told as a fraction: 0.25 and 1.2 of 10 to 110 W are 35 and 110 W', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, { instance_name: 'trainer' }, minutes(TEN, 0.25, 1.2), { unit: '10^2.%' })
    const account = await opened(server, testWorld({ model: cpuOnly }))
    expect(await joulesOf(account, TEN, TEN + 120)).toEqual({ cpu: 35 * 60 + 110 * 60 })
  })

  it('is a domain that is modelled, late by 4 minutes, of whole minutes, with the uncertainty of its model', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0.5))
    const account = await opened(server, testWorld({ model: cpuOnly }), { instanceType: 'n2-standard-8' })
    expect(account.series.map(({ domain }) => domain)).toEqual([
      {
        id: `${ID}/cpu`,
        kind: 'cpu',
        label: `CPU (8 vCPUs) of ${ID} (model)`,
        method: 'modelled',
        reads: { quantity: 'interval-energy' },
        updatePeriod: 60,
        lateBy: 240,
        standardUncertainty: { relative: 0.3, shared: 'meter' },
        attributes: {
          'cloud.provider': 'gcp',
          'cloud.account.id': 'my-project',
          'cloud.region': 'us-central1',
          'host.id': ID,
          'host.type': 'n2-standard-8',
          'ergometer.cloud.metric': CPU,
          basis: 'test',
        },
      },
    ])
  })

  it('is unknown in a minute of which nothing is told, and is not joined over it', async () => {
    const server = await new GoogleMonitoringServer().start()
    const [first, , third] = minutes(TEN, 0.5, 0.5, 0.5) as [
      [number, number],
      [number, number],
      [number, number],
    ]
    server.store(CPU, {}, [first, third])
    const account = await opened(server, testWorld({ model: cpuOnly }))
    const [buckets] = await account.read(TEN, TEN + 180, never)
    expect(buckets?.map(({ from, to }) => [from - TEN, to - TEN])).toEqual([
      [120, 180],
      [0, 60],
    ])
  })

  it('has the memory beside it, at its own watts, in minutes in which the instance was up', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0, 0))
    const account = await opened(server, testWorld({ model: { ...MODEL, gpu: undefined } as never }))
    expect(await joulesOf(account, TEN, TEN + 300)).toEqual({ cpu: 10 * 120, memory: 40 * 120 })
  })

  it('counts in the unit that the reply names, and is left out in one that it cannot have', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 25), { unit: '%' })
    const world = testWorld({ model: cpuOnly })
    expect(await joulesOf(await opened(server, world), TEN, TEN + 60)).toEqual({ cpu: 35 * 60 })
    server.stored.splice(0)
    server.store(CPU, {}, minutes(TEN, 25), { unit: 'W' })
    expect(await joulesOf(await opened(server, world), TEN, TEN + 60)).toEqual({ cpu: 0 })
    expect(world.logged.map(({ code }) => code)).toContain('cloud-unit-unknown')
  })

  it('is absent where the instance type is unknown, which is said', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0.5))
    const world = testWorld({ model: { known: 'provider' } })
    const error = await thrown(opened(server, world))
    expect(error).toMatchObject({ code: 'CLOUD_DATA_ABSENT', outcome: 'retry' })
    expect(world.logged).toMatchObject([{ code: 'instance-type-unknown', severity: 'warning' }])
  })

  it('is that of the instance asked for, and of no other: a new one is awaited, with a word', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 1), { resource: instance('1') })
    const world = testWorld({ model: cpuOnly })
    const account = await opened(server, world)
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({ cpu: 0 })
    expect(world.logged).toMatchObject([{ code: 'cloud-data-absent' }])
    server.store(CPU, {}, minutes(TEN, 1))
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({ cpu: 6600 })
  })
})

describe('the GPUs of an instance', () => {
  it('are measured where their power is told: 300 W and 0.7 kW', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0))
    server.store(POWER, { gpu_number: '1', uuid: UUID }, minutes(TEN, 0.7), { unit: 'kW' })
    server.store(POWER, { gpu_number: '0' }, minutes(TEN, 300, 100))
    server.store(AGENT, { gpu_number: '0', model: 'NVIDIA H100' }, minutes(TEN, 100))
    const account = await opened(server, testWorld({ model: withoutMemory }))
    expect(await joulesOf(account, TEN, TEN + 120)).toEqual({
      cpu: 600,
      'gpu-0': 300 * 60 + 100 * 60,
      'gpu-1': 700 * 60,
    })
    expect(account.series.map(({ domain: { id, method, identity } }) => [id, method, identity])).toEqual([
      [`${ID}/cpu`, 'modelled', undefined],
      [`${ID}/gpu-0`, 'measured', undefined],
      [`${ID}/gpu-1`, 'measured', `gpu:${UUID}`],
    ])
    expect(account.series.every(({ domain }) => domain.feeds === undefined)).toBe(true)
  })

  it('of the machine that runs this may be what another meter here tells too', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0))
    server.store(POWER, { gpu_number: '0', uuid: UUID }, minutes(TEN, 100))
    server.store(POWER, { gpu_number: '1' }, minutes(TEN, 100))
    const account = await opened(server, testWorld({ model: withoutMemory }), { thisHost: true })
    expect(account.series.map(({ domain }) => domain.identity)).toEqual([
      'this-host:cpu',
      `gpu:${UUID}`,
      'this-host:gpu-1',
    ])
  })

  it('are modelled by their load, a percentage, where only that is told: half of 50 to 450 W', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0))
    server.store(AGENT, { gpu_number: '0', model: 'Tesla T4', uuid: UUID }, minutes(TEN, 50), { unit: '%' })
    server.store(AGENT, { gpu_number: '1', model: 'Tesla T4' }, minutes(TEN, 0))
    const account = await opened(server, testWorld({ model: withoutMemory }))
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({
      cpu: 600,
      'gpu-0': 250 * 60,
      'gpu-1': 50 * 60,
    })
    expect(account.series[1]?.domain).toMatchObject({
      kind: 'gpu',
      label: `Tesla T4 of ${ID} (model)`,
      method: 'modelled',
      identity: `gpu:${UUID}`,
      standardUncertainty: { relative: 0.25, shared: 'meter' },
    })
  })

  it('keep their numbers where labels have none, and when one of them falls silent', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(POWER, { device: 'b' }, minutes(TEN, 200, 200))
    server.store(POWER, { device: 'a' }, minutes(TEN, 100))
    const account = await opened(server, testWorld({ model: { known: 'provider' } }))
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({ 'gpu-0': 6000, 'gpu-1': 12000 })
    server.stored.pop()
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({ 'gpu-0': 0, 'gpu-1': 12000 })
  })

  it('are there before anything is told of them, and unknown until then', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0))
    const world = testWorld({ model: withoutMemory })
    const account = await opened(server, world, { instanceType: 'a3-megagpu-8g' })
    expect(account.series.map(({ domain: { id, method } }) => [id, method])).toEqual([
      [`${ID}/cpu`, 'modelled'],
      [`${ID}/gpu-0`, 'measured'],
      [`${ID}/gpu-1`, 'measured'],
    ])
    expect(world.logged).toMatchObject([{ code: 'cloud-gpus-silent' }])
    server.store(POWER, { gpu_number: '1' }, minutes(TEN, 500))
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({ cpu: 600, 'gpu-0': 0, 'gpu-1': 30_000 })
  })

  it('are left out, with a word, where their load is told but not what they are', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(CPU, {}, minutes(TEN, 0))
    server.store(AGENT, { gpu_number: '0' }, minutes(TEN, 50))
    const world = testWorld({ model: { ...cpuOnly, known: 'family' } })
    expect((await opened(server, world)).series).toHaveLength(1)
    expect(world.logged.map(({ code }) => code)).toEqual(['instance-type-unknown', 'gpu-model-unknown'])
  })
})

describe('a custom job of Vertex AI', () => {
  const node = (task: string, job = '4512620604880322560') => ({
    resource: {
      type: 'cloudml_job',
      labels: { project_id: 'my-project', job_id: job, region: 'europe-west1', task_name: task },
    },
  })

  it('has CPU, memory and all accelerators of each node', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store('ml.googleapis.com/training/cpu/utilization', {}, minutes(TEN, 0.5), node('workerpool0-0'))
    server.store('ml.googleapis.com/training/cpu/utilization', {}, minutes(TEN, 1), node('workerpool1-0'))
    server.store(
      'ml.googleapis.com/training/accelerator/utilization',
      {},
      minutes(TEN, 0.75),
      node('workerpool0-0'),
    )
    server.store(
      'ml.googleapis.com/training/accelerator/utilization',
      {},
      minutes(TEN, 1),
      node('workerpool0-0', '1'),
    )
    const account = await opened(server, testWorld(), { job: '4512620604880322560' })
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({
      'workerpool0-0/cpu': 60 * 60,
      'workerpool1-0/cpu': 110 * 60,
      'workerpool0-0/gpu': 2 * 350 * 60,
      'workerpool0-0/memory': 40 * 60,
      'workerpool1-0/memory': 40 * 60,
    })
    expect(account.series.every(({ domain }) => domain.method === 'modelled')).toBe(true)
    expect(account.series[0]?.domain.attributes).toMatchObject({ 'cloud.region': 'europe-west1' })
  })
})

describe('a TPU', () => {
  const MXU = 'tpu.googleapis.com/tpu/mxu/utilization'
  const worker = (worker_id: string) => ({
    resource: {
      type: 'tpu_worker',
      labels: { project_id: 'my-project', zone: 'europe-west4-a', node_id: 'my-tpu', worker_id },
    },
  })

  it('takes the published mean of its chips while any of its cores computes: 4 of 283 W', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(MXU, { core: '0' }, minutes(TEN, 30, 0, 20), worker('0'))
    server.store(MXU, { core: '1' }, minutes(TEN, 0, 0, 10), worker('0'))
    server.store(MXU, { core: '0' }, minutes(TEN, 30), worker('1'))
    const account = await opened(server, testWorld(), { tpu: 'my-tpu', acceleratorType: 'v3-16' })
    expect(await joulesOf(account, TEN, TEN + 180)).toEqual({
      'worker-0': 4 * 283 * 120,
      'worker-1': 4 * 283 * 60,
    })
    expect(account.series[0]?.domain).toMatchObject({ kind: 'accelerator', method: 'modelled', lateBy: 180 })
  })

  it('of the second generation takes 221 W a chip', async () => {
    const server = await new GoogleMonitoringServer().start()
    server.store(MXU, { core: '0' }, minutes(TEN, 1), worker('0'))
    const account = await opened(server, testWorld(), { tpu: 'my-tpu', acceleratorType: 'v2-8' })
    expect(await joulesOf(account, TEN, TEN + 60)).toEqual({ 'worker-0': 4 * 221 * 60 })
  })

  it('of another generation has no figure, and says so', async () => {
    const server = await new GoogleMonitoringServer().start()
    const error = await thrown(opened(server, testWorld(), { tpu: 'my-tpu', acceleratorType: 'v5litepod-8' }))
    expect(error).toMatchObject({ code: 'TPU_POWER_UNKNOWN', outcome: 'fatal' })
    expect(server.asked).toEqual([])
  })
})
