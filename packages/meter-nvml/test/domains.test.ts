import { chooseBoundary } from '@ergometer/core'
import { type Domain, declaredDomains, definitionOf, parseOptions } from '@ergometer/meter'
import { afterEach, describe, expect, it, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import nvml from '../src/index.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { uuid, WORLDS, type World } from './worlds.ts'

let machine: SimulatedMachine | undefined
afterEach(async () => {
  await machine?.remove()
  machine = undefined
})

async function domainsOf(world: Partial<World> & Pick<World, 'gpus'>) {
  machine = new SimulatedMachine(world)
  return (await machine.open()).domains
}

describeSimulated('a domain', () => {
  test('is the GPU’s UUID over all meters, and says how it is known', async () => {
    const [domain] = await domainsOf({ gpus: [{ quantum: 0.1 }] })
    expect(domain).toEqual({
      id: uuid(0),
      kind: 'gpu',
      label: 'NVIDIA H100 80GB HBM3, GPU 0',
      method: 'measured',
      reads: { quantity: 'energy', joulesPerCount: 1e-3 },
      updatePeriod: 0.1,
      standardUncertainty: {
        relative: expect.closeTo(Math.hypot(0.05, 0.05) / Math.sqrt(3), 12),
        shared: 'domain',
      },
      maxWatts: 10_000,
      identity: `gpu:${uuid(0)}`,
      attributes: {
        'hw.name': 'NVIDIA H100 80GB HBM3',
        'nvml.rung': 'energy-counter',
        'nvml.pci': '00000000:3B:00.0',
        'nvml.driver': '535.261.03',
        'nvml.sensor.duty': 0.25,
      },
    })
    expect(declaredDomains([domain])).toEqual([domain])
  })

  it.each<[string, number, boolean]>([
    ['NVIDIA A100-SXM4-80GB', 7, true],
    ['NVIDIA A800 80GB PCIe', 7, true],
    ['NVIDIA A30', 7, true],
    ['NVIDIA A40', 7, false],
    ['NVIDIA RTX A6000', 7, false],
    ['NVIDIA GeForce RTX 4090', 8, false],
    ['NVIDIA H200', 9, true],
    ['NVIDIA B200', 10, false],
    ['Tesla V100-SXM2-32GB', 5, false],
  ])('of %s: does its sensor look part-time?', async (name, architecture, partTime) => {
    const [domain] = await domainsOf({ gpus: [{ name, architecture }] })
    expect(domain?.attributes?.['nvml.sensor.duty']).toBe(partTime ? 0.25 : undefined)
    expect(domain?.standardUncertainty?.relative).toBeCloseTo(partTime ? 0.0408 : 0.0289, 4)
  })

  it.each<[string, number | undefined]>([
    ['a P100, which counts no energy', undefined],
    ['a P100 with a driver before 535', undefined],
    ['a GPU that shows average power alone', 1],
    ['an RTX 3090 without counter and fields', 1],
  ])('of %s: averaged over %s s', async (name, averagedOver) => {
    const [domain] = await domainsOf(WORLDS[name] as World)
    expect(domain?.reads).toEqual({ quantity: 'power', ...(averagedOver ? { averagedOver } : {}) })
  })

  test('of a superchip is Linux’s own of that socket, and contains its GPUs', async () => {
    const domains = await domainsOf(WORLDS['two GB200: four GPUs, two modules'] as World)
    const of = (id: string) => domains.find((domain) => domain.id === id)
    expect(of('module-1')).toMatchObject({
      kind: 'module',
      identity: 'module:1',
      label: 'NVIDIA GB200, superchip 1',
      attributes: { 'nvml.scope': 'module' },
    })
    expect(of(uuid(2))).toMatchObject({
      kind: 'gpu',
      within: 'module-1',
      attributes: { 'nvml.scope': 'gpu' },
    })
  })

  test('of a superchip counts once beside Linux’s own sensor of it', async () => {
    const domains = await domainsOf(WORLDS['two GB200: four GPUs, two modules'] as World)
    const parts = { label: '', method: 'measured', reads: { quantity: 'power' } } as const
    const linux = [0, 1].flatMap((socket): Domain[] => [
      { ...parts, id: `module-${socket}`, kind: 'module', identity: `module:${socket}` },
      { ...parts, id: `grace-${socket}`, kind: 'cpu', within: `module-${socket}` },
    ])
    const all = [
      ...domains.map((domain) => ({ meter: 'nvml', domain })),
      ...linux.map((domain) => ({ meter: 'hwmon', domain })),
    ]
    const boundary = chooseBoundary(
      all.map((one) => ({ ...one, id: `${one.meter}:${one.domain.id}`, coverage: 1 })),
    )
    expect([...boundary.counted].sort()).toEqual(['nvml:module-0', 'nvml:module-1'])
    expect(boundary.missing).toEqual([])
  })

  test('of superchips whose sockets nobody tells goes by their places on the bus, and claims no identity', async () => {
    const { numaNodes: _, ...world } = WORLDS['two GB200: four GPUs, two modules'] as World
    const modules = (await domainsOf(world)).filter(({ kind }) => kind === 'module')
    expect(modules.map(({ id }) => id)).toEqual([`module-${uuid(0)}`, `module-${uuid(2)}`])
    expect(modules.map(({ identity }) => identity)).toEqual([undefined, undefined])
  })

  test('of a superchip is there however few of its GPUs are meant', async () => {
    const world = WORLDS['two GB200: four GPUs, two modules'] as World
    const domains = await domainsOf({ ...world, env: { CUDA_VISIBLE_DEVICES: '3' } })
    expect(domains.map(({ id }) => id)).toEqual(['module-1', uuid(3)])
  })
})

describeSimulated('a superchip', () => {
  test('is known from the begin: what was read while scopes were tried is recorded afterwards', async () => {
    const domains = await domainsOf(WORLDS['a GH200, whose counter is its module’s'] as World)
    await machine?.read()
    expect(machine?.covered['module-0']).toBeGreaterThan(4.5)
    expect(machine?.said).toEqual([
      expect.objectContaining({ severity: undefined, message: expect.stringMatching(/takes 5 s/) }),
    ])
    expect(domains).toHaveLength(2)
  })
})

describeSimulated('gauges', () => {
  const values = () => Object.fromEntries(machine?.gauges.map(({ name, value }) => [name, value]) ?? [])

  test('go along once a second', async () => {
    await domainsOf({ gpus: [{ throttle: 0b100n }] })
    await machine?.run(3)
    expect(values()).toEqual({
      'hw.gpu.utilization': 0.97,
      'hw.gpu.memory.usage': 20 * 1024 ** 3,
      'hw.gpu.memory.utilization': 0.25,
      'hw.temperature': 61,
      'nvml.clock.sm': 1980e6,
      'nvml.clock.memory': 2619e6,
      'nvml.throttle.power': 1,
      'nvml.throttle.thermal': 0,
      'nvml.throttle.hardware': 0,
    })
    expect(machine?.gauges.filter(({ name }) => name === 'hw.temperature').length).toBeLessThanOrEqual(4)
  })

  test('that a device does not offer are not asked for again, and cost no energy', async () => {
    await domainsOf({ gpus: [{ name: 'NVIDIA GB10 like', architecture: 10 }] })
    machine?.simulation.fail('nvmlDeviceGetMemoryInfo_v2', 3)
    machine?.simulation.fail('nvmlDeviceGetTemperature', 999)
    await machine?.run(5)
    machine?.simulation.heal()
    machine?.gauges.splice(0)
    await machine?.run(2)
    expect(values()).not.toHaveProperty('hw.gpu.memory.usage')
    expect(values()).toHaveProperty('hw.temperature')
    expect(machine?.covered[uuid(0)]).toBeGreaterThan(6.9)
  })
})

describe('options', () => {
  it.each<[object, RegExp]>([
    [{ devices: 'all' }, /devices: expected an array/],
    [{ devices: [-1] }, /devices.*expected a number/],
    [{ devices: [''] }, /devices.*expected a number/],
    [{ library: 7 }, /library: expected a path/],
    [{ processes: 'yes' }, /processes: expected true or false/],
    [{ gpus: [] }, /unknown: gpus; expected library, devices or processes/],
  ])('%j are refused', async (options, message) => {
    await expect(parseOptions(definitionOf(nvml), options)).rejects.toMatchObject({
      code: 'METER_OPTIONS_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('need not be there', async () => {
    expect(await parseOptions(definitionOf(nvml), undefined)).toEqual({})
    const all = { library: '/x.so', devices: [0, 'GPU-1'], processes: true }
    expect(await parseOptions(definitionOf(nvml), all)).toEqual(all)
  })
})
