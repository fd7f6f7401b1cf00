import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '@ergometer/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Layout, PowercapTree, type TreeZone } from './powercap-tree.ts'
import { MUTE_WORLDS, UNREADABLE, UNREADABLE_MEMORY, WORLDS, type World } from './worlds.ts'

const CLI = fileURLToPath(new URL('../../ergometer/dist/cli.js', import.meta.url))
const NOBODY = { uid: 65534, gid: 65534 }
const isRoot = process.getuid?.() === 0
const place = mkdtempSync(join(tmpdir(), 'rapl-run-'))
const script = join(place, 'counting.cjs')
const trees: PowercapTree[] = []

/**
 * A command that counts into files for half a second, and prints the joules of each. It begins when the recorder has
 * readings of the domains that count, and ends when these have arrived, however busy the machine is.
 */
const COUNTING = `
const fs = require('node:fs')
const files = JSON.parse(process.argv[2])
const start = files.map(({ file }) => Number(fs.readFileSync(file, 'utf8')))
const counted = files.map(() => 0)
function count(seconds) {
  files.forEach(({ file, range, watts }, index) => {
    counted[index] = Math.floor(seconds * watts * 1e6)
    const count = start[index] + counted[index]
    fs.writeFileSync(file, String(range ? count % range : count) + '\\n')
  })
}
function recorded(domain) {
  try {
    const live = JSON.parse(fs.readFileSync(process.env.ERGOMETER_EVENTS + '/live.json', 'utf8'))
    return live.domains.find(({ id }) => id === domain).joules
  } catch {}
}
const all = (holds) => files.every(({ domain }, index) => !domain || holds(recorded(domain), index))
async function until(condition) {
  for (let wait = 0; wait < 500 && !condition(); wait++) await new Promise((resolve) => setTimeout(resolve, 20))
}
async function main() {
  await until(() => all((joules) => joules !== undefined))
  const begin = performance.now()
  const elapsed = () => (performance.now() - begin) / 1000
  await until(() => {
    count(elapsed())
    return elapsed() > 0.5
  })
  await until(() => all((joules, index) => joules > counted[index] * 0.9999e-6))
  console.log(JSON.stringify(counted.map((count) => count / 1e6)))
}
main()
`

beforeAll(() => {
  expect(existsSync(CLI), 'build first: npm run build').toBe(true)
  writeFileSync(script, COUNTING)
  spawnSync('chmod', ['-R', 'a+rX', place])
})

afterAll(() => {
  for (const tree of trees) tree.remove()
  rmSync(place, { recursive: true, force: true })
})

function treeOf(zones: readonly TreeZone[], layout?: Layout): PowercapTree {
  const tree = new PowercapTree(zones, layout)
  trees.push(tree)
  return tree
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line in a tree's world, in a home of its own. */
function ergometer(
  args: readonly string[],
  tree: PowercapTree,
  user: { uid?: number; gid?: number } = {},
): Promise<Ended> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(ERGOMETER_|HOST_|NODE_OPTIONS$)/.test(name))
  const env = {
    ...Object.fromEntries(kept),
    HOST_SYS: tree.sysRoot,
    ERGOMETER_HOME: homeOf(tree),
    NO_COLOR: '1',
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: place, env, ...user }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
    })
  })
}

/** A folder that anybody may write into. */
function homeOf({ sysRoot }: PowercapTree): string {
  const home = `${sysRoot}-home`
  mkdirSync(home, { recursive: true, mode: 0o777 })
  spawnSync('chmod', ['777', home])
  return home
}

/** The report that a recorder has written, which on a busy machine may come after the command's end. */
async function reportOf(tree: PowercapTree): Promise<Report> {
  const runs = join(homeOf(tree), 'runs')
  const file = () => join(runs, readdirSync(runs)[0] ?? '', 'report.json')
  await vi.waitUntil(
    () => existsSync(runs) && existsSync(file()) && readFileSync(file(), 'utf8').endsWith('}\n'),
    {
      timeout: 60_000,
    },
  )
  const report = JSON.parse(readFileSync(file(), 'utf8'))
  rmSync(homeOf(tree), { recursive: true, force: true })
  return report
}

/** What the command has to do in a world: each zone draws a fifth of its watts, so that no pause of it is implausible. */
function work({ zones, counted }: Pick<World, 'zones' | 'counted'>, tree: PowercapTree): string[] {
  const domains = new Map(Object.entries(counted).map(([domain, zone]) => [zone, `rapl:${domain}`]))
  const files = zones.map(({ id, range, watts }) => ({
    file: tree.energyFile(id),
    ...(typeof range === 'number' ? { range } : {}),
    watts: watts(0) / 5,
    domain: domains.get(id),
  }))
  return ['--', process.execPath, script, JSON.stringify(files)]
}

async function runIn(world: World, tree: PowercapTree, user?: typeof NOBODY) {
  const meter = world.options ? `rapl=${JSON.stringify(world.options)}` : 'rapl'
  const { code, stdout, stderr } = await ergometer(
    ['run', '--meter', meter, ...work(world, tree)],
    tree,
    user,
  )
  expect(code, stderr).toBe(0)
  const joules = JSON.parse(stdout) as number[]
  const truth = Object.entries(world.counted).map(([domain, zone]) => [
    `rapl:${domain}`,
    joules[world.zones.findIndex(({ id }) => id === zone)] as number,
  ])
  return { truth: Object.fromEntries(truth) as Record<string, number>, report: await reportOf(tree), stderr }
}

/** Reported joules are what the counters of the zones that count have counted. */
function expectTruth(report: Report, truth: Record<string, number>): void {
  const counted = report.energy.domains.filter((domain) => domain.counted)
  expect(counted.map(({ id }) => id).sort()).toEqual(Object.keys(truth).sort())
  for (const { id, joules } of counted) expect(joules).toBeCloseTo(truth[id] as number, 1)
  const total = Object.values(truth).reduce((sum, joules) => sum + joules, 0)
  expect(Math.abs((report.energy.joules ?? 0) - total)).toBeLessThan(0.05 * counted.length)
  expect(report.energy.method).toBe('measured')
}

describe.concurrent('HOST_SYS=<tree> ergometer run --meter rapl', () => {
  it.each(Object.entries(WORLDS))('%s: the right joules', async (_name, world) => {
    const tree = treeOf(world.zones, world.layout)
    const { report, truth } = await runIn(world, tree)
    expectTruth(report, truth)
    expect(report.health.map(({ code }) => code)).toEqual(expect.arrayContaining([...(world.said ?? [])]))
  })

  it.each(Object.entries(MUTE_WORLDS))(
    '%s: nothing is known, and said so',
    async (_name, { zones, layout }) => {
      const tree = treeOf(zones, layout)
      const { code } = await ergometer(
        ['run', '--meter', 'rapl', '--', process.execPath, '-e', 'process.exit(3)'],
        tree,
      )
      expect(code).toBe(3)
      expectNothing(await reportOf(tree))
    },
  )

  it('unreadable: nothing is known, and said so', async (test) => {
    if (!canBeNobody()) test.skip('nobody may not run the command here')
    const tree = treeOf(UNREADABLE)
    const { code } = await ergometer(
      ['run', '--meter', 'rapl', '--', process.execPath, '-e', ''],
      tree,
      isRoot ? NOBODY : {},
    )
    expect(code).toBe(0)
    expectNothing(await reportOf(tree))
  })

  it('memory that may not be read is missing, the rest is right', async (test) => {
    if (!canBeNobody()) test.skip('nobody may not run the command here')
    const tree = treeOf(UNREADABLE_MEMORY)
    const counted = { 'package-0': 'intel-rapl:0', 'package-1': 'intel-rapl:1' }
    spawnSync('chmod', ['a+w', ...Object.values(counted).map((id) => tree.energyFile(id))])
    const zones = UNREADABLE_MEMORY.filter(({ unreadable }) => !unreadable)
    const { report, truth } = await runIn({ zones, counted }, tree, isRoot ? NOBODY : undefined)
    expectTruth(report, truth)
    expect(report.energy.boundary.missing.map(({ label, why }) => `${label}: ${why}`)).toEqual([
      'DRAM of package-0: never read',
      'DRAM of package-1: never read',
    ])
    expect(report.health.map(({ code }) => code)).toContain('zone-unreadable')
  })
})

function expectNothing(report: Report): void {
  expect(report.energy.joules).toBeUndefined()
  expect(report.energy.domains).toEqual([])
  expect(report.health.map(({ code }) => code)).toContain('meter-unavailable')
}

/** Whether a user without rights can start the command at all: a clone may lie in a closed folder. */
function canBeNobody(): boolean {
  return !isRoot || spawnSync(process.execPath, [CLI, '--version'], { ...NOBODY, cwd: place }).status === 0
}

interface Doctor {
  readonly verdict: string
  readonly meters: readonly {
    name: string
    available: boolean
    why?: string
    file?: string
    fixes: string[]
    domains: { id: string }[]
  }[]
}

async function doctor(
  tree: PowercapTree,
  options: World['options'],
  user = {},
): Promise<Doctor & { code: number }> {
  const meter = options ? ['--meter', `rapl=${JSON.stringify(options)}`] : []
  const { code, stdout } = await ergometer(['doctor', '--json', ...meter], tree, user)
  return { code, ...JSON.parse(stdout) }
}

describe.concurrent('HOST_SYS=<tree> ergometer doctor', () => {
  it.each(Object.entries(WORLDS))(
    '%s: can be measured',
    async (_name, { zones, layout, options, ...world }) => {
      const { code, verdict, meters } = await doctor(treeOf(zones, layout), options)
      expect([code, verdict]).toEqual([0, 'measured'])
      const rapl = meters.find(({ name }) => name === 'rapl')
      expect(rapl).toMatchObject({ available: true, fixes: [] })
      expect(rapl?.domains.map(({ id }) => id).sort()).toEqual(
        [...Object.keys(world.counted), ...(world.beside ?? [])].map((id) => `rapl:${id}`).sort(),
      )
    },
  )

  it.each(Object.entries(MUTE_WORLDS))(
    '%s: only models remain',
    async (_name, { zones, layout, why, file, fix }) => {
      const tree = treeOf(zones, layout)
      const { code, verdict, meters } = await doctor(tree, undefined)
      expect([code, verdict]).toEqual([1, 'modelled'])
      const rapl = meters.find(({ name }) => name === 'rapl')
      expect(rapl).toMatchObject({
        available: false,
        why: expect.stringMatching(why),
        file: join(tree.sysRoot, file),
        domains: [],
      })
      if (fix) expect(rapl?.fixes.join('\n')).toMatch(fix)
    },
  )

  it('unreadable: which file, and the safe fixes', async (test) => {
    if (!canBeNobody()) test.skip('nobody may not run the command here')
    const tree = treeOf(UNREADABLE)
    const user = isRoot ? NOBODY : {}
    const { code, verdict, meters } = await doctor(tree, undefined, user)
    expect([code, verdict]).toEqual([1, 'modelled'])
    expect(meters.find(({ name }) => name === 'rapl')).toMatchObject({
      available: false,
      why: expect.stringMatching(/present but unreadable/),
      file: join(tree.sysRoot, 'class/powercap/intel-rapl:0/energy_uj'),
    })
    const { stdout } = await ergometer(['doctor'], tree, user)
    expect(stdout).toMatch(/✗ rapl.*not available/)
    expect(stdout).toMatch(/sudo groupadd --system --force rapl\n.*\n.*\/etc\/udev\/rules\.d/)
    expect(stdout).toMatch(/docker run --volume \/sys:\/host\/sys:ro --env HOST_SYS=\/host\/sys/)
  })
})
