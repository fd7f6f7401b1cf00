import type { ProcessUtilisation } from '@ergometer/node-nvml'
import fc from 'fast-check'
import { afterEach, describe, expect, it, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { processShares } from '../src/process-shares.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { INSTANCES, uuid } from './worlds.ts'

const SECOND = 1_000_000
const BEGIN = 1_700_000_000_000_000

function sample(pid: number, at: number, sm: number): ProcessUtilisation {
  const rest = { memoryPercent: 0, encoderPercent: 0, decoderPercent: 0 }
  return { pid, timeMicroseconds: BigInt(BEGIN + Math.round(at * SECOND)), smPercent: sm, ...rest }
}

const sharesOf = (samples: ProcessUtilisation[], since = BigInt(BEGIN)) =>
  Object.fromEntries(processShares(samples, since))

describe('shares by process', () => {
  it.each<[string, ProcessUtilisation[], Record<string, number>]>([
    ['nobody', [], { idle: 1 }],
    ['one that does nothing', [sample(1, 1, 0)], { idle: 1 }],
    ['one', [sample(1, 1, 3)], { 'pid:1': 1, idle: 0 }],
    ['two at once', [sample(1, 1, 60), sample(2, 1, 20)], { 'pid:1': 0.75, 'pid:2': 0.25, idle: 0 }],
    [
      'one after the other',
      [sample(1, 0.25, 90), sample(2, 1, 10)],
      { 'pid:1': 0.25, 'pid:2': 0.75, idle: 0 },
    ],
    ['work, then rest', [sample(1, 0.5, 40), sample(1, 1, 0)], { 'pid:1': 0.5, idle: 0.5 }],
    [
      'samples of one period that differ by microseconds',
      [sample(2, 1.000003, 50), sample(1, 1, 50)],
      { 'pid:1': 0.5, 'pid:2': 0.5, idle: 0 },
    ],
  ])('%s', (_, samples, shares) => {
    const found = sharesOf(samples)
    expect(Object.keys(found).sort()).toEqual(Object.keys(shares).sort())
    for (const [consumer, share] of Object.entries(shares)) expect(found[consumer]).toBeCloseTo(share, 9)
  })

  test('add up to 1, whoever did what', () => {
    const one = fc.record({
      pid: fc.nat({ max: 5 }),
      at: fc.double({ min: 0, max: 9, noNaN: true }),
      sm: fc.nat({ max: 100 }),
    })
    const many = fc.array(one, { maxLength: 40 })
    fc.assert(
      fc.property(many, fc.boolean(), (list, known) => {
        const found = sharesOf(
          list.map(({ pid, at, sm }) => sample(pid, at, sm)),
          known ? BigInt(BEGIN) : 0n,
        )
        const values = Object.values(found)
        expect(values.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
        expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describeSimulated('whose a GPU’s energy is', () => {
  let machine: SimulatedMachine
  afterEach(() => machine.remove())

  /** The shares that were told last, by consumer. */
  function told(id = uuid(0)): Record<string, number> {
    const last = machine.shares.at(-1)?.time
    const domains = machine.meter?.domains ?? []
    const own = machine.shares.filter(({ domain, time }) => time === last && domains[domain]?.id === id)
    return Object.fromEntries(own.map(({ consumer, fraction }) => [consumer, fraction]))
  }

  test('is told once a second, if somebody wants to know', async () => {
    const samples = [
      { pid: 11, sm: 60 },
      { pid: 12, sm: 20 },
    ]
    machine = new SimulatedMachine({ gpus: [{ samples }, {}], options: { processes: true } })
    const { domains } = await machine.open()
    expect(domains[0]?.attributes).toMatchObject({ 'share.method': 'sm-utilisation' })
    await machine.run(3)
    expect(machine.shares.filter(({ consumer }) => consumer === 'pid:11').length).toBeLessThanOrEqual(4)
    expect(told()).toEqual({ 'pid:11': 0.75, 'pid:12': 0.25, idle: 0 })
    expect(told(uuid(1))).toEqual({ idle: 1 })
  })

  test('is not asked for unless somebody does', async () => {
    machine = new SimulatedMachine({ gpus: [{ samples: [{ pid: 11, sm: 60 }] }] })
    machine.simulation.fail('nvmlDeviceGetProcessUtilization', 999)
    const { domains } = await machine.open()
    await machine.run(2)
    expect(machine.shares).toEqual([])
    expect(machine.codes).toEqual([])
    expect(domains[0]?.attributes).not.toHaveProperty('share.method')
  })

  test('is left open where the driver does not tell, and said once', async () => {
    machine = new SimulatedMachine({ gpus: [{}], options: { processes: true } })
    machine.simulation.fail('nvmlDeviceGetProcessUtilization', 3)
    await machine.open()
    await machine.run(3)
    expect(machine.shares).toEqual([])
    expect(machine.codes).toEqual(['shares-unavailable'])
  })

  const divided = { migEnabled: true, maxMig: 7, instances: INSTANCES }

  test('goes by the slices of the instances at work, where it is divided', async () => {
    machine = new SimulatedMachine({ gpus: [divided], options: { processes: true } })
    const { domains } = await machine.open()
    expect(domains[0]?.attributes).toMatchObject({
      'nvml.mig': true,
      'share.method': 'mig-slices',
    })
    await machine.run(1)
    const [a, b, c] = INSTANCES.map((instance) => `mig:${instance.uuid}`)
    const shares = told()
    expect(Object.keys(shares)).toEqual([a, b, c, 'idle'])
    expect(shares[a as string]).toBeCloseTo(1 / 7, 9)
    expect(shares['idle']).toBeCloseTo(4 / 7, 9)
  })

  test('is the run’s as far as it names instances', async () => {
    const big = { uuid: 'MIG-big', gpuInstance: 1, slices: 3, processes: [{ pid: 1 }] }
    const small = { uuid: 'MIG-small', gpuInstance: 2, slices: 2, processes: [{ pid: 2 }] }
    machine = new SimulatedMachine({
      gpus: [{ ...divided, instances: [big, small] }],
      env: { CUDA_VISIBLE_DEVICES: 'MIG-big' },
    })
    await machine.open()
    await machine.run(1)
    const shares = told()
    expect(shares['run']).toBeCloseTo(3 / 7, 9)
    expect(shares['mig:MIG-small']).toBeCloseTo(2 / 7, 9)
    expect(shares['idle']).toBeCloseTo(2 / 7, 9)
  })
})
