import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { codes, domain, LIBRARY, type Place, STEADY, test, WATTS } from './processes.ts'

const CMD = ['--', 'sh', '-c', 'echo started']

/** What is wrong is said in one line that names it; CMD is not started, and nothing is left behind. */
async function expectRefused(place: Place, args: readonly string[], message: RegExp) {
  const { code, stdout, stderr } = await place.cli(args)
  expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
  const [line = '', ...rest] = stderr.trimEnd().split('\n')
  expect(line).toMatch(message)
  // A hint may follow what the parser itself finds.
  expect(rest.length).toBeLessThanOrEqual(line.startsWith('error:') ? 2 : 0)
  expect(place.runFolders()).toEqual([])
  expect(place.eventDirectories()).toEqual([])
}

describe.concurrent('ergometer run refuses', () => {
  const wrong: readonly [flags: readonly string[], message: RegExp][] = [
    [['--nonsense'], /--nonsense/],
    [['--zne', 'FR'], /--zne/],
    [['--otlp', 'http://c:4318'], /run: --otlp takes its value behind '=': --otlp=http:\/\/c:4318$/],
    [['--prometheus', ':9464', '--zone', 'FR'], /behind '=': --prometheus=:9464$/],
    [['--zone', 'ATLANTIS'], /zone.*ATLANTIS.*ISO 3166/],
    [['--zone', ''], /zone/],
    [['--pue', '0.9'], /pue: expected at least 1/],
    [['--pue', 'low'], /pue: .*number/],
    [['--intensity', '-1'], /intensity: expected .*at least 0/],
    [['--intensity', 'Infinity'], /intensity: /],
    [['--interval', '0'], /interval: expected seconds, at least 0\.001/],
    [['--interval', '1s'], /interval: .*number/],
    [['--tag', 'novalue'], /--tag 'novalue': expected name=value/],
    [['--tag', 'a b=1'], /tags.*letters, digits/],
    [['--name', ''], /name: /],
    [['--home', ''], /home: /],
    [['--meter', 'nosuchmeter'], /meter 'nosuchmeter' is unknown: expected .*estimate/],
    [['--meter', './missing.mjs'], /meter '\.\/missing\.mjs': no such file: \//],
    [['--meter', `${STEADY}={watts:5}`], /no JSON.*expected --meter/],
    [['--meter', `${STEADY}={"watts":"many"}`], /meter 'steady', options: watts: expected watts as a number/],
    [['--meter', STEADY, '--meter', `${STEADY}={"watts":"many"}`], /watts: expected/],
    [['--meter', 'estimate={"nonsense":1}'], /estimate.*nonsense/],
  ]
  test.for(wrong)('%s', ([flags, message], { place }) =>
    expectRefused(place, ['run', ...flags, ...CMD], message),
  )

  test('a CMD without -- before it', async ({ place }) => {
    await expectRefused(place, ['run', 'sh', '-c', 'echo started'], /--/)
    await expectRefused(place, ['run', 'sh'], /--/)
  })

  test('no CMD at all', async ({ place }) => {
    await expectRefused(place, ['run', '--'], /expected a command behind '--'/)
    await expectRefused(place, ['run'], /expected a command behind '--'/)
  })
})

describe.concurrent('startRun refuses', () => {
  const wrong: readonly [settings: string, message: RegExp][] = [
    ['{ nmae: "typo" }', /^SETTINGS_INVALID startRun: .*nmae/],
    ['{ pue: 0 }', /^SETTINGS_INVALID startRun: pue: expected at least 1/],
    ['{ zone: "ATLANTIS" }', /^SETTINGS_INVALID startRun: zone: unknown zone 'ATLANTIS'/],
    ['{ tags: { lr: {} } }', /^SETTINGS_INVALID startRun: tags\.lr/],
    ['{ meters: [] }', /^SETTINGS_INVALID startRun: meters/],
    ['{ meters: [5] }', /^SETTINGS_INVALID startRun: meters\.0.*meter/],
    ['{ meters: ["nosuchmeter"] }', /^METER_UNKNOWN meter 'nosuchmeter'/],
    ['{ meters: [meters[0] + \'={"watts":"many"}\'] }', /^METER_OPTIONS_INVALID .*watts: expected/],
    ['{ recorder: "thread" }', /^SETTINGS_INVALID startRun: recorder/],
    ['"a name"', /^SETTINGS_INVALID startRun: .*expected/],
  ]
  test.for(wrong)('%s', async ([settings, message], { place }) => {
    const script = place.training(
      `await startRun(${settings}).then(() => say('started'), (error) => say(error.code + ' ' + error.message))`,
    )
    const { stdout, stderr, code } = await place.node(script, [], { input: '' }).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.toString()).toMatch(message)
    expect(stdout.toString().split('\n')).toHaveLength(2)
    expect(place.runFolders()).toEqual([])
    await place.tidied()
  })
})

// Each of these starts many commands, one after the other.
describe.concurrent('reading what was recorded', { timeout: 90_000 }, () => {
  async function twoRuns(place: Place): Promise<void> {
    for (const name of ['first', 'second']) {
      await place.cli(['run', '--name', name, '--meter', STEADY, '--', 'sleep', '0.3'])
    }
  }

  test('ergometer report: by latest, id, prefix and folder; in three forms; with other factors', async ({
    place,
  }) => {
    await twoRuns(place)
    const [first = '', second = ''] = place.runFolders()
    const id = first.split('/').at(-1) as string
    expect((await place.report()).run.name).toBe('second')
    for (const run of [id, id.slice(0, -2), first, `.ergometer/runs/${id}`]) {
      expect((await place.report(run)).run.name).toBe('first')
    }
    expect((await place.cli(['report'])).stdout.toString()).toContain('second')
    const markdown = (await place.cli(['report', '--format', 'md'])).stdout.toString()
    expect(markdown).toMatch(/^## second$/m)
    expect(markdown).toContain('steady:plug')
    const json = (await place.cli(['report', '--format', 'json'])).stdout.toString()
    expect(JSON.parse(json)).toEqual(await place.report())

    const before = await place.report()
    const { stdout } = await place.cli(['report', '--json', '--intensity', '100', '--pue', '2'])
    const other = JSON.parse(stdout.toString())
    const kilowattHours = (before.energy.joules ?? 0) / 3.6e6
    expect(other.carbon.gramsCo2e).toBeCloseTo(kilowattHours * 200, 9)
    expect(other.energy.joules).toBe(before.energy.joules)
    expect(codes(other)).not.toContain('zone-unknown')
    // Other factors are for this once.
    expect((await place.report()).carbon).toEqual(before.carbon)
    expect(second).not.toBe('')
  })

  test('ergometer report refuses what it cannot find or read', async ({ place }) => {
    const none = await place.cli(['report'])
    expect(none.code).toBe(2)
    expect(none.stderr).toMatch(/^ergometer: no run in \/.*\.ergometer\/runs: record one with [^\n]*\n$/)
    await twoRuns(place)
    const wrong: readonly [args: string[], message: RegExp][] = [
      [['nosuchrun'], /run 'nosuchrun' not found in \/.*runs: expected an id/],
      [['20'], /run '20': 2 runs begin so/],
      [['./nowhere'], /\/nowhere: expected a run folder/],
      [['../../../../etc'], /\/etc: expected a run folder/],
      [[''], /run '' not found/],
      [['latest', '--zone', 'ATLANTIS'], /zone.*ATLANTIS/],
      [['--home', 'nowhere'], /no run in \/.*nowhere\/runs/],
    ]
    const refuse = async ([args, message]: (typeof wrong)[number]) => {
      const { code, stdout, stderr } = await place.cli(['report', ...args])
      expect({ args, code, stdout: stdout.toString() }).toEqual({ args, code: 2, stdout: '' })
      expect(stderr).toMatch(/^ergometer: [^\n]*\n$/)
      expect(stderr).toMatch(message)
    }
    await Promise.all(wrong.map(refuse))
    expect((await place.cli(['report', '--format', 'yaml'])).code).toBe(2)
    expect((await place.cli(['report', '--json', '--nonsense'])).code).toBe(2)
  })

  test('ergometer report of a run that still runs', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'sleep 2.3; echo now; read line',
    ])
    await wrapper.said('now')
    const report = await place.report()
    expect(report.run).toMatchObject({ status: 'running', provisional: true })
    expect(domain(report).meanWatts).toBeCloseTo(WATTS, 0)
    const listed = await place.cli(['runs', '--json'])
    expect(JSON.parse(listed.stdout.toString())).toMatchObject([{ status: 'running' }])
    wrapper.tell('end')
    expect((await wrapper.ended).code).toBe(0)
    expect((await place.report()).run).toMatchObject({ status: 'completed', provisional: false })
  })

  test('ergometer runs: all of them, the latest last', async ({ place }) => {
    const empty = await place.cli(['runs', '--json'])
    expect({ code: empty.code, runs: JSON.parse(empty.stdout.toString()) }).toEqual({ code: 0, runs: [] })
    expect((await place.cli(['runs'])).code).toBe(0)
    await twoRuns(place)
    const { stdout } = await place.cli(['runs', '--json'])
    const names = JSON.parse(stdout.toString()).map((run: { name: string }) => run.name)
    expect(names).toEqual(['first', 'second'])
    const table = (await place.cli(['runs'])).stdout.toString()
    expect(table.indexOf('first')).toBeLessThan(table.indexOf('second'))
  })
})

describe.concurrent('what can be measured', () => {
  test('ergometer doctor --json: schema and verdict, exit 0 only where something is measured', async ({
    place,
  }) => {
    const measured = await place.cli(['doctor', '--json', '--meter', STEADY])
    expect(measured.code).toBe(0)
    expect(JSON.parse(measured.stdout.toString())).toEqual({
      schema: 'ergometer.doctor/1',
      verdict: 'measured',
      meters: [
        {
          name: 'steady',
          available: true,
          fixes: [],
          domains: [{ id: 'steady:plug', kind: 'gpu', label: 'Steady', method: 'measured' }],
        },
      ],
    })
    const modelled = await place.cli(['doctor', '--json', '--meter', 'estimate'])
    expect(JSON.parse(modelled.stdout.toString())).toMatchObject({
      schema: 'ergometer.doctor/1',
      verdict: 'modelled',
      meters: [{ name: 'estimate', available: true }],
    })
    expect(modelled.code).toBe(1)
    const broken = place.write('broken.mjs', 'export default 5')
    const none = await place.cli(['doctor', '--json', '--meter', broken])
    expect(none.code).toBe(1)
    const findings = JSON.parse(none.stdout.toString())
    expect(findings).toMatchObject({
      verdict: 'none',
      meters: [{ available: false, fixes: [], domains: [] }],
    })
    expect(findings.meters[0].why).toMatch(/expected exactly one meter/)
    const text = await place.cli(['doctor', '--meter', STEADY])
    expect(text.stdout.toString()).toContain('steady')
    expect(place.runFolders()).toEqual([])
  })

  test('ergometer meters lists installed packages of meters, and runs none of them', async ({ place }) => {
    const folder = place.path('node_modules/@acme/ergometer-meter-pdu')
    mkdirSync(folder, { recursive: true })
    const manifest = {
      name: '@acme/ergometer-meter-pdu',
      version: '1.2.0',
      description: 'PDU outlets',
      keywords: ['ergometer-meter'],
      main: 'index.js',
    }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(folder, 'index.js'), `require('node:fs').writeFileSync('ran', '')`)
    mkdirSync(place.path('node_modules/other'))
    writeFileSync(place.path('node_modules/other/package.json'), '{"name":"other","version":"1.0.0"}')
    const { stdout } = await place.cli(['meters', '--json'])
    const { name, version, description } = manifest
    expect(JSON.parse(stdout.toString())).toContainEqual({ name, version, description, installed: true })
    const text = (await place.cli(['meters'])).stdout.toString()
    expect(text).toContain('@acme/ergometer-meter-pdu · 1.2.0 installed, not opened · PDU outlets')
    expect(text).not.toContain('other')
    expect(existsSync(place.path('ran'))).toBe(false)
  })

  test('ergometer meters: all, or those that are named', async ({ place }) => {
    const { code, stdout } = await place.cli(['meters', '--json'])
    expect(code).toBe(0)
    const names = JSON.parse(stdout.toString()).map((meter: { name: string }) => meter.name)
    expect(names).toContain('estimate')
    const one = await place.cli(['meters', '--json', '--meter', STEADY])
    expect(JSON.parse(one.stdout.toString())).toMatchObject([{ name: 'steady', available: true }])
    expect((await place.cli(['meters'])).stdout.toString()).toContain('estimate')
    expect((await place.cli(['meters', '--meter', 'nosuchmeter'])).code).toBe(2)
  })
})

describe.concurrent('the command itself', () => {
  test('explains itself', async ({ place }) => {
    const { code, stdout, stderr } = await place.cli(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const command of ['run', 'report', 'runs', 'meters', 'doctor'])
      expect(stdout.toString()).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    const run = await place.cli(['run', '--help'])
    expect(run.code).toBe(0)
    for (const flag of [
      '--meter',
      '--home',
      '--name',
      '--tag',
      '--interval',
      '--zone',
      '--intensity',
      '--pue',
      '--config',
      '--group',
      '--live',
    ]) {
      expect(run.stdout.toString()).toContain(flag)
    }
    expect((await place.cli(['--version'])).stdout.toString()).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('refuses what it does not know', async ({ place }) => {
    for (const args of [['nonsense'], ['--nonsense'], ['runs', 'extra'], ['report', 'a', 'b']]) {
      const { code, stdout, stderr } = await place.cli(args)
      expect({ args, code, stdout: stdout.toString() }).toEqual({ args, code: 2, stdout: '' })
      expect(stderr).toMatch(/^ergometer: [^\n]+\n$/)
    }
  })

  test('survives a reader that goes away', async ({ place }) => {
    await place.cli(['run', '--meter', STEADY, '--', 'true'])
    const shell = place.start(
      'sh',
      [
        '-c',
        `"${process.execPath}" "${place.write('go.mjs', `import '${LIBRARY.replace('index.js', 'cli.js')}'`)}" report --json | true`,
      ],
      { input: '' },
    )
    const { stderr } = await shell.ended
    expect(stderr).not.toMatch(/EPIPE|Error|throw/)
  })
})
