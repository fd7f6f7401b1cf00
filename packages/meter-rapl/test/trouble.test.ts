import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { EnergyCurve } from '@ergometer/core'
import { type Domain, definitionOf, type EnergyMeter, MeterError, realContext } from '@ergometer/meter'
import { afterEach, describe, expect, it } from 'vitest'
import rapl from '../src/index.ts'
import { asNobody, asOwner } from './as-nobody.ts'
import { openTree } from './open-tree.ts'
import { type Layout, PowercapTree, type TreeZone } from './powercap-tree.ts'
import { recordedJoules } from './recorded-joules.ts'
import { AMD_RANGE, UNREADABLE, UNREADABLE_MEMORY, UNREADABLE_PACKAGE, WORLDS } from './worlds.ts'

const trees: PowercapTree[] = []

function treeOf(zones: readonly TreeZone[], layout?: Layout): PowercapTree {
  const made = new PowercapTree(zones, layout)
  trees.push(made)
  return made
}

function tree(name: string): PowercapTree {
  return treeOf(WORLDS[name]?.zones ?? [])
}

afterEach(() => {
  for (const made of trees.splice(0)) made.remove()
})

const package0: TreeZone = { id: 'intel-rapl:0', name: 'package-0', start: 0, watts: () => 50 }

const probe = async (sysRoot: string) => definitionOf(rapl).probe?.({}, realContext({ sysRoot }))

/** What one read records, by domain. */
function readOnce(meter: EnergyMeter): Record<string, number> {
  const counts: Record<string, number> = {}
  const record = Object.assign(
    (index: number, value: number) => {
      counts[meter.domains[index]?.id ?? ''] = value
    },
    { gauge() {}, share() {}, restart() {}, uncertainty() {} },
  )
  void meter.read(record, new AbortController().signal)
  return counts
}

describe('a zone that fails', () => {
  it('costs itself alone, is told once of each outage, and its next reading bridges the gap', async () => {
    const world = tree('dual Xeon with DRAM')
    const { meter, said } = await openTree(world)
    const curve = new EnergyCurve(meter.domains[2] as Domain, 0.1)
    curve.add(world.seconds, readOnce(meter)['package-1'] ?? 0)
    const file = world.energyFile('intel-rapl:1')
    for (const outage of [1, 2]) {
      const before = world.joules('intel-rapl:1')
      rmSync(file)
      writeFileSync(file, 'nonsense\n')
      world.seconds += 1.1
      for (let again = 0; again < 3; again++) {
        expect(Object.keys(readOnce(meter))).toEqual(['package-0', 'package-0/dram', 'package-1/dram'])
      }
      expect(said).toHaveLength(outage)
      expect(said.at(-1)).toMatchObject({
        code: 'zone-unreadable',
        message: expect.stringMatching(/intel-rapl:1\/energy_uj: cannot be read \(expected a decimal number/),
      })
      world.advance(10)
      const bridge = curve.add(world.seconds, readOnce(meter)['package-1'] ?? 0)
      expect(bridge.segments).toHaveLength(1)
      expect(bridge.segments[0]?.joules).toBeCloseTo(world.joules('intel-rapl:1') - before, 3)
    }
  })

  it('and stays away is a gap: what it has counted before is right, and no more is known', async () => {
    const world = tree('dual Xeon with DRAM')
    const { meter } = await openTree(world)
    const time = {
      get seconds() {
        return world.seconds
      },
      advance(seconds: number) {
        if (world.seconds > 0.95) world.break('intel-rapl:1')
        world.advance(seconds)
      },
    }
    const { counted, joules, seconds } = await recordedJoules(meter, time, 3)
    expect(seconds['package-1']).toBeCloseTo(1, 2)
    expect(joules['package-1']).toBeLessThan(world.joules('intel-rapl:1') / 2)
    expect(joules['package-1']).toBeGreaterThan(120)
    expect(joules['package-0']).toBeCloseTo(world.joules('intel-rapl:0'), 3)
    expect(seconds['package-0']).toBeCloseTo(3, 2)
    expect(counted).toContain('package-1')
  })

  it('makes the read fail only when no other can be read', async () => {
    const world = treeOf([package0])
    const { meter, said } = await openTree(world)
    world.write('intel-rapl:0', '')
    expect(() => readOnce(meter)).toThrow(MeterError)
    expect(() => readOnce(meter)).toThrow(/intel-rapl:0.*cannot be read \(.*found nothing/)
    expect(said.map(({ code }) => code)).toEqual(['range-unknown'])
    world.write('intel-rapl:0', '17')
    expect(readOnce(meter)).toEqual({ 'package-0': 17 })
  })

  it('is opened anew at once, by its path', async () => {
    const world = treeOf([package0])
    const { meter } = await openTree(world)
    readOnce(meter)
    const file = world.energyFile('intel-rapl:0')
    // The open file fails for good, and another one has taken its place.
    writeFileSync(file, 'nonsense\n')
    renameSync(file, `${file}.gone`)
    writeFileSync(file, '18\n')
    expect(readOnce(meter)).toEqual({ 'package-0': 18 })
  })

  it('that is reset to 0 adds nothing', async () => {
    const world = treeOf([{ ...package0, start: 9_000_000, range: AMD_RANGE }])
    const { meter } = await openTree(world)
    const { curves } = await recordedJoules(meter, world, 1)
    world.write('intel-rapl:0', '5\n')
    const count = readOnce(meter)['package-0']
    expect(count).toBe(5)
    expect(curves[0]?.add(world.seconds + 0.1, count ?? 0)).toMatchObject({ segments: [], problem: 'reset' })
  })
})

describe('a file that another one has replaced', () => {
  it.each(['removed', 'renamed'])(
    'is noticed once its value has stood still for a second: %s',
    async (how) => {
      const world = treeOf([package0])
      const { meter } = await openTree(world)
      readOnce(meter)
      const file = world.energyFile('intel-rapl:0')
      if (how === 'removed') rmSync(file)
      else renameSync(file, `${file}.gone`)
      writeFileSync(file, '4321\n')
      world.seconds += 0.9
      expect(readOnce(meter)).toEqual({ 'package-0': 0 })
      world.seconds += 0.2
      expect(readOnce(meter)).toEqual({ 'package-0': 4321 })
    },
  )
})

describe('a counter', () => {
  it.each([
    ['1234', 1234],
    ['1234\n', 1234],
    ['1234 \r\n', 1234],
    // A longer number was there before.
    ['12\n34567\n', 12],
    ['65532610987\n', 65_532_610_987],
  ])('%j is a number', async (text, count) => {
    const world = treeOf([package0])
    const { meter } = await openTree(world)
    world.write('intel-rapl:0', text)
    expect(readOnce(meter)).toEqual({ 'package-0': count })
  })

  it.each(['', '\n', '-5\n', '0x10\n', '1.5\n', '1'.repeat(65), 'none\n'])('%j is none', async (text) => {
    const world = treeOf([package0])
    const { meter } = await openTree(world)
    world.write('intel-rapl:0', text)
    expect(() => readOnce(meter)).toThrow(
      expect.objectContaining({ code: 'RAPL_UNREADABLE', outcome: 'retry' }),
    )
  })
})

describe('without a range', () => {
  it('a wrap is a gap: nothing is invented', async () => {
    const world = treeOf([package0])
    const { meter } = await openTree(world)
    const { joules, curves } = await recordedJoules(meter, world, 2)
    expect(joules['package-0']).toBeCloseTo(100, 1)
    world.write('intel-rapl:0', '17\n')
    expect(curves[0]?.add(world.seconds + 0.1, readOnce(meter)['package-0'] ?? 0)).toMatchObject({
      segments: [],
      problem: 'reset',
    })
    expect(meter.domains[0]?.reads).toEqual({ quantity: 'energy', joulesPerCount: 1e-6 })
  })
})

describe('bounds of plausibility', () => {
  it('are twice the largest rating, and never below what turbo reaches', async () => {
    const boundOf = async (world: PowercapTree) =>
      Object.fromEntries((await openTree(world)).meter.domains.map(({ id, maxWatts }) => [id, maxWatts]))
    expect(await boundOf(tree('dual Xeon with DRAM'))).toEqual({
      'package-0': 1000,
      'package-0/dram': 300,
      'package-1': 1000,
      'package-1/dram': 300,
    })
    const big = { ...package0, maxPower: 600, powerLimit: 700, range: AMD_RANGE }
    expect(await boundOf(treeOf([big]))).toEqual({ 'package-0': 1400 })
    // Else the counter would have to be read every few milliseconds, and each step had several meanings.
    expect(await boundOf(tree('a rating of nonsense'))).toEqual({ 'package-0': 1400 })
  })
})

describe('dies that mirror one counter', () => {
  /** Domains of two dies in a world where `happen` decides what they count, and how long it was, before a read. */
  async function domainsOf(happen: (read: number) => { counts: [number, number]; seconds: number }) {
    const world = tree('Threadripper whose dies mirror one counter')
    let reads = 0
    let time = 0
    const context = realContext({
      sysRoot: world.sysRoot,
      clock() {
        const { counts, seconds } = happen(reads++)
        counts.forEach((count, die) => {
          world.write(`intel-rapl:${die}`, `${count}\n`)
        })
        time += seconds
        return time
      },
    })
    return (await definitionOf(rapl).open({}, context)).domains.map(({ id }) => id)
  }
  const one = ['package-0-die-0', 'package-0-die-0/core']
  const two = [...one, 'package-0-die-1', 'package-0-die-1/core']

  it('are one, even when it moves on between two reads', async () => {
    const tick = (read: number) => 1_000_000_000 + (read === 0 ? 0 : 280_000)
    expect(
      await domainsOf((read) => ({ counts: [tick(read), tick(read)], seconds: read === 1 ? 4e-6 : 5e-6 })),
    ).toEqual(one)
  })

  it('are two if they differ, even when somebody is held up between two reads', async () => {
    const happen = (read: number) => ({
      counts: [1_000_000, 1_200_000] as [number, number],
      seconds: read % 4 === 1 ? 0.05 : 5e-6,
    })
    expect(await domainsOf(happen)).toEqual(two)
  })

  it('are two when they agree at one of two instants alone', async () => {
    const world = tree('Threadripper whose dies mirror one counter')
    const opening = openTree(world)
    // The first comparison is made before anything is waited for.
    await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    world.write('intel-rapl:1', '999\n')
    const { meter } = await opening
    expect(meter.domains.map(({ id }) => id)).toContain('package-0-die-1')
  })
})

describe('what is left out is said', () => {
  it.each([
    ['laptop with a memory-mapped twin', 'duplicate-zone', /intel-rapl-mmio:0\/energy_uj repeats/],
    ['Threadripper whose dies mirror one counter', 'duplicate-zone', /intel-rapl:1\/energy_uj repeats/],
    [
      'zones that nobody knows',
      'zone-unrecognised',
      /'flux-capacitor'.*\n.*whose name cannot be read.*:2\/energy_uj/,
    ],
    ['a range that cannot be read', 'range-unknown', /package-0: nothing says where its counter wraps/],
    ['psys asked for where there is none', 'psys-absent', /psys was asked for, and there is none/],
  ])('%s: %s', async (name, code, message) => {
    const { said } = await openTree(tree(name), WORLDS[name]?.options)
    expect(said.map((line) => line.code)).toContain(code)
    expect(said.map((line) => line.message).join('\n')).toMatch(message)
  })

  it('an uncertainty is stated on request alone, and is common to all domains', async () => {
    const world = treeOf([package0])
    expect((await openTree(world)).meter.domains[0]).not.toHaveProperty('standardUncertainty')
    const { meter } = await openTree(world, { uncertainty: 0.03 })
    expect(meter.domains[0]?.standardUncertainty).toEqual({ relative: 0.03, shared: 'meter' })
  })

  it('psys alone is counted on request', async () => {
    const world = treeOf([{ ...package0, name: 'psys' }])
    expect((await openTree(world, { psys: true })).meter.domains.map(({ id }) => id)).toEqual(['psys'])
    expect(await definitionOf(rapl).probe?.({ psys: true }, realContext({ sysRoot: world.sysRoot }))).toEqual(
      {
        available: true,
      },
    )
  })
})

describe('a user without rights', () => {
  it('is told which file, and only of safe fixes', async () => {
    const world = treeOf(UNREADABLE)
    const found = await asNobody(() => probe(world.sysRoot))
    const file = `${world.sysRoot}/class/powercap/intel-rapl:0/energy_uj`
    expect(found).toMatchObject({
      available: false,
      why: expect.stringMatching(/present but unreadable/),
      file,
      fixes: expect.arrayContaining([
        expect.stringMatching(/udev/),
        expect.stringMatching(/--volume.*HOST_SYS/),
      ]),
    })
    expect(JSON.stringify(found)).not.toMatch(
      /a\+r|o\+r|777|666|644|444|setcap|--privileged|sudo (node|ergometer)/,
    )
  })

  it('may read packages and not their memory: that is missing, not absent', async () => {
    const world = treeOf(UNREADABLE_MEMORY)
    const { meter, said } = await asNobody(() => openTree(world))
    const time = {
      get seconds() {
        return world.seconds
      },
      advance: (seconds: number) => asOwner(() => world.advance(seconds)),
    }
    const { counted, missing } = await asNobody(() => recordedJoules(meter, time, 1))
    expect([...counted].sort()).toEqual(['package-0', 'package-1'])
    expect(missing).toEqual([
      { kind: 'memory', label: 'DRAM of package-0', why: 'never read' },
      { kind: 'memory', label: 'DRAM of package-1', why: 'never read' },
    ])
    expect(said).toEqual([
      {
        code: 'zone-unreadable',
        message: expect.stringMatching(/intel-rapl:0:0\/energy_uj: cannot be read \(EACCES\)/),
      },
      {
        code: 'zone-unreadable',
        message: expect.stringMatching(/intel-rapl:1:0\/energy_uj: cannot be read \(EACCES\)/),
      },
    ])
  })

  it('who may read psys alone is not given it for the CPU', async () => {
    const world = treeOf(UNREADABLE_PACKAGE)
    expect(await asNobody(() => probe(world.sysRoot))).toMatchObject({
      available: false,
      why: expect.stringMatching(/package|intel-rapl:0\/energy_uj/),
    })
    const { meter, said } = await asNobody(() => openTree(world))
    expect(meter.domains.map(({ id }) => id)).not.toContain('psys')
    expect(said.map(({ code }) => code)).toEqual(['psys-only'])
  })

  it('uses the memory-mapped twin where it may read that one alone', async () => {
    const zones = [
      { ...package0, unreadable: true, range: AMD_RANGE },
      { ...package0, id: 'intel-rapl-mmio:0', range: AMD_RANGE },
    ]
    const world = treeOf(zones)
    const { meter, said } = await asNobody(() => openTree(world))
    expect(meter.domains.map(({ id }) => id)).toEqual(['package-0'])
    expect(said[0]?.message).toMatch(/intel-rapl:0\/energy_uj repeats .*intel-rapl-mmio:0/)
    expect(await asNobody(() => probe(world.sysRoot))).toEqual({ available: true })
    expect(await asNobody(async () => readOnce(meter))).toEqual({ 'package-0': 0 })
  })
})
