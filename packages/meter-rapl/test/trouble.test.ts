import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definitionOf, MeterError, realContext } from '@ergometer/meter'
import { afterEach, describe, expect, it } from 'vitest'
import rapl from '../src/index.ts'
import { openTree } from './open-tree.ts'
import { PowercapTree } from './powercap-tree.ts'
import { recordedJoules } from './recorded-joules.ts'
import { AMD_RANGE, WORLDS } from './worlds.ts'

const trees: PowercapTree[] = []

function tree(name: string): PowercapTree {
  const made = new PowercapTree(WORLDS[name]?.zones ?? [])
  trees.push(made)
  return made
}

afterEach(() => {
  for (const made of trees.splice(0)) made.remove()
})

const probe = (sysRoot: string) => definitionOf(rapl).probe?.({}, realContext({ sysRoot }))

describe('a zone that fails', () => {
  it('costs itself alone, and its next reading bridges the gap', async () => {
    const world = tree('dual Xeon with DRAM')
    const { meter } = await openTree(world)
    await recordedJoules(meter, world, 1)
    const file = world.energyFile('intel-rapl:1')
    renameSync(file, `${file}.gone`)
    writeFileSync(file, 'nonsense\n')
    const readings: number[] = []
    const record = Object.assign((index: number) => void readings.push(index), { gauge() {}, share() {} })
    const read = () => meter.read(record, new AbortController().signal)
    // The open file was renamed, not removed: it is read until it has stood still for a second.
    expect(() => {
      for (let second = 0; second < 4; second++) {
        world.seconds += 0.6
        read()
      }
    }).not.toThrow()
    rmSync(`${file}.gone`)
    expect(() => {
      for (let second = 0; second < 4; second++) {
        world.seconds += 0.6
        read()
      }
    }).toThrow(MeterError)
    readings.length = 0
    expect(read).toThrow(/intel-rapl:1.*cannot be read/)
    expect(readings).toEqual([0, 1, 3])
    world.advance(1)
    readings.length = 0
    read()
    expect(readings).toEqual([0, 1, 2, 3])
  })

  it('that is reset to 0 adds nothing', async () => {
    const world = tree('dual Xeon with DRAM')
    const { meter } = await openTree(world)
    const counts: number[] = []
    const record = Object.assign(
      (index: number, value: number) => {
        if (index === 0) counts.push(value)
      },
      { gauge() {}, share() {} },
    )
    world.write('intel-rapl:0', '5\n')
    await meter.read(record, new AbortController().signal)
    expect(counts).toEqual([5])
  })
})

describe('without a range', () => {
  it('a wrap is a gap: nothing is invented', async () => {
    const world = new PowercapTree([{ id: 'intel-rapl:0', name: 'package-0', start: 0, watts: () => 50 }])
    trees.push(world)
    const { meter } = await openTree(world)
    const before = await recordedJoules(meter, world, 2)
    world.write('intel-rapl:0', '17\n')
    const after = await recordedJoules(meter, world, 0)
    expect(before.joules['package-0']).toBeCloseTo(100, 1)
    expect(after.joules['package-0']).toBeUndefined()
    expect(meter.domains[0]?.reads).toEqual({ quantity: 'energy', joulesPerCount: 1e-6 })
  })
})

describe('bounds of plausibility', () => {
  it('are twice the largest rating, and never below what turbo reaches', async () => {
    const { meter } = await openTree(tree('dual Xeon with DRAM'))
    expect(Object.fromEntries(meter.domains.map(({ id, maxWatts }) => [id, maxWatts]))).toEqual({
      'package-0': 1000,
      'package-0/dram': 300,
      'package-1': 1000,
      'package-1/dram': 300,
    })
    const big = new PowercapTree([
      { id: 'intel-rapl:0', name: 'package-0', start: 0, watts: () => 1, maxPower: 700, range: AMD_RANGE },
    ])
    trees.push(big)
    expect((await openTree(big)).meter.domains[0]?.maxWatts).toBe(1400)
  })
})

describe('what is left out is said', () => {
  it.each([
    [
      'laptop with a memory-mapped twin',
      'duplicate-zone',
      /intel-rapl-mmio:0.*repeats|repeats.*intel-rapl-mmio:0/,
    ],
    ['Threadripper whose dies mirror one counter', 'duplicate-zone', /repeats/],
    ['a zone that nobody knows', 'zone-unrecognised', /flux-capacitor/],
  ])('%s: %s', async (name, code, message) => {
    const { said } = await openTree(tree(name))
    expect(said.map((line) => line.code)).toContain(code)
    expect(said.map((line) => line.message).join('\n')).toMatch(message)
  })

  it('psys alone is not counted unasked', async () => {
    const world = new PowercapTree([{ id: 'intel-rapl:0', name: 'psys', start: 0, watts: () => 9 }])
    trees.push(world)
    await expect(openTree(world)).rejects.toThrow(MeterError)
    expect((await openTree(world, { psys: true })).meter.domains.map(({ id }) => id)).toEqual(['psys'])
  })
})

describe('probe', () => {
  it('says where there is nothing, and what could be done', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'powercap-none-'))
    expect(await probe(empty)).toMatchObject({ available: false, file: join(empty, 'class/powercap') })
    rmSync(empty, { recursive: true })
  })

  it('names the file that may not be read, and only safe fixes', () => {
    const world = tree('desktop Intel with psys')
    for (const { id } of WORLDS['desktop Intel with psys']?.zones ?? [])
      chmodSync(world.energyFile(id), 0o400)
    execFileSync('chmod', ['a+rx', world.sysRoot])
    const findings = asNobody(world.sysRoot)
    if (findings === undefined) return
    expect(findings).toMatchObject({
      available: false,
      file: join(world.sysRoot, 'class/powercap/intel-rapl:0/energy_uj'),
    })
    const fixes = JSON.stringify(findings)
    expect(fixes).toMatch(/udev/)
    expect(fixes).not.toMatch(/a\+r|777|666|setcap|--privileged/)
  })
})

/** What the probe finds as a user without rights; undefined where this user cannot become one. */
function asNobody(sysRoot: string): unknown {
  const user = process.getuid?.()
  if (user !== 0) return user === undefined ? undefined : probe(sysRoot)
  process.seteuid?.(65534)
  try {
    return probe(sysRoot)
  } finally {
    process.seteuid?.(0)
  }
}
