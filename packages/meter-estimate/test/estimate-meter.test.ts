import { definitionOf, findMeter, MeterError, parseOptions, realContext } from '@ergometer/meter'
import { describe, expect, it } from 'vitest'
import { openEstimate } from '../src/estimate-meter.ts'
import * as index from '../src/index.ts'
import { openPortableMachine } from '../src/portable-machine.ts'
import { FakeMachine, readOnce } from './fake-machine.ts'

const definition = definitionOf(findMeter({ ...index }, 'here'))

describe('the module', () => {
  it('exports one meter, as default and by name', () => {
    expect(index.default).toBe(index.estimate)
    expect(findMeter({ ...index }, 'here', 'estimate')).toBe(index.estimate)
    expect(index.estimate({ cpuWatts: 40 }).module).toMatch(/^file:.*\.(ts|js)$/)
  })

  it.each([
    [{ tdpWats: 90 }, /unknown: tdpWats; expected cpuWatts, /],
    [{ tdpWatts: 0 }, /tdpWatts: expected a finite number above 0/],
    [{ cpuWatts: 'much' }, /cpuWatts: expected a finite/],
    [
      { instance: { idleWatts: 1, peakWatts: 0, relativeUncertainty: 0.3, source: 'me' } },
      /peakWatts: expected a/,
    ],
    [{ instance: { watts: 3 } }, /instance/],
    [{ memoryWattsPerGigabyte: Infinity }, /memoryWattsPerGigabyte: expected a finite/],
    ['fast', /options: expected an object/],
  ])('rejects the options %j', async (options, path) => {
    await expect(parseOptions(definition, options)).rejects.toThrow(path)
  })
})

describe('on Linux', () => {
  it('declares CPU and memory as modelled, with an uncertainty and what it rests on', async () => {
    const { domains } = await new FakeMachine().epyc8024p().open()
    expect(domains.map(({ id, kind, method }) => [id, kind, method])).toEqual([
      ['cpu', 'cpu', 'modelled'],
      ['memory', 'memory', 'modelled'],
    ])
    const [cpu, memory] = domains
    expect(cpu).toMatchObject({
      label: 'AMD EPYC 8024P 8-Core Processor (16 CPUs, model)',
      identity: 'cpu:package-0',
      reads: { quantity: 'interval-energy' },
      attributes: { basis: 'TDP 90 W of epyc 8024p, chiplet server curve' },
    })
    expect(cpu?.standardUncertainty?.relative).toBeGreaterThan(0.2)
    expect(cpu?.standardUncertainty?.relative).toBeLessThan(0.35)
    expect(memory?.standardUncertainty).toEqual({ relative: 0.5, shared: 'meter' })
  })

  describe('of an instance whose watts are published', () => {
    const instance = {
      name: 'aws m5.2xlarge',
      idleWatts: 5.2,
      peakWatts: 34.08,
      relativeUncertainty: 0.35,
      source: 'Cloud Carbon Footprint',
      includedGigabytes: 4,
    }

    it('goes by them, in a straight line, and counts no memory that is in them: by hand', async () => {
      const machine = new FakeMachine().epyc8024p()
      const meter = await machine.open({ instance })
      expect(meter.domains[0]).toMatchObject({
        standardUncertainty: { relative: 0.35 },
        attributes: { basis: 'aws m5.2xlarge: 5.2 to 34.08 W by Cloud Carbon Footprint' },
      })
      // Two seconds of all 16 CPUs, a quarter of them busy: 5.2 + 28.88 / 4 = 12.42 W.
      machine.seconds += 2
      machine.stat(1000 + 800, 9000 + 2400)
      const [cpu, memory] = await readOnce(meter)
      expect(cpu?.joules).toBeCloseTo(24.84, 9)
      // 10 GiB in use, 4 GB of them in the CPU's figures: 6.737 GB * 0.392 W * 2 s.
      expect(memory?.joules).toBeCloseTo(6.73741824 * 0.392 * 2, 9)
    })

    it('counts no memory where all that is in use is in them', async () => {
      const machine = new FakeMachine().epyc8024p()
      const meter = await machine.open({ instance: { ...instance, includedGigabytes: 40 } })
      machine.seconds += 1
      machine.stat(1000, 9000 + 1600)
      const [cpu, memory] = await readOnce(meter)
      expect(cpu?.joules).toBeCloseTo(5.2, 9)
      expect(memory?.joules).toBe(0)
    })

    it('is not gone by where somebody knows this CPU better', async () => {
      const { domains } = await new FakeMachine().epyc8024p().open({ instance, tdpWatts: 90 })
      expect(domains[0]?.attributes).toEqual({ basis: 'TDP 90 W as given, chiplet server curve' })
      expect(domains[1]?.attributes).toEqual({ basis: 'bytes in use' })
    })
  })

  it('gives the joules of the interval since the read before: by hand, 16 CPUs of 18 to 55.8 W', async () => {
    const machine = new FakeMachine().epyc8024p()
    const meter = await machine.open()

    // Two seconds of all 16 CPUs: 3200 jiffies, all busy. 55.8 W * 2 s.
    machine.seconds += 2
    machine.stat(1000 + 3200, 9000)
    const [cpu, memory] = await readOnce(meter)
    expect(cpu).toMatchObject({ domain: 'cpu', from: 1000, time: 1002 })
    expect(cpu?.joules).toBeCloseTo(111.6, 9)
    // 10 GiB in use: 10.737 GB * 0.392 W * 2 s.
    expect(memory).toMatchObject({ domain: 'memory', from: 1000, time: 1002 })
    expect(memory?.joules).toBeCloseTo(10.73741824 * 0.392 * 2, 9)

    // One second of idling: 18 W * 1 s.
    machine.seconds += 1
    machine.stat(4200, 9000 + 1600)
    expect((await readOnce(meter))[0]?.joules).toBeCloseTo(18, 9)

    // One second at half load: 18 + 37.8 * (1 - 0.5^2) W.
    machine.seconds += 1
    machine.stat(5000, 11400)
    expect((await readOnce(meter))[0]?.joules).toBeCloseTo(18 + 37.8 * (1 - 0.5 ** 2), 9)
  })

  it('has a first reading before the first tick, and bridges reads that come too close', async () => {
    const machine = new FakeMachine().epyc8024p()
    const meter = await machine.open()
    machine.seconds += 0.004
    const [first] = await readOnce(meter)
    expect(first?.joules).toBeGreaterThan(18 * 0.004)
    expect(first?.joules).toBeLessThan(55.8 * 0.004)

    machine.seconds += 1
    machine.stat(1000, 9000 + 1606)
    await readOnce(meter)
    machine.seconds += 0.005
    expect((await readOnce(meter))[0]?.joules).toBeCloseTo(18 * 0.005, 9)
  })

  it('fails rather than guesses when CPU times stand still, and bridges once they go on', async () => {
    const machine = new FakeMachine().epyc8024p()
    const meter = await machine.open()
    machine.seconds += 5
    await expect(readOnce(meter)).rejects.toMatchObject({ outcome: 'retry', code: 'ESTIMATE_STANDSTILL' })
    machine.seconds += 5
    machine.stat(1000 + 16000, 9000)
    const [cpu] = await readOnce(meter)
    expect(cpu).toMatchObject({ from: 1000, time: 1010 })
    expect(cpu?.joules).toBeCloseTo(558, 9)
  })

  it('says that it must try again while a file is missing, and goes on with the other domain', async () => {
    const machine = new FakeMachine().epyc8024p()
    const meter = await machine.open()
    machine.seconds += 1
    machine.stat(1000 + 1600, 9000).remove('proc/meminfo')
    await expect(readOnce(meter)).rejects.toMatchObject({
      outcome: 'retry',
      message: expect.stringContaining('proc/meminfo: cannot be read (ENOENT)'),
      recorded: [{ domain: 'cpu', from: 1000, time: 1001, joules: expect.closeTo(55.8, 9) }],
    })

    machine.seconds += 1
    machine.memory(64 * 1024 ** 3, 54 * 1024 ** 3).remove('proc/stat')
    await expect(readOnce(meter)).rejects.toMatchObject({
      outcome: 'retry',
      recorded: [{ domain: 'memory', from: 1000, time: 1002 }],
    })
  })

  it('opens while memory is unreadable: its curve begins with the first good read', async () => {
    const machine = new FakeMachine().epyc8024p()
    machine.write('proc/meminfo', 'MemTotal: 5 kB\n')
    const meter = await machine.open()
    machine.seconds += 1
    machine.memory(64 * 1024 ** 3, 54 * 1024 ** 3).stat(2600, 9000)
    expect((await readOnce(meter)).map(({ domain }) => domain)).toEqual(['cpu'])
    machine.seconds += 1
    machine.stat(4200, 9000)
    expect((await readOnce(meter)).map(({ domain, from }) => [domain, from])).toEqual([
      ['cpu', 1001],
      ['memory', 1001],
    ])
  })

  it('is available where /proc/stat counts, and else says why and what would help', async () => {
    const machine = new FakeMachine()
    await expect(machine.open()).rejects.toSatisfy(MeterError.isInstance)
    expect(await machine.probe()).toMatchObject({
      available: false,
      why: expect.stringContaining('proc/stat: cannot be read (ENOENT)'),
      file: expect.stringContaining('proc/stat'),
      fixes: [expect.stringContaining('HOST_PROC')],
    })
    // Some sandboxes show zeros only: unknown, never 0 W.
    machine.stat(0, 0)
    expect(await machine.probe()).toMatchObject({ available: false })
    expect(await machine.epyc8024p().probe()).toEqual({ available: true })
  })

  it('never yields 0 for a CPU that it does not know, and says so once', async () => {
    const machine = new FakeMachine().stat(1000, 9000, 4).memory(2 ** 30, 2 ** 29)
    const meter = await machine.open()
    expect(meter.domains[0]?.label).toBe('unknown CPU (4 CPUs, model)')
    expect(machine.logged).toEqual([expect.stringMatching(/^cpu-unknown: CPU 'unknown CPU'/)])
    machine.seconds += 1
    machine.stat(1000, 9400, 4)
    expect((await readOnce(meter))[0]?.joules).toBeGreaterThan(0)
  })

  it('takes the options for what they are', async () => {
    const machine = new FakeMachine().epyc8024p()
    const [given, rated] = [
      await machine.open({ cpuWatts: 46, memoryWattsPerGigabyte: 0.1 }),
      await machine.open({ tdpWatts: 180 }),
    ]
    machine.seconds += 1
    machine.stat(2600, 9000)
    const [cpu, memory] = await readOnce(given)
    expect(cpu?.joules).toBeCloseTo(46, 9)
    expect(memory?.joules).toBeCloseTo(1.073741824, 9)
    expect((await readOnce(rated))[0]?.joules).toBeCloseTo(111.6, 9)
  })
})

describe('part of a machine', () => {
  it('models the vCPUs of a virtual machine, not the socket', async () => {
    const machine = new FakeMachine()
      .cpuInfo('AMD EPYC 7763 64-Core Processor', 8, { sockets: 8, flags: 'fpu hypervisor' })
      .stat(1000, 9000, 8)
      .memory(2 ** 30, 2 ** 29)
    const meter = await machine.open()
    expect(meter.domains[0]?.label).toBe('AMD EPYC 7763 64-Core Processor (8 vCPUs, model)')
    expect(meter.domains[0]).not.toHaveProperty('identity')
    machine.seconds += 1
    machine.stat(1800, 9000, 8)
    expect((await readOnce(meter))[0]?.joules).toBeCloseTo(0.62 * 280 * (8 / 128), 9)
  })

  it('knows virtual ARM hardware by its firmware, and counts sockets by sysfs', async () => {
    const arm = (cpus: number) =>
      new FakeMachine()
        .write(
          'proc/cpuinfo',
          Array.from(
            { length: cpus },
            (_, cpu) => `processor\t: ${cpu}\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n`,
          ).join('\n'),
        )
        .stat(10, 10, cpus)
    const cloud = arm(2).write('sys/class/dmi/id/sys_vendor', 'Amazon EC2\n')
    expect((await cloud.open()).domains[0]?.label).toBe('Neoverse-N1 (2 vCPUs, model)')
    cloud.write('sys/class/dmi/id/product_name', 'c6g.metal\n')
    expect((await cloud.open()).domains[0]?.label).toBe('Neoverse-N1 (2 CPUs, model)')
    const dual = arm(2)
      .write('sys/devices/system/cpu/cpu0/topology/physical_package_id', '0\n')
      .write('sys/devices/system/cpu/cpu1/topology/physical_package_id', '1\n')
    expect((await dual.open()).domains[0]?.label).toBe('2 x Neoverse-N1 (2 CPUs, model)')
  })

  it("takes a container's CPUs and its own use of them, whatever its neighbours do", async () => {
    const used = (seconds: number) => machine.write('sys/fs/cgroup/cpu.stat', `usage_usec ${seconds * 1e6}\n`)
    const machine = new FakeMachine()
      .epyc8024p()
      .write('proc/self/cgroup', '0::/\n')
      .write('sys/fs/cgroup/cgroup.controllers', 'cpu memory\n')
      .write('sys/fs/cgroup/cpu.max', '400000 100000\n')
      .write('sys/fs/cgroup/memory.max', `${4e9}\n`)
      .write('sys/fs/cgroup/memory.current', `${1e9}\n`)
    used(100)
    const meter = await machine.open()
    expect(meter.domains[0]).toMatchObject({
      label: 'AMD EPYC 8024P 8-Core Processor (4 of 16 CPUs, model)',
      attributes: { basis: '25 % of TDP 90 W of epyc 8024p, chiplet server curve' },
    })
    expect(meter.domains[0]).not.toHaveProperty('identity')

    // Half of its four CPUs for a second: a quarter of the machine's watts at half load. The others are all busy.
    machine.seconds += 1
    machine.stat(2600, 9000)
    used(102)
    const [cpu, memory] = await readOnce(meter)
    expect(cpu?.joules).toBeCloseTo((18 + 37.8 * (1 - 0.5 ** 2)) / 4, 9)
    expect(memory?.joules).toBeCloseTo(0.392, 9)

    machine.seconds += 1
    machine.remove('sys/fs/cgroup/cpu.stat')
    await expect(readOnce(meter)).rejects.toMatchObject({ outcome: 'retry' })
  })

  it("caps by the machine's load where the container's own use is hidden", async () => {
    const machine = new FakeMachine()
      .epyc8024p()
      .write('proc/self/cgroup', '0::/\n')
      .write('sys/fs/cgroup/cgroup.controllers', 'cpu\n')
      .write('sys/fs/cgroup/cpu.max', '400000 100000\n')
    const meter = await machine.open()
    machine.seconds += 1
    machine.stat(2600, 9000)
    expect((await readOnce(meter))[0]?.joules).toBeCloseTo(55.8 / 4, 9)
  })
})

describe('on macOS and Windows', () => {
  const cpu = (busy: number, idle: number) => ({
    model: 'Apple M1 Max ',
    speed: 0,
    times: { user: busy, nice: 0, sys: 0, irq: 0, idle },
  })

  it('works by os.cpus()', async () => {
    let cpus = [cpu(5000, 5000), cpu(5000, 5000)]
    let seconds = 0
    const machine = openPortableMachine({ cpus: () => cpus, totalmem: () => 8e9, freemem: () => 6e9 })
    const meter = openEstimate(machine, {}, realContext({ clock: () => seconds }))
    expect(meter.domains[0]?.label).toBe('Apple M1 Max (2 CPUs, model)')
    seconds = 1
    cpus = [cpu(6000, 5000), cpu(6000, 5000)]
    const [power, memory] = await readOnce(meter)
    expect(power?.joules).toBeCloseTo(42, 9)
    expect(memory?.joules).toBeCloseTo(2 * 0.392, 9)
  })

  it('must try again where nothing is shown', () => {
    const nothing = { cpus: () => [], totalmem: () => 0, freemem: () => 0 }
    expect(() => openPortableMachine(nothing)).toThrow('os.cpus()')
  })
})
