import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { addSmi, readUntil } from './fake-smi.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { uuid, WORLDS, type World } from './worlds.ts'

let machine: SimulatedMachine
afterEach(() => machine.remove())

const MUTE = WORLDS['a GPU beside one that shows nothing'] as World

describeSimulated('nvidia-smi', () => {
  test('tells of a GPU that NVML has nothing of', async () => {
    machine = new SimulatedMachine(MUTE)
    const log = addSmi(machine, [
      `${uuid(0)}, Other, 300.00`,
      `${uuid(1)}, GRID A100-8C, 87.50`,
      'GPU-x, Third, [N/A]',
    ])
    const { domains } = await machine.open()
    expect(domains.map(({ id, attributes }) => [id, attributes?.['nvml.rung']])).toEqual([
      [uuid(0), 'energy-counter'],
      [uuid(1), 'nvidia-smi'],
    ])
    expect(domains[1]).toMatchObject({ reads: { quantity: 'power' }, identity: `gpu:${uuid(1)}` })
    expect(machine.codes).toEqual([])
    await readUntil(machine, () => (machine.covered[uuid(1)] ?? 0) > 0.1)
    expect(machine.joules[uuid(1)]).toBeCloseTo((machine.covered[uuid(1)] ?? 0) * 87.5, 3)
    // One that lives long, not one for each reading.
    expect(readFileSync(log, 'utf8')).toBe(
      '--query-gpu=uuid,name,power.draw --format=csv,noheader,nounits --loop-ms=500\n',
    )
  })

  test('that has no power for it leaves it unmetered', async () => {
    machine = new SimulatedMachine(MUTE)
    addSmi(machine, [`${uuid(0)}, Other, 300.00`, `${uuid(1)}, GRID A100-8C, [N/A]`])
    const { domains } = await machine.open()
    expect(domains).toHaveLength(1)
    expect(machine.codes).toEqual(['gpu-without-sensor'])
  })

  test('that ends is said, and started again', async () => {
    machine = new SimulatedMachine(MUTE)
    const log = addSmi(machine, [`${uuid(1)}, GRID A100-8C, 87.50`], 3)
    await machine.open()
    await readUntil(machine, () => machine.codes.includes('gpu-unreadable'))
    expect(machine.said[0]?.message).toMatch(/nvidia-smi has ended/)
    machine.simulation.advance(6)
    await machine.read()
    await readUntil(machine, () => readFileSync(log, 'utf8').split('\n').length > 2)
  })
})
