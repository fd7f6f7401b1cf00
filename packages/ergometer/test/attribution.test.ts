import { spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { codes, FIXTURES, test } from './processes.ts'

// Runs whose processes are attributed a share of the CPUs' energy.

const TOLD = join(FIXTURES, 'told-meter.mjs')
const METER = `${join(FIXTURES, 'steady-meter.mjs')}={"kind":"cpu","id":"package-0","watts":80}`

/** Burns until it has taken so many seconds of CPU time. */
const BURN = `const burn = (seconds) => { while (process.cpuUsage().user + process.cpuUsage().system < seconds * 1e6); }`

describe('--scope process', () => {
  test('counts children that have ended, and not what others burn', async ({ place }) => {
    const hog = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
    try {
      const child = place.write('child.cjs', `${BURN}; burn(0.4)`)
      const parent = place.write(
        'parent.cjs',
        `const { spawnSync } = require('node:child_process')
         for (let n = 0; n < 3; n++) spawnSync(process.execPath, [${JSON.stringify(child)}])
         ${BURN}; burn(0.5)`,
      )
      const command = ['run', '--scope', 'process', '--meter', METER, '--', process.execPath, parent]
      expect((await place.cli(command)).code).toBe(0)
      const { energy } = await place.stored()
      const cpu = energy.attribution?.cpu
      expect(cpu?.method).toBe('cpu-time/process-tree')
      // Three times 0.4 and once 0.5 seconds, by the processes' own account.
      expect(cpu?.cpuSeconds).toBeGreaterThan(1.6)
      expect(cpu?.cpuSeconds).toBeLessThan(1.9)
      expect(cpu?.busySeconds).toBeGreaterThan(1.5 * (cpu?.cpuSeconds ?? 0))
      const share = ((energy.joules ?? 0) * (cpu?.cpuSeconds ?? 0)) / (cpu?.busySeconds ?? 1)
      expect(cpu?.shareJoules).toBeCloseTo(share, 6)
      // The headline is the machine's.
      expect(energy.joules).toBeGreaterThan(1.4 * (cpu?.shareJoules ?? 0))
      expect(cpu).not.toHaveProperty('idleJoules')
      expect(await place.report()).toEqual(await place.stored())
    } finally {
      hog.kill('SIGKILL')
    }
  })

  test('is there for an embedded run too, without its recorder', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters: [${JSON.stringify(METER)}], scope: 'process' })
      const before = process.cpuUsage()
      block(1)
      const { user, system } = process.cpuUsage(before)
      const report = await run.end()
      say('cpu ' + (user + system) / 1e6)
      say('report ' + JSON.stringify(report.energy.attribution))
    `)
    const training = place.node(script)
    const truth = Number(await training.said('cpu'))
    const { cpu } = JSON.parse(await training.said('report'))
    expect(Math.abs(cpu.cpuSeconds - truth)).toBeLessThan(0.2)
    expect(cpu.shareJoules).toBeLessThanOrEqual(80 * 10)
  })

  test('shares out a GPU by its meter: own, of others and idle add up', async ({ place }) => {
    const pid = place.write('pid', '')
    const script = place.write(
      'train.cjs',
      `const { spawnSync } = require('node:child_process')
       // The process at work is a child of a child of CMD.
       spawnSync('sh', ['-c', 'echo -n $$ > "$SHARED_PID"; sleep 2; : > "$SHARED_PID"'])`,
    )
    const shared = join(FIXTURES, 'shared-meter.mjs')
    const command = ['run', '--scope', 'process', '--meter', shared, '--', process.execPath, script]
    const { code, stderr } = await place.cli(command, { env: { SHARED_PID: pid } })
    expect(code).toBe(0)
    const { energy } = await place.stored()
    const gpu = energy.attribution?.gpu
    if (readlinkSync('/proc/self/ns/pid') !== 'pid:[4026531836]') {
      // In a container the numbers of processes are not the driver's.
      expect(stderr).toContain('--pid=host')
      return
    }
    expect(gpu?.method).toBe('sm-utilisation')
    const { shareJoules = 0, otherJoules = 0, idleJoules = 0 } = gpu ?? {}
    expect(shareJoules + otherJoules + idleJoules).toBeCloseTo(energy.joules ?? 0, 0)
    expect(shareJoules).toBeCloseTo(2 * otherJoules, 0)
    expect(shareJoules).toBeGreaterThan(50)
    expect(shareJoules).toBeLessThan(150)
    expect(stderr).toContain('GPU share')
  })

  test('is absent unless it is asked for', async ({ place }) => {
    await place.cli(['run', '--meter', METER, '--', 'true'])
    expect((await place.stored()).energy).not.toHaveProperty('attribution')
  })
})

describe('--baseline', () => {
  test('is measured before the run and outside of it; nets and idle add up', async ({ place }) => {
    const watts = place.write('watts', '20')
    const script = place.write(
      'train.cjs',
      `require('node:fs').writeFileSync(${JSON.stringify(watts)}, '100'); ${BURN}; burn(1)`,
    )
    const command = ['run', '--baseline', '2', '--meter', TOLD, '--', process.execPath, script]
    const { code, stderr } = await place.cli(command, { env: { TOLD_WATTS: watts } })
    expect(code).toBe(0)
    expect(stderr).toContain('resting for 2 s')
    const report = await place.stored()
    const { attribution, joules = 0, domains } = report.energy
    const cpu = attribution?.cpu
    const seconds = joules / (domains[0]?.meanWatts ?? 1)
    expect(cpu?.idleJoules).toBeCloseTo(20 * seconds, 3)
    expect(cpu?.idleStandardUncertaintyJoules).toBeCloseTo(0, 6)
    const share = (cpu?.cpuSeconds ?? 0) / (cpu?.busySeconds ?? 1)
    expect(cpu?.netJoules).toBeCloseTo((joules - 20 * seconds) * share, 6)
    // The two seconds of rest are in no figure of the run.
    expect(report.run.seconds).toBeCloseTo(seconds, 0)
    expect(domains[0]?.meanWatts).toBeGreaterThan(60)
    expect(codes(report)).not.toContain('attribution-unavailable')
  })

  test('of no time, or of a scope that there is not, is refused', async ({ place }) => {
    for (const flags of [
      ['--baseline', '0'],
      ['--baseline', 'soon'],
      ['--baseline', '1e9'],
      ['--scope', 'gpu'],
    ]) {
      const { code, stderr } = await place.cli(['run', ...flags, '--', 'true'])
      expect(code).toBe(2)
      expect(stderr).toContain(flags[0]?.slice(2))
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})
