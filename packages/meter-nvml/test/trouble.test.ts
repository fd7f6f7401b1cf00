import { afterEach, expect, it, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { uuid } from './worlds.ts'

const ENERGY = 'nvmlDeviceGetTotalEnergyConsumption'
const [ONE, TWO] = [uuid(0), uuid(1)]

let machine: SimulatedMachine
afterEach(() => machine.remove())

async function open(...gpus: object[]): Promise<SimulatedMachine> {
  machine = new SimulatedMachine({ gpus })
  await machine.open()
  await machine.read()
  return machine
}

/** What is known of a GPU is right, however much that is. */
function expectTruth(id = ONE, watts = 300): void {
  expect(machine.joules[id]).toBeCloseTo((machine.covered[id] ?? 0) * watts, 3)
}

describeSimulated('a driver that is loaded anew', () => {
  it.each([
    ['below', 1_000_000n, 2],
    ['above', 1_000n, 100],
  ])('is never joined with the one before: its counter is %s', async (_, startMillijoules, away) => {
    const { simulation } = await open({ startMillijoules }, { startMillijoules })
    await machine.run(1)
    const before = machine.values[ONE] ?? 0
    const known = { ...machine.covered }
    simulation.reload()
    expect(await machine.read()).toMatchObject({ code: 'NVML_UNREADABLE', outcome: 'retry' })
    simulation.advance(away)
    await machine.run(1)
    const after = machine.values[ONE] ?? 0
    expect(after > before).toBe(away === 100)
    for (const [index, id] of [ONE, TWO].entries()) {
      expect(machine.covered[id]).toBeCloseTo((known[id] ?? 0) + 0.9, 3)
      expectTruth(id)
      expect(machine.curves[index]).toMatchObject({ resets: 1, gaps: 1 })
    }
  })

  it.each([1, 9, 15, 16, 18, 999])('is possible after code %i', async (code) => {
    const { simulation } = await open({}, {})
    await machine.run(1)
    simulation.fail(ENERGY, code, simulation.gpu)
    await machine.run(3)
    simulation.heal()
    await machine.run(5)
    expect(machine.curves[0]).toMatchObject({ resets: 1 })
    expect(machine.curves[1]).toMatchObject({ resets: 0 })
    expectTruth()
    expect(machine.covered[ONE] ?? 0).toBeLessThan(6)
    expect(machine.covered[TWO]).toBeGreaterThan(8.9)
    expect(machine.codes).toEqual(['gpu-unreadable'])
  })

  it.each([1, 2])('is got over by a library that knows no UUIDs: %i GPUs', async (count) => {
    machine = new SimulatedMachine({
      gpus: Array.from({ length: count }, () => ({})),
      without: ['nvmlDeviceGetHandleByUUID'],
    })
    await machine.open()
    await machine.read()
    const { simulation } = machine
    await machine.run(1)
    simulation.reload()
    expect(await machine.read()).toMatchObject({ code: 'NVML_UNREADABLE' })
    simulation.advance(2)
    await machine.run(3)
    for (let index = 0; index < count; index++) {
      expect(machine.covered[uuid(index)]).toBeGreaterThan(3)
      expectTruth(uuid(index))
    }
  })

  it.each([3, 10, 17, 20, 21, 27])('is not after code %i: the next reading bridges it', async (code) => {
    const { simulation } = await open({}, {})
    await machine.run(1)
    simulation.fail(ENERGY, code, simulation.gpu)
    await machine.run(3)
    simulation.heal()
    await machine.run(1)
    expect(machine.curves[0]).toMatchObject({ resets: 0, gaps: 0 })
    expect(machine.covered[ONE]).toBeGreaterThan(4.9)
    expectTruth()
    expect(machine.said).toEqual([
      expect.objectContaining({ severity: 'warning', code: 'gpu-unreadable', domain: ONE }),
    ])
  })
})

describeSimulated('a counter', () => {
  test('that falls was reset', async () => {
    const { simulation } = await open({})
    await machine.run(1)
    simulation.gpu.restart()
    await machine.run(1)
    expect(machine.curves[0]).toMatchObject({ resets: 1, gaps: 1, wraps: 0 })
    expectTruth()
    expect(machine.covered[ONE]).toBeGreaterThan(1.8)
  })

  test('that jumps further than any GPU could have counted was reset', async () => {
    const { simulation } = await open({})
    await machine.run(1)
    simulation.gpu.set({ startMillijoules: 0n, watts: 1e7 })
    await machine.run(0.1)
    simulation.gpu.set({ watts: 300 })
    await machine.run(1)
    expect(machine.curves[0]).toMatchObject({ resets: 1 })
    expectTruth()
  })

  test('beyond 32 bits is told in full', async () => {
    await open({ startMillijoules: 123_456_789_012_345n })
    expect(machine.values[ONE]).toBeGreaterThan(123_456_789_012_345)
    await machine.run(1)
    expectTruth()
  })
})

describeSimulated('a lost GPU', () => {
  test('costs its own readings, is looked for ever more seldom, and comes back', async () => {
    const { simulation } = await open({}, {})
    await machine.run(1)
    simulation.gpu.set({ lost: 15 })
    await machine.run(4)
    expect(machine.said).toEqual([
      expect.objectContaining({
        severity: 'warning',
        code: 'gpu-unreadable',
        domain: ONE,
        message: expect.stringMatching(/GPU 0 cannot be read: .*\b15\b.*; try: /),
      }),
    ])
    // Looked for after 1, 3 and 7 seconds.
    simulation.gpu.set({ lost: 0 })
    await machine.run(2.8)
    expect(machine.covered[ONE]).toBeLessThan(1.1)
    await machine.run(1.2)
    expect(machine.covered[ONE]).toBeGreaterThan(1.5)
    expect(machine.covered[TWO]).toBeGreaterThan(8.9)
    expectTruth()
    // A second outage is said again.
    simulation.gpu.set({ lost: 15 })
    await machine.run(1)
    expect(machine.said).toHaveLength(2)
  })

  test('that is the only one makes the read fail, and says what to do', async () => {
    const { simulation } = await open({})
    simulation.gpu.set({ lost: 15 })
    simulation.advance(0.1)
    expect(await machine.read()).toMatchObject({
      code: 'NVML_UNREADABLE',
      outcome: 'retry',
      message: expect.stringMatching(/GPU_IS_LOST, 15\); try: sudo dmesg \| grep -i xid$/),
    })
    expect(machine.said).toEqual([])
  })

  test('of a driver that cannot be initialised comes back when it can', async () => {
    const { simulation } = await open({})
    simulation.reload()
    simulation.fail('nvmlInit_v2', 9)
    for (let second = 0; second < 3; second++) {
      simulation.advance(1.1)
      expect((await machine.read())?.message).toMatch(/\b(1|9)\b/)
    }
    simulation.heal()
    await machine.run(10)
    expect(machine.covered[ONE]).toBeGreaterThan(1)
    expectTruth()
  })
})

describeSimulated('power', () => {
  test('of 0 W is no reading', async () => {
    const { simulation } = await open({ counter: 3 }, {})
    await machine.run(1)
    simulation.gpu.set({ watts: 0 })
    await machine.run(1)
    expect(machine.covered[ONE]).toBeCloseTo(1, 3)
    expectTruth()
    expect(machine.codes).toEqual(['gpu-unreadable'])
    expect(machine.said[0]?.message).toMatch(/a power of 0 mW is no reading/)
  })

  test('that fails for long is a gap, and nothing is made up', async () => {
    const { simulation } = await open({ counter: 3 }, {})
    simulation.fail('nvmlDeviceGetFieldValues', 20, simulation.gpu)
    await machine.run(2)
    simulation.heal()
    await machine.run(1)
    expect(machine.curves[0]).toMatchObject({ gaps: 1 })
    expectTruth()
  })
})

describeSimulated('closing', () => {
  test('gives NVML back', async () => {
    const { meter } = await open({})
    await meter?.close?.()
    expect(await machine.read()).toMatchObject({ code: 'NVML_UNREADABLE' })
  })
})
