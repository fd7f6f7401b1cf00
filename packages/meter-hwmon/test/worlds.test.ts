import { afterEach, describe, expect, it } from 'vitest'
import { HwmonTree } from './hwmon-tree.ts'
import { openTree, probeTree } from './open-tree.ts'
import { recordedJoules } from './recorded-joules.ts'
import { WORLDS } from './worlds.ts'

const SECONDS = 20

const trees: HwmonTree[] = []

afterEach(() => {
  for (const tree of trees.splice(0)) tree.remove()
})

describe('every world', () => {
  it.each(Object.entries(WORLDS))('%s: the right joules, each once', async (_name, world) => {
    const tree = new HwmonTree(world)
    trees.push(tree)
    const { counted, beside = {}, others = [], options, level, codes = [] } = world
    expect(await probeTree(tree, options)).toEqual({ available: true })
    const { meter, said } = await openTree(tree, options)
    expect(said.map(({ code }) => code)).toEqual(codes)
    const loads = Object.entries({ ...counted, ...beside }).filter((entry) => entry[1] !== undefined)
    expect(meter.domains.map(({ id }) => id).sort()).toEqual(loads.map(([id]) => id).sort())
    const { boundary, joules, seconds } = await recordedJoules(meter, tree, SECONDS, { others })
    expect([...boundary.counted].sort()).toEqual(Object.keys(counted).sort())
    expect(boundary.level).toBe(level)
    for (const [domain, load] of loads) {
      const truth = tree.joules(load as string)
      expect(Math.abs((joules[domain] ?? 0) - truth)).toBeLessThan(0.005 * truth + 0.1)
      expect(seconds[domain]).toBeCloseTo(SECONDS, 6)
    }
  })
})
