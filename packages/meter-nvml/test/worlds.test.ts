import { afterEach, expect, it } from 'vitest'
import { describeSimulated } from '../../node-nvml/test/describe-simulated.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { MUTE_WORLDS, WORLDS } from './worlds.ts'

const SECONDS = 3

let machine: SimulatedMachine
afterEach(() => machine.remove())

describeSimulated('every world', () => {
  it.each(Object.entries(WORLDS))('%s: the right joules, each once', async (_name, world) => {
    machine = new SimulatedMachine(world)
    const { domains } = await machine.open()
    expect(domains.map(({ id }) => id).sort()).toEqual(
      [...Object.keys(world.counted), ...(world.beside ?? [])].sort(),
    )
    expect(machine.codes.sort()).toEqual([...(world.said ?? [])].sort())
    for (const [id, rung] of Object.entries(world.rungs)) {
      expect(domains.find((domain) => domain.id === id)?.attributes?.['nvml.rung'], id).toBe(rung)
    }
    await machine.read()
    const early = { ...machine.covered }
    await machine.run(SECONDS)
    expect(machine.counted().sort()).toEqual(Object.keys(world.counted).sort())
    for (const [id, watts] of Object.entries(world.counted)) {
      const covered = machine.covered[id] ?? 0
      // A counter is known up to its last change.
      expect(covered - (early[id] ?? 0), id).toBeGreaterThan(SECONDS - 0.31)
      expect((machine.joules[id] ?? 0) / covered / watts, id).toBeCloseTo(1, 1)
      expect(Math.abs((machine.joules[id] ?? 0) - covered * watts), id).toBeLessThan(0.1 * watts)
    }
    expect(machine.codes.sort()).toEqual([...(world.said ?? [])].sort())
  })
})

describeSimulated('where nothing can be metered', () => {
  it.each(Object.entries(MUTE_WORLDS))('%s: it says why, and what to do', async (_name, world) => {
    machine = new SimulatedMachine(world)
    if (world.init) machine.simulation.fail('nvmlInit_v2', world.init)
    const error = await machine.open().then(
      () => undefined,
      (cause) => cause,
    )
    expect(error).toMatchObject({ code: world.code, message: expect.stringMatching(world.why) })
    expect(error.message).not.toContain('\n')
    expect(error.outcome).toBe(world.code === 'METER_UNAVAILABLE' ? 'fatal' : 'retry')
    if (world.fix) expect(error.fixes.join('\n')).toMatch(world.fix)
  })
})
