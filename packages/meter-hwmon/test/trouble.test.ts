import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { definitionOf, MeterError, parseOptions } from '@ergometer/meter'
import { afterEach, describe, expect, it } from 'vitest'
import hwmon from '../src/index.ts'
import { HwmonTree, type Machine, type TreeChip } from './hwmon-tree.ts'
import { openTree, probeTree, readOnce } from './open-tree.ts'
import { recordedJoules } from './recorded-joules.ts'
import { amdApu, amdCard, battery, hostMeter, WORLDS } from './worlds.ts'

const trees: HwmonTree[] = []

function tree(machine: Machine): HwmonTree {
  const made = new HwmonTree(machine)
  trees.push(made)
  return made
}

afterEach(() => {
  for (const made of trees.splice(0)) made.remove()
})

const CARD = 'amdgpu-0000:03:00.0'
const card = (files = {}) => amdCard('0000:03:00.0', { power1_average: 50_000_000, ...files })
const supply: TreeChip = {
  name: 'corsairpsu',
  device: 'pci0000:00/usb1/0003:1B1C:1C08.0005',
  files: {
    power1_label: 'power total',
    power1_input: 80_000_000,
    power2_label: '12v',
    power2_input: 60_000_000,
  },
}

describe('a sensor that fails', () => {
  it('costs itself alone, and is said once of each outage', async () => {
    const world = tree({ chips: [card(), amdApu({ power1_average: 20_000_000 })] })
    const { meter, said } = await openTree(world)
    const apu = { 'amdgpu-0000:05:00.0': 20 }
    world.put('class/hwmon/hwmon0/power1_average', 'nonsense')
    // A read that throws makes the meter be read ever more seldom, and with it what does not fail.
    for (let time = 0; time < 3; time++) expect(await readOnce(meter)).toEqual({ values: apu })
    expect(said).toEqual([
      {
        ...{ severity: 'warning', code: 'sensor-unreadable', domain: CARD },
        message: expect.stringContaining(
          `${world.file(0, 'power1_average')}: cannot be read (expected a whole number, found 'nonsense')`,
        ),
      },
    ])
    world.put('class/hwmon/hwmon0/power1_average', 55_000_000)
    expect(await readOnce(meter)).toEqual({ values: { ...apu, [CARD]: 55 } })
    rmSync(world.file(0, 'power1_average'))
    expect(await readOnce(meter)).toEqual({ values: apu })
    expect(said).toHaveLength(2)
    expect(said[1]?.message).toContain('ENOENT')
  })

  it('fails the read if there is no other', async () => {
    const world = tree({ chips: [card()] })
    const { meter } = await openTree(world)
    world.put('class/hwmon/hwmon0/power1_average', '')
    for (let time = 0; time < 3; time++) {
      const { values, error } = await readOnce(meter)
      expect(values).toEqual({})
      expect(error).toBeInstanceOf(MeterError)
      expect(error).toMatchObject({ outcome: 'retry', code: 'HWMON_UNREADABLE' })
    }
  })

  it('that shows nothing, or what firmware says for "unknown", tells nothing', async () => {
    const world = tree({ chips: [hostMeter(0, [], { power1_average: 4_294_967_295_000 }), card()] })
    const { meter } = await openTree(world)
    world.put('class/hwmon/hwmon1/power1_average', 0)
    expect(await readOnce(meter)).toEqual({ values: {} })
  })

  it('loses what it counted before it was reset, and no more', async () => {
    const world = tree(WORLDS['Intel Arc under i915'] as Machine)
    const { meter } = await openTree(world)
    const { joules, curves } = await recordedJoules(meter, world, 10, {
      happens(second) {
        const from = world.joules('gpu')
        if (second !== 5) return
        world.put('class/hwmon/hwmon0/energy1_input', (now) => Math.round((now.joules('gpu') - from) * 1e6))
      },
    })
    expect(curves[0]?.resets).toBe(1)
    expect(joules['i915-0000:03:00.0']).toBeLessThan(world.joules('gpu'))
    expect(joules['i915-0000:03:00.0']).toBeGreaterThan(world.joules('gpu') - 170)
  })
})

describe('of what a chip shows', () => {
  it('a channel that is switched off is none', async () => {
    const world = tree(WORLDS['Jetson Orin NX: VDD_IN contains the rest'] as Machine)
    world.put('class/hwmon/hwmon0/in3_enable', 0)
    const { meter } = await openTree(world)
    expect(meter.domains.map(({ id }) => id)).toEqual(['VDD_IN', 'VDD_CPU_GPU_CV'])
  })

  it('the mean before the instant is taken, if the driver has it', async () => {
    const both = tree({ chips: [card({ power1_input: 90_000_000 })] })
    expect((await readOnce((await openTree(both)).meter)).values).toEqual({ [CARD]: 50 })
    const refused = tree({ chips: [card({ power1_average: '', power1_input: 90_000_000 })] })
    const { meter } = await openTree(refused)
    expect((await readOnce(meter)).values).toEqual({ [CARD]: 90 })
    expect(meter.domains[0]?.attributes).toEqual({ chip: 'amdgpu', sensor: 'power1_input' })
  })

  it('the time of a mean goes with it, unless it is nonsense', async () => {
    const readsOf = async (interval: number) => {
      const world = tree({ chips: [hostMeter(0, [], { power1_average_interval: interval })] })
      return (await openTree(world)).meter.domains[0]?.reads
    }
    expect(await readsOf(300_000)).toEqual({ quantity: 'power', averagedOver: 300 })
    expect(await readsOf(0)).toEqual({ quantity: 'power' })
    expect(await readsOf(4_294_967_295)).toEqual({ quantity: 'power' })
  })

  it('an id does not depend on the order in which drivers came', async () => {
    const chips = [card(), amdApu({ power1_average: 1_000_000 })]
    const ids = async (machine: Machine) => (await openTree(tree(machine))).meter.domains.map(({ id }) => id)
    const one = await ids({ chips })
    expect(one.sort()).toEqual((await ids({ chips: [...chips].reverse() })).sort())
  })

  it('two of one name and device are two', async () => {
    const { meter } = await openTree(tree({ chips: [card(), card()] }))
    expect(meter.domains.map(({ id }) => id)).toEqual([CARD, `${CARD}-1`])
  })
})

describe('a card that sleeps', () => {
  it('is not woken: it is read when it is awake', async () => {
    const world = tree({ chips: [card({ power1_input: 90_000_000 })] })
    const status = 'devices/pci0000:00/0000:00:01.1/0000:03:00.0/power/runtime_status'
    world.put(status, 'suspended')
    // Whoever reads either file of this card would see it fail.
    world.put('class/hwmon/hwmon0/power1_average', 'woken up')
    world.put('class/hwmon/hwmon0/power1_input', 'woken up')
    const { meter } = await openTree(world)
    expect(await readOnce(meter)).toEqual({ values: {} })
    world.put(status, 'active')
    world.put('class/hwmon/hwmon0/power1_average', 45_000_000)
    expect(await readOnce(meter)).toEqual({ values: { [CARD]: 45 } })
  })
})

describe('a rated accuracy', () => {
  it.each([
    ['97.0%', 0.03 / Math.sqrt(3)],
    // The kernel leaves zeros out: these are 97.005 %.
    ['97.5%', 0.029_95 / Math.sqrt(3)],
    ['97.500%', 0.025 / Math.sqrt(3)],
    ['100.0%', undefined],
    ['0.0%', undefined],
    ['3.0%', undefined],
    ['good', undefined],
  ])('of %s is a standard uncertainty of %s', async (power1_accuracy, relative) => {
    const { meter } = await openTree(tree({ chips: [hostMeter(0, [], { power1_accuracy })] }))
    const { standardUncertainty } = meter.domains[0] ?? {}
    if (relative === undefined) expect(standardUncertainty).toBeUndefined()
    else expect(standardUncertainty?.relative).toBeCloseTo(relative, 9)
  })
})

describe('a battery', () => {
  const laptop = (status: string, online: number, watts = 10) => ({
    supplies: { AC: { type: 'Mains', online }, BAT0: battery(status, 'host') },
    loads: { host: () => watts },
  })

  it.each([
    ['Charging', 1, /AC is plugged in/],
    ['Full', 1, /AC is plugged in/],
    ['Not charging', 1, /AC is plugged in/],
    // A charger that is too weak: the battery helps.
    ['Discharging', 1, /AC is plugged in/],
    ['Charging', 0, /BAT0 is charging/],
    ['Full', 0, /not discharging/],
    ['Unknown', 0, /not discharging/],
  ])('that is %s, mains %s, tells nothing', async (status, online, why) => {
    const world = tree(laptop(status, online))
    expect(await probeTree(world)).toMatchObject({ available: false, why: expect.stringMatching(why) })
    const { meter } = await openTree(world, { battery: true })
    expect(await readOnce(meter)).toEqual({ values: {} })
  })

  it('is known while it alone feeds the host, never 0', async () => {
    const world = tree(laptop('Discharging', 0))
    const { meter } = await openTree(world)
    const { joules, seconds } = await recordedJoules(meter, world, 100, {
      happens(second) {
        if (second === 31) world.put('class/power_supply/AC/online', 1)
        if (second === 40) world.put('class/power_supply/BAT0/status', 'Charging')
        if (second === 80) world.put('class/power_supply/BAT0/status', 'Discharging')
        if (second === 80) world.put('class/power_supply/AC/online', 0)
      },
    })
    expect(seconds['battery']).toBeCloseTo(50, 6)
    expect(joules['battery']).toBeCloseTo(500, 6)
  })

  it('whose gauge has not noticed yet is not at 0 W', async () => {
    const { meter } = await openTree(tree(laptop('Discharging', 0, 0)))
    expect(await readOnce(meter)).toEqual({ values: {} })
  })

  it('beside one of which nobody knows what it does tells nothing', async () => {
    const { meter } = await openTree(
      tree({
        supplies: { BAT0: battery('Discharging', 'host'), BAT1: battery('Unknown', 'host') },
        loads: { host: () => 5 },
      }),
    )
    expect(await readOnce(meter)).toEqual({ values: {} })
  })

  it('is left alone on request', async () => {
    expect(await probeTree(tree(laptop('Discharging', 0)), { battery: false })).toMatchObject({
      available: false,
    })
  })
})

describe('what is left out is said', () => {
  it.each<[string, Machine, RegExp]>([
    ['a supply that does not say what it feeds', { chips: [card(), supply] }, /corsairpsu\/power1/],
    [
      'a battery that ACPI meters',
      { chips: [card(), hostMeter(0, [], { power1_is_battery: 1 })] },
      /battery/,
    ],
    [
      'a rail that nobody knows',
      {
        chips: [
          {
            name: 'ina3221',
            files: {
              ...{ in1_label: 'VDD_IN', in1_input: 5000, curr1_input: 1000 },
              ...{ in2_label: 'VDD_FLUX', in2_input: 5000, curr2_input: 1000 },
            },
          },
        ],
      },
      /VDD_FLUX/,
    ],
    [
      'a card without power',
      { chips: [card(), amdCard('0000:04:00.0', { power1_label: 'PPT' })] },
      /04:00.0 shows no power/,
    ],
    ['a laptop that is plugged in', { ...machineOn(1), chips: [card()] }, /AC is plugged in/],
  ])('%s', async (_name, machine, message) => {
    const { meter, said } = await openTree(tree(machine))
    expect(meter.domains).toHaveLength(1)
    expect(said).toEqual([
      expect.objectContaining({ code: 'sensor-left-out', message: expect.stringMatching(message) }),
    ])
  })

  it('a host meter that may be of a part is recorded, and said to be so', async () => {
    const { meter, said } = await openTree(tree({ chips: [hostMeter(0, ['ACPI0004:00'])] }))
    expect(meter.domains[0]).toMatchObject({ kind: 'host' })
    expect(meter.domains[0]?.feeds).toBeUndefined()
    expect(said).toMatchObject([{ code: 'scope-unknown', domain: 'power_meter-ACPI000D:00' }])
  })

  it('an INA3221 of another board is not taken for a Jetson', async () => {
    const chip = { name: 'ina3221', files: { in1_label: 'fan', in1_input: 5000, curr1_input: 10 } }
    expect(await probeTree(tree({ chips: [chip] }))).toMatchObject({
      available: false,
      why: expect.stringMatching(/ina3221-hwmon0 shows power \(in1 'fan'\), but not of what/),
    })
  })

  it('channels that may contain each other are taken one by one, if asked for', async () => {
    const world = tree({ chips: [supply] })
    await expect(openTree(world, { chips: ['corsairpsu'] })).rejects.toMatchObject({ code: 'HWMON_ABSENT' })
    const { meter, said } = await openTree(world, { chips: ['corsairpsu/power1', 'flux'] })
    expect(meter.domains).toMatchObject([
      { id: 'corsairpsu-0003:1B1C:1C08.0005/power1', kind: 'other', label: 'corsairpsu power total' },
    ])
    expect(said).toMatchObject([{ severity: 'warning', message: expect.stringContaining("'flux'") }])
  })
})

function machineOn(online: number): Machine {
  return {
    supplies: { AC: { type: 'Mains', online }, BAT0: battery('Full', 'host') },
    loads: { host: () => 5 },
  }
}

describe('probe', () => {
  it('says where there is nothing', async () => {
    const world = tree({ chips: [{ name: 'k10temp', files: { temp1_input: 40_000 } }] })
    const folder = join(world.sysRoot, 'class/hwmon')
    expect(await probeTree(world)).toEqual({
      available: false,
      why: `no sensor of power in ${folder} and ${join(world.sysRoot, 'class/power_supply')}`,
      file: folder,
    })
    rmSync(join(world.sysRoot, 'class'), { recursive: true })
    expect(existsSync(folder)).toBe(false)
    expect(await probeTree(world)).toMatchObject({ available: false, file: folder })
  })

  it('names the file that may not be read, and only safe fixes', async () => {
    const world = tree(WORLDS['Intel Arc under i915'] as Machine)
    chmodSync(world.file(0, 'energy1_input'), 0o400)
    chmodSync(world.sysRoot, 0o755)
    const findings = await asNobody(() => probeTree(world))
    expect(findings).toMatchObject({ available: false, file: world.file(0, 'energy1_input') })
    const fixes = JSON.stringify(findings)
    expect(fixes).toMatch(/udev/)
    expect(fixes).not.toMatch(/a\+r|777|666|setcap|--privileged/)
  })

  it('takes what may be read in place of what may not', async () => {
    const world = tree({ chips: [card({ energy1_input: 1 })] })
    chmodSync(world.file(0, 'energy1_input'), 0o400)
    chmodSync(world.sysRoot, 0o755)
    const { meter, said } = await asNobody(() => openTree(world))
    expect(meter.domains[0]?.reads).toEqual({ quantity: 'power' })
    expect(said).toMatchObject([{ code: 'sensor-unreadable', domain: world.file(0, 'energy1_input') }])
  })
})

describe('options', () => {
  it.each([
    [{ chip: [] }, /unknown: chip; expected chips or battery/],
    [{ chips: 'ina226' }, /chips: expected an array of names/],
    [{ chips: [1] }, /chips\.0: expected a name/],
    [{ battery: 'no' }, /battery: expected true or false/],
  ])('%j are refused', async (options, message) => {
    await expect(parseOptions(definitionOf(hwmon), options)).rejects.toThrow(message)
  })
})

/** What comes of it as a user without rights. */
async function asNobody<Value>(action: () => Promise<Value>): Promise<Value> {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}
