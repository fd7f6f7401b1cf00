import type { PhaseEnergy } from '@ergometer/core'
import { describe, expect } from 'vitest'
import { STEADY, test, WATTS } from './processes.ts'

// What accompanies a run, and what it is told of phases.

/** Says what it is told, within an extension that throws wherever it can. */
const EXTENSION = `
  const heard = []
  const broken = () => { throw new Error('broken extension') }
  const extend = (run) => {
    run.extend({ phase: broken, ended: broken })
    run.extend({ phase: () => ({ within: broken, ended: broken, told: broken }) })
    run.extend({
      phase: (name, { withSpan }) => withSpan === false ? undefined : {
        within: (fn) => { heard.push(name + ' within'); return fn() },
        ended: (failure) => heard.push(name + ' ended' + (failure ? ' by ' + failure.error.message : '')),
        told: (energy) => { heard.push(name + ' told'); say('energy ' + name + ' ' + JSON.stringify(energy)) },
      },
      ended: async () => heard.push('run ended'),
    })
  }
  const phases = async (run) => {
    say('result ' + await run.phase('epoch', async () => { await sleep(1); return 'of epoch' }))
    run.phase('quiet', () => {}, { withSpan: false })
    try { run.phase('failing', () => { throw new Error('out of memory') }) } catch (error) { say('thrown ' + error.message) }
    const open = run.phase('open', { withSpan: true })
    await sleep(0.5)
    open.end()
    open.end()
  }
  const summary = () => say('told ' + JSON.stringify(heard))`
const TOLD = ['epoch within', 'epoch ended', 'failing within', 'failing ended by out of memory', 'open ended']

/** What was told of a phase's energy. */
function energyOf(name: string, stdout: string): PhaseEnergy {
  return JSON.parse(new RegExp(`^energy ${name} (.*)$`, 'm').exec(stdout)?.[1] ?? 'null')
}

function expectTold(stdout: string): void {
  expect(stdout).toContain('result of epoch')
  expect(stdout).toContain('thrown out of memory')
  const all: string[] = JSON.parse(/^told (.*)$/m.exec(stdout)?.[1] ?? '[]')
  expect(all.filter((one) => !one.endsWith('told'))).toEqual([...TOLD, 'run ended'])
  // Each once, at the end of the run at the latest.
  expect(all.filter((one) => one.endsWith('told')).sort()).toEqual([
    'epoch told',
    'failing told',
    'open told',
  ])
  for (const [name, seconds] of [
    ['epoch', 1],
    ['open', 0.5],
  ] as const) {
    const { joules = 0, gramsCo2e = 0, coverage } = energyOf(name, stdout)
    expect(joules).toBeGreaterThan(seconds * WATTS * 0.8 * coverage)
    expect(gramsCo2e).toBeCloseTo(joules / 1e4, 6)
  }
}

describe.concurrent('what accompanies a run', () => {
  test('is told what phases took, in the process that owns the run', async ({ place }) => {
    const script = place.training(`${EXTENSION}
      const run = await startRun({ meters, intensity: 360 })
      extend(run)
      await phases(run)
      const report = await run.end()
      summary()
      say('report ' + JSON.stringify(report.phases.map(({ name, joules }) => [name, joules])))
    `)
    const { stdout, stderr, code } = await place.node(script).ended
    expect(code, stderr).toBe(0)
    expectTold(`${stdout}`)
    const report = new Map<string, number>(JSON.parse(/^report (.*)$/m.exec(`${stdout}`)?.[1] ?? '[]'))
    for (const name of ['epoch', 'open'])
      expect(energyOf(name, `${stdout}`).joules).toBeCloseTo(report.get(name) ?? 0, 0)
  })

  test('is told so in a process that joined a run', async ({ place }) => {
    const script = place.training(`${EXTENSION}
      const run = await startRun({ name: 'joined' })
      extend(run)
      await phases(run)
      await run.end()
      summary()
    `)
    const args = ['run', '--meter', STEADY, '--intensity', '360', '--', process.execPath, script]
    const { stdout, stderr, code } = await place.ergometer(args).ended
    expect(code, stderr).toBe(0)
    expectTold(`${stdout}`)
  })

  test('is told of a phase that is still open when the run ends', async ({ place }) => {
    const script = place.training(`${EXTENSION}
      const run = await startRun({ meters })
      extend(run)
      const open = run.phase('open')
      await sleep(0.5)
      const report = await run.end()
      open.end()
      summary()
      say('report ' + JSON.stringify(report.phases))
    `)
    const { stdout, stderr, code } = await place.node(script).ended
    expect(code, stderr).toBe(0)
    expect(`${stdout}`).toContain('told ["open ended","open told","run ended"]')
    const [{ joules }] = JSON.parse(/^report (.*)$/m.exec(`${stdout}`)?.[1] ?? '[]')
    expect(energyOf('open', `${stdout}`).joules).toBeCloseTo(joules, 2)
  })

  test('is told of a process that never ends its run, as soon as the journal knows, and does not hold it up', async ({
    place,
  }) => {
    const script = place.training(`${EXTENSION}
      const run = await startRun({ meters })
      extend(run)
      await run.phase('epoch', () => sleep(0.3))
      while (!heard.includes('epoch told')) await sleep(0.05)
      run.phase('last', () => {})
      say('over')
    `)
    const { stdout, stderr, code } = await place.node(script).ended
    expect(code, stderr).toBe(0)
    expect(`${stdout}`).toMatch(/energy epoch .*joules.*\n.*over/s)
  })
})
