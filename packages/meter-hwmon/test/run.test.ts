import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Report } from '@ergometer/core'
import { afterAll, describe, expect, it } from 'vitest'
import { HwmonTree, type Machine } from './hwmon-tree.ts'
import { amdApu, amdCard, battery } from './worlds.ts'

const CLI = fileURLToPath(new URL('../../ergometer/dist/cli.js', import.meta.url))
const place = mkdtempSync(join(tmpdir(), 'hwmon-run-'))
const trees: HwmonTree[] = []

afterAll(() => {
  for (const tree of trees) tree.remove()
  rmSync(place, { recursive: true, force: true })
})

const card = amdCard('0000:03:00.0', { power1_average: 200_000_000 })
const apu = amdApu({ power1_input: 30_000_000 })
const TRAINING = 'setTimeout(() => {}, 2500)'

async function ergometer(args: readonly string[], machine: Machine, home: string) {
  const tree = new HwmonTree(machine)
  trees.push(tree)
  const env = { ...process.env, HOST_SYS: tree.sysRoot, ERGOMETER_HOME: join(place, home) }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { cwd: place, env })
    return { stdout, code: 0 }
  } catch (error) {
    const { stdout, code } = error as { stdout: string; code: number }
    return { stdout, code }
  }
}

describe('HOST_SYS=<tree> ergometer', () => {
  it('run finds the sensors by itself, and counts what they show', async () => {
    expect(existsSync(CLI), 'build first: npm run build').toBe(true)
    const machine = { chips: [card, apu] }
    expect((await ergometer(['run', '--', process.execPath, '-e', TRAINING], machine, 'a')).code).toBe(0)
    const report: Report = JSON.parse((await ergometer(['report', '--json'], machine, 'a')).stdout)
    const counted = report.energy.domains.filter((domain) => domain.counted)
    expect(Object.fromEntries(counted.map(({ id, meanWatts }) => [id, meanWatts]))).toMatchObject({
      'hwmon:amdgpu-0000:03:00.0': expect.closeTo(200, 1),
      'hwmon:amdgpu-0000:05:00.0': expect.closeTo(30, 1),
    })
    // The APU is the CPU: a model of it does not count beside it.
    expect(counted.map(({ id }) => id)).not.toContain('estimate:cpu')
    expect(report.energy.byKind['gpu']).toBeGreaterThan(200)
    expect(report.energy.coverage).toBeGreaterThan(0.5)
  })

  it('doctor says what can be measured, or why not', async () => {
    const able = await ergometer(['doctor', '--json', '--meter', 'hwmon'], { chips: [card] }, 'b')
    expect(able.code).toBe(0)
    expect(JSON.parse(able.stdout)).toMatchObject({
      verdict: 'measured',
      meters: [{ available: true, domains: [{ id: 'hwmon:amdgpu-0000:03:00.0', kind: 'gpu' }] }],
    })
    const plugged = {
      supplies: { AC: { type: 'Mains', online: 1 }, BAT0: battery('Charging', 'host') },
      loads: { host: () => 20 },
    }
    const unable = await ergometer(['doctor', '--json', '--meter', 'hwmon'], plugged, 'b')
    expect(unable.code).toBe(1)
    expect(JSON.parse(unable.stdout).meters[0]).toMatchObject({
      name: 'hwmon',
      available: false,
      why: expect.stringContaining('AC is plugged in'),
    })
  })
})
