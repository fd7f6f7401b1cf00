import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Report } from '@ergometer/core'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { whyNoSimulation } from '../../node-nvml/test/simulated-nvml.ts'
import { CLI, LIBRARY, LiveMachine, until } from './live-machine.ts'
import { MUTE_WORLDS, uuid, WORLDS, type World } from './worlds.ts'

const ENERGY = 'nvmlDeviceGetTotalEnergyConsumption'
const ONE = `nvml:${uuid(0)}`
const machines: LiveMachine[] = []

beforeAll(() => expect(existsSync(CLI), 'build first: npm run build').toBe(true))
afterAll(() => {
  for (const machine of machines) machine.remove()
})

if (whyNoSimulation !== undefined) console.log(`skipped: ergometer run --meter nvml: ${whyNoSimulation}`)
const concurrently = describe.skipIf(whyNoSimulation !== undefined).concurrent

function machineOf(world: World): LiveMachine {
  const machine = new LiveMachine(world)
  machines.push(machine)
  return machine
}

/** A machine with one GPU, or several. */
function plain(...gpus: World['gpus']): LiveMachine {
  return machineOf({ gpus: gpus.length > 0 ? gpus : [{}], counted: {}, rungs: {} })
}

/** Reported joules are what the GPUs took while they were known, which is nearly all the time. */
function expectTruth(report: Report, counted: World['counted']): void {
  const { seconds } = report.run
  const domains = report.energy.domains.filter((domain) => domain.counted)
  expect(domains.map(({ id }) => id).sort()).toEqual(
    Object.keys(counted)
      .map((id) => `nvml:${id}`)
      .sort(),
  )
  for (const { id, joules = 0, coverage, method } of domains) {
    const watts = counted[id.slice('nvml:'.length)] as number
    expect(method).toBe('measured')
    // Counters move in steps of a tenth of a second, at either end.
    expect(Math.abs(joules - watts * coverage * seconds), id).toBeLessThan(0.21 * watts)
    expect(coverage * seconds, id).toBeGreaterThan(0.9)
  }
  const sum = domains.reduce((total, { joules = 0 }) => total + joules, 0)
  expect(report.energy.joules).toBeCloseTo(sum, 2)
}

concurrently('ERGOMETER_NVML_LIBRARY=<simulated> ergometer run --meter nvml', () => {
  it.each(Object.entries(WORLDS))('%s: the right joules', async (_name, world) => {
    const machine = machineOf(world)
    const program = machine.run([world.options ? `nvml=${JSON.stringify(world.options)}` : 'nvml'])
    const enough = ([id, watts]: [string, number]) => (program.joules(`nvml:${id}`) ?? 0) > 1.2 * watts
    await until(() => Object.entries(world.counted).every(enough))
    const { code, stderr } = await program.end()
    expect(code, stderr).toBe(0)
    const report = await machine.report()
    expectTruth(report, world.counted)
    expect(report.energy.domains.map(({ id }) => id.slice('nvml:'.length)).sort()).toEqual(
      [...Object.keys(world.counted), ...(world.beside ?? [])].sort(),
    )
    expect(report.health.map(({ code }) => code)).toEqual(expect.arrayContaining([...(world.said ?? [])]))
  })

  it.each(Object.entries(MUTE_WORLDS))('%s: nothing is known, and said in one line', async (_name, world) => {
    const machine = machineOf({ ...world, counted: {}, rungs: {} })
    if (world.init) machine.simulation.fail('nvmlInit_v2', world.init)
    const { code, stderr } = await machine
      .start([
        CLI,
        'run',
        '--meter',
        'nvml',
        '--',
        process.execPath,
        '-e',
        'setTimeout(process.exit, 700, 3)',
      ])
      .end()
    expect(code).toBe(3)
    const report = await machine.report()
    expect(report.energy.joules).toBeUndefined()
    expect(report.energy.domains).toEqual([])
    const lines = stderr.split('\n').filter((line) => line.startsWith('ergometer: ') && world.why.test(line))
    expect(lines, stderr).toHaveLength(1)
  })

  test.each([
    ['a stub', stubLibrary, /the CUDA toolkit's stub/],
    ['for another processor', foreignLibrary, /is for riscv64/],
  ])('a library that is %s costs one line; other meters go on', async (_name, libraryOf, why) => {
    const machine = plain()
    const program = machine.run(['nvml', 'estimate'], { ERGOMETER_NVML_LIBRARY: libraryOf(machine) })
    await until(() => (program.joules('estimate:cpu') ?? 0) > 0)
    const { stderr } = await program.end()
    expect(
      stderr.split('\n').filter((line) => line.startsWith('ergometer: ') && why.test(line)),
    ).toHaveLength(1)
    expect((await machine.report()).energy.method).toBe('modelled')
  })

  test('without any, nothing is said on stderr, and automatic meters go on', async () => {
    const machine = plain()
    const program = machine.start([CLI, 'run', '--', process.execPath, '-e', 'setTimeout(() => {}, 1000)'], {
      ERGOMETER_NVML_LIBRARY: '',
      HOST_PROC: '/proc',
    })
    const { stderr } = await program.end()
    expect(
      stderr
        .split('\n')
        .filter((line) => line.startsWith('ergometer: '))
        .join(),
    ).not.toMatch(/nvml/i)
    const { energy, health } = await machine.report()
    expect(energy.joules).toBeGreaterThan(0)
    const nvml = health.filter(({ meter }) => meter === 'nvml')
    expect(nvml).toEqual([expect.objectContaining({ severity: 'info', code: 'meter-unavailable' })])
  })

  test('it is among the meters that are found without being asked for', async () => {
    const machine = plain({ watts: 200 })
    const program = machine.run([])
    await until(() => (program.joules(ONE) ?? 0) > 100)
    await program.end()
    const { energy } = await machine.report()
    expect(energy.byKind['gpu']).toBeGreaterThan(100)
    expect(energy.boundary.missing.filter(({ kind }) => kind === 'gpu')).toEqual([])
  })

  test('a driver that is loaded anew is no energy, even if its counter is soon above the old one', async () => {
    const machine = plain({ startMillijoules: 0n, watts: 100 })
    const program = machine.run(['nvml'])
    await until(() => (program.joules(ONE) ?? 0) > 50)
    machine.simulation.reload()
    machine.simulation.gpu.set({ watts: 8000 })
    const known = program.joules(ONE) ?? 0
    await until(() => (program.joules(ONE) ?? 0) > known + 8000)
    await program.end()
    const { energy, health } = await machine.report()
    expect(energy.domains[0]).toMatchObject({ resets: 1, gaps: 1 })
    expect(health.map(({ code }) => code)).toContain('counter-reset')
  })

  test('a counter that contradicts its power is worth less', async () => {
    const machine = plain({ watts: 300, counterWatts: 150 })
    const program = machine.run(['nvml'])
    await until(() => (program.joules(ONE) ?? 0) > 11.5 * 150)
    await program.end()
    const { energy, health } = await machine.report()
    expect(health.map(({ code }) => code)).toContain('energy-disagrees')
    expect((energy.standardUncertaintyJoules ?? 0) / (energy.joules ?? 0)).toBeCloseTo(0.5, 1)
  })

  test('a superchip whose run is over before its scope is found has a gap, and that is said', async () => {
    const machine = machineOf(WORLDS['a GH200, whose counter is the GPU’s'] as World)
    const program = machine.run(['nvml'])
    await until(() => program.live()?.health.some(({ code }) => code === 'scope-unknown') === true)
    await program.end()
    const { energy, health } = await machine.report()
    expect(energy.joules).toBeUndefined()
    expect(health.map(({ code }) => code)).toContain('scope-unknown')
  })

  test('--scope process tells whose a GPU’s energy is', async () => {
    const machine = plain({ samples: [] })
    const program = machine.run(['nvml'], {}, ['--scope', 'process'])
    await until(() => program.joules(ONE) !== undefined)
    const pid = Number(program.stdout.split('\n')[1])
    machine.simulation.gpu.set({
      samples: [
        { pid, sm: 60 },
        { pid: 1, sm: 20 },
      ],
    })
    const before = program.joules(ONE) ?? 0
    await until(() => (program.joules(ONE) ?? 0) > before + 900)
    await program.end()
    const { energy, provenance } = await machine.report()
    expect(provenance.config['meters']).toMatchObject([{ name: 'nvml', options: { processes: true } }])
    const { method, shareJoules = 0, otherJoules = 0 } = energy.attribution?.gpu ?? {}
    expect(method).toBe('sm-utilisation')
    expect(shareJoules).toBeGreaterThan(300)
    expect(otherJoules / shareJoules).toBeCloseTo(1 / 3, 2)
  })
})

/** The toolkit's library lies in a folder of that name. */
function stubLibrary(machine: LiveMachine): string {
  const file = join(machine.folder, 'stubs/libnvidia-ml.so.1')
  mkdirSync(dirname(file))
  copyFileSync(machine.simulation.library, file)
  return file
}

/** A file that is a library, but of a machine that this is not. */
function foreignLibrary(machine: LiveMachine): string {
  const file = join(machine.folder, 'libnvidia-ml.so.1')
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(243, 18)
  writeFileSync(file, header)
  return file
}

concurrently('a call that hangs', () => {
  test('costs its GPUs alone, and is bridged once they answer', async () => {
    const machine = plain({ watts: 200 }, { watts: 100 })
    const program = machine.run(['nvml', 'estimate'])
    await until(() => (program.joules(ONE) ?? 0) > 100)
    machine.simulation.hang(ENERGY, machine.simulation.gpu)
    const hung = program.live() as NonNullable<ReturnType<typeof program.live>>
    const before = program.joules('estimate:memory') ?? 0
    // Totals are told once a second: two of them after the hang, and the other meter has gone on.
    await until(
      () => (program.joules('estimate:memory') ?? 0) > before && (program.live()?.t ?? 0) > hung.t + 1.9,
    )
    expect((program.live()?.t ?? 0) - hung.t).toBeLessThan(5)
    machine.simulation.heal()
    const known = program.joules(ONE) ?? 0
    await until(() => (program.joules(ONE) ?? 0) > known + 100)
    await program.end()
    const { run, energy, health } = await machine.report()
    const [one, two] = energy.domains.filter(({ id }) => id.startsWith('nvml:'))
    for (const [domain, watts] of [
      [one, 200],
      [two, 100],
    ] as const) {
      expect(domain).toMatchObject({ resets: 0, gaps: 0 })
      expect((domain?.joules ?? 0) / (run.seconds * (domain?.coverage ?? 0))).toBeCloseTo(watts, -1)
    }
    expect(health.map(({ code }) => code)).toContain('meter-timeout')
  })

  test('delays neither the end of the command nor its report', async () => {
    const machine = plain()
    const program = machine.run(['nvml', 'estimate'])
    await until(() => (program.joules(ONE) ?? 0) > 100)
    machine.simulation.hang(ENERGY)
    const begin = performance.now()
    const { code, stderr } = await program.end()
    expect(code).toBe(0)
    expect((performance.now() - begin) / 1000).toBeLessThan(3)
    expect(stderr).toContain('completed')
    const { energy } = await machine.report()
    expect(energy.domains.find(({ id }) => id === 'estimate:cpu')?.coverage).toBeGreaterThan(0.5)
  })

  test('delays run.end() no more', async () => {
    const machine = plain()
    const script = join(machine.folder, 'train.mjs')
    writeFileSync(
      script,
      `import { startRun } from ${JSON.stringify(LIBRARY)}
       const run = await startRun({ meters: ['nvml', 'estimate'] })
       console.log(run.env.ERGOMETER_EVENTS)
       process.stdin.resume()
       process.stdin.on('end', async () => {
         const begin = performance.now()
         const report = await run.end()
         console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000, status: report.run.status }))
         process.exit()
       })`,
    )
    const program = machine.start([script])
    await until(() => (program.joules(ONE) ?? 0) > 100)
    machine.simulation.hang(ENERGY)
    const { stdout } = await program.end()
    const { seconds, status } = JSON.parse(stdout.trim().split('\n').at(-1) as string)
    expect(seconds).toBeLessThan(3)
    expect(status).toBe('completed')
  })

  test('while NVML is opened leaves the run without its GPUs', async () => {
    const machine = plain()
    machine.simulation.hang('nvmlInit_v2')
    const program = machine.run(['nvml', 'estimate'])
    await until(() => (program.joules('estimate:cpu') ?? 0) > 0)
    const begin = performance.now()
    const { code } = await program.end()
    expect(code).toBe(0)
    expect((performance.now() - begin) / 1000).toBeLessThan(3)
    const { energy, health } = await machine.report()
    expect(energy.domains.map(({ meter }) => meter)).not.toContain('nvml')
    expect(health.filter(({ meter }) => meter === 'nvml').map(({ code }) => code)).toEqual(['meter-timeout'])
  })
})

interface Doctor {
  readonly meters: readonly {
    readonly name: string
    readonly available: boolean
    readonly why?: string
    readonly fixes: readonly string[]
    readonly domains: readonly { readonly id: string }[]
  }[]
}

concurrently('ergometer doctor', () => {
  async function doctor(machine: LiveMachine, more?: Record<string, string>) {
    const { stdout } = await machine.start([CLI, 'doctor', '--json', '--meter', 'nvml'], more).end()
    const [nvml] = (JSON.parse(stdout) as Doctor).meters
    return nvml
  }

  test('lists the GPUs, and says which one is lost', async () => {
    const machine = machineOf(WORLDS['mixed GPUs, one lost'] as World)
    expect(await doctor(machine)).toMatchObject({
      available: true,
      why: expect.stringMatching(/GPU 1: .*\b15\b.*dmesg/),
      domains: [{ id: ONE }, { id: `nvml:${uuid(2)}` }],
    })
  })

  it.each(Object.entries(MUTE_WORLDS))('%s: it says why, and what to do', async (_name, world) => {
    const machine = machineOf({ ...world, counted: {}, rungs: {} })
    if (world.init) machine.simulation.fail('nvmlInit_v2', world.init)
    const found = await doctor(machine)
    expect(found).toMatchObject({ available: false, why: expect.stringMatching(world.why), domains: [] })
    if (world.fix) expect(found?.fixes.join('\n')).toMatch(world.fix)
  })

  test('no library: it says where it comes from', async () => {
    const found = await doctor(plain(), { ERGOMETER_NVML_LIBRARY: '', HOST_PROC: '/nowhere' })
    expect(found).toMatchObject({ available: false, why: expect.stringMatching(/no NVIDIA driver/) })
    expect(found?.fixes.join('\n')).toMatch(/install NVIDIA's driver/)
  })
})
