import { afterEach, describe, expect, it } from 'vitest'
import { openTree } from './open-tree.ts'
import { PowercapTree } from './powercap-tree.ts'
import { recordedJoules } from './recorded-joules.ts'
import { WORLDS } from './worlds.ts'

/** Long enough for several waves of power and, where the counter begins near its range, a wrap. */
const SECONDS = 30

const trees: PowercapTree[] = []

afterEach(() => {
  for (const tree of trees.splice(0)) tree.remove()
})

describe('every world', () => {
  it.each(Object.entries(WORLDS))('%s: the right joules, each once', async (_name, world) => {
    const tree = new PowercapTree(world.zones)
    trees.push(tree)
    const { meter } = await openTree(tree, world.options)
    expect(meter.domains.map(({ id }) => id).sort()).toEqual(
      [...Object.keys(world.counted), ...(world.beside ?? [])].sort(),
    )
    const { counted, joules, seconds } = await recordedJoules(meter, tree, SECONDS)
    expect([...counted].sort()).toEqual(Object.keys(world.counted).sort())
    for (const [domain, zone] of Object.entries(world.counted)) {
      expect(Math.abs((joules[domain] ?? 0) - tree.joules(zone))).toBeLessThan(0.01)
      expect(seconds[domain]).toBeCloseTo(SECONDS, 2)
    }
  })
})
