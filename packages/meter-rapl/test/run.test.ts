import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Report } from '@ergometer/core'
import { afterAll, describe, expect, it } from 'vitest'
import { PowercapTree } from './powercap-tree.ts'
import { WORLDS } from './worlds.ts'

const CLI = fileURLToPath(new URL('../../ergometer/dist/cli.js', import.meta.url))
const place = mkdtempSync(join(tmpdir(), 'rapl-run-'))
const trees: PowercapTree[] = []

afterAll(() => {
  for (const tree of trees) tree.remove()
  rmSync(place, { recursive: true, force: true })
})

/** A command that counts 100 W into each of the given files for a second and a half, and prints the joules of one. */
const COUNTING = `
const fs = require('node:fs')
const files = JSON.parse(process.argv[2])
const begin = performance.now()
const start = files.map(({ file }) => Number(fs.readFileSync(file, 'utf8')))
const timer = setInterval(() => {
  const seconds = (performance.now() - begin) / 1000
  files.forEach(({ file, range }, index) => {
    const count = start[index] + Math.floor(seconds * 100e6)
    fs.writeFileSync(file, String(range ? count % range : count) + '\\n')
  })
  if (seconds > 1.5) {
    clearInterval(timer)
    console.log(seconds * 100)
  }
}, 20)
`

async function ergometer(
  args: readonly string[],
  tree: PowercapTree,
): Promise<{ stdout: string; code: number }> {
  const env = { ...process.env, HOST_SYS: tree.sysRoot, ERGOMETER_HOME: join(place, 'home') }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { cwd: place, env })
    return { stdout, code: 0 }
  } catch (error) {
    const { stdout, code } = error as { stdout: string; code: number }
    return { stdout, code }
  }
}

describe('HOST_SYS=<tree> ergometer', () => {
  it.each([
    'desktop Intel with psys',
    'Threadripper whose dies mirror one counter',
    'EPYC that wraps every four minutes',
    'laptop with a memory-mapped twin',
    'dual Xeon with DRAM',
  ])('run --meter rapl on a %s: the right joules', async (name) => {
    expect(existsSync(CLI), 'build first: npm run build').toBe(true)
    const world = WORLDS[name]
    const tree = new PowercapTree(world?.zones ?? [])
    trees.push(tree)
    const files = (world?.zones ?? []).map(({ id, range }) => ({ file: tree.energyFile(id), range }))
    const script = join(place, 'counting.cjs')
    writeFileSync(script, COUNTING)
    const command = ['run', '--meter', 'rapl', '--', process.execPath, script, JSON.stringify(files)]
    const { stdout } = await ergometer(command, tree)
    const truth = Number(stdout)
    const report: Report = JSON.parse((await ergometer(['report', '--json'], tree)).stdout)
    const counted = report.energy.domains.filter((domain) => domain.counted)
    expect(counted.map(({ id }) => id.replace('rapl:', '')).sort()).toEqual(
      Object.keys(world?.counted ?? {}).sort(),
    )
    // The counters stand still before and after the command has counted.
    for (const { joules } of counted) expect(Math.abs((joules ?? 0) - truth)).toBeLessThan(truth * 0.02)
    expect(report.energy.method).toBe('measured')
    expect(report.energy.coverage).toBeGreaterThan(0.95)
  })

  it('doctor says what can be measured, or why not', async () => {
    const tree = new PowercapTree(WORLDS['dual Xeon with DRAM']?.zones ?? [])
    const empty = new PowercapTree([])
    trees.push(tree, empty)
    const able = await ergometer(['doctor', '--json', '--meter', 'rapl'], tree)
    expect(able.code).toBe(0)
    expect(JSON.parse(able.stdout)).toMatchObject({ verdict: 'measured', meters: [{ available: true }] })
    const unable = await ergometer(['doctor', '--json'], empty)
    expect(unable.code).toBe(1)
    expect(JSON.parse(unable.stdout).meters[0]).toMatchObject({
      name: 'rapl',
      available: false,
      file: join(empty.sysRoot, 'class/powercap'),
    })
  })
})
