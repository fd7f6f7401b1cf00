import { readdirSync, readlinkSync } from 'node:fs'
import { definitionOf, realContext } from '@ergometer/meter'
import { afterEach, describe, expect, it } from 'vitest'
import rapl from '../src/index.ts'
import { openTree } from './open-tree.ts'
import { PowercapTree } from './powercap-tree.ts'
import { recordedJoules } from './recorded-joules.ts'
import { MUTE_WORLDS, WORLDS } from './worlds.ts'

/** Long enough for several waves of power and, where the counter begins near its range, a wrap. */
const SECONDS = 12

const trees: PowercapTree[] = []

afterEach(() => {
  for (const tree of trees.splice(0)) tree.remove()
})

/** Files of a tree that this process holds open. */
function openFiles({ sysRoot }: PowercapTree): string[] {
  const target = (descriptor: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return ''
    }
  }
  return readdirSync('/proc/self/fd')
    .map(target)
    .filter((path) => path.startsWith(sysRoot))
}

describe('every world', () => {
  it.each(Object.entries(WORLDS))('%s: the right joules, each once', async (_name, world) => {
    const tree = new PowercapTree(world.zones, world.layout)
    trees.push(tree)
    const { meter, said } = await openTree(tree, world.options)
    expect(meter.domains.map(({ id }) => id).sort()).toEqual(
      [...Object.keys(world.counted), ...(world.beside ?? [])].sort(),
    )
    expect(said.map(({ code }) => code)).toEqual(world.said ?? [])
    const { counted, joules, seconds } = await recordedJoules(meter, tree, SECONDS)
    expect([...counted].sort()).toEqual(Object.keys(world.counted).sort())
    for (const [domain, zone] of Object.entries(world.counted)) {
      expect(Math.abs((joules[domain] ?? 0) - tree.joules(zone))).toBeLessThan(0.01)
      expect(seconds[domain]).toBeCloseTo(SECONDS, 2)
    }
    if (process.platform === 'linux') expect(openFiles(tree)).toHaveLength(meter.domains.length)
    await meter.close?.()
    if (process.platform === 'linux') expect(openFiles(tree)).toEqual([])
  })
})

describe('where nothing counts', () => {
  it.each(Object.entries(MUTE_WORLDS))('%s: the probe says why', async (_name, world) => {
    const tree = new PowercapTree(world.zones, world.layout)
    trees.push(tree)
    const found = await definitionOf(rapl).probe?.({}, realContext({ sysRoot: tree.sysRoot }))
    expect(found).toMatchObject({
      available: false,
      why: expect.stringMatching(world.why),
      file: `${tree.sysRoot}/${world.file}`,
    })
    if (world.fix)
      expect(found).toMatchObject({ fixes: expect.arrayContaining([expect.stringMatching(world.fix)]) })
    await expect(openTree(tree)).rejects.toMatchObject({ code: 'RAPL_ABSENT', outcome: 'fatal' })
    if (process.platform === 'linux') expect(openFiles(tree)).toEqual([])
  })
})
