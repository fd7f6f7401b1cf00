import { describe, expect } from 'vitest'
import { codes, STEADY, test, WATTS } from './processes.ts'

// Runs that may take only so much.

/** What the steady meter takes in a second. */
const SECOND = `kilowattHours=${WATTS / 3.6e6}`
const METERED = ['run', '--meter', STEADY] as const

describe.concurrent('ergometer run --budget', () => {
  test.for([SECOND, 'hours=0.0003', 'gramsCo2e=0.02'])(
    '%s ends CMD when it is spent',
    { timeout: 40_000 },
    async (budget, { place }) => {
      const { code, stderr, seconds } = await place.cli([
        ...[...METERED, '--intensity', '360', '--budget', budget, '--', 'sleep', '30'],
      ])
      expect(code).toBe(143)
      expect(seconds).toBeLessThan(25)
      expect(stderr).toContain('is spent')
      const report = await place.stored()
      expect(report.run).toMatchObject({ status: 'aborted', reason: expect.stringContaining('budget') })
      expect(codes(report)).toContain('budget-spent')
      expect(report.energy.joules).toBeGreaterThan(0.9 * WATTS)
    },
  )

  test('kills a CMD that does not end by itself', async ({ place }) => {
    // What outlives it would keep its output open.
    const stubborn = ['sh', '-c', "trap '' TERM; while :; do sleep 0.2; done"]
    const { code } = await place.cli([
      ...METERED,
      '--budget',
      SECOND,
      '--budget-grace',
      '0.3',
      '--',
      ...stubborn,
    ])
    expect(code).toBe(137)
    expect((await place.stored()).run.status).toBe('aborted')
  })

  test('that is not spent changes nothing', async ({ place }) => {
    const { code } = await place.cli([
      ...METERED,
      '--budget',
      'hours=1',
      '--budget',
      'gramsCo2e=1e9',
      '--',
      'true',
    ])
    expect(code).toBe(0)
    expect((await place.stored()).run.status).toBe('completed')
  })

  test('that makes no sense is one line, and CMD is not started', async ({ place }) => {
    for (const flags of [
      ['--budget', 'joules=5'],
      ['--budget', 'hours'],
      ['--budget', 'hours=-1'],
      ['--budget', 'hours=soon'],
      ['--budget-grace', 'soon'],
      ['--budget-signal', 'SIGWHAT'],
    ]) {
      const { code, stdout, stderr } = await place.cli(['run', ...flags, '--', 'echo', 'started'])
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain('budget')
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})

describe.concurrent('run.signal', () => {
  test('aborts when the budget is spent, and the run is aborted', { timeout: 40_000 }, async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters, budget: { hours: 0.0002 } })
      const reason = await new Promise((resolve) => {
        const alive = setTimeout(() => resolve('never'), 20_000)
        run.signal.addEventListener('abort', () => { clearTimeout(alive); resolve(run.signal.reason) })
      })
      say('reason ' + JSON.stringify([reason.code, reason.message]))
      say('report ' + JSON.stringify(await run.end()))`)
    const training = place.node(script)
    expect(JSON.parse(await training.said('reason'))).toEqual([
      'BUDGET_SPENT',
      'the budget of 0.0002 h is spent',
    ])
    expect(JSON.parse(await training.said('report')).run).toMatchObject({
      status: 'aborted',
      reason: 'the budget of 0.0002 h is spent',
    })
  })

  test('reaches a training that has joined a run', { timeout: 40_000 }, async ({ place }) => {
    const script = place.training(`
      const run = await startRun()
      process.on('SIGTERM', () => {})
      await new Promise((resolve) => {
        const alive = setTimeout(resolve, 20_000)
        run.signal.addEventListener('abort', () => { clearTimeout(alive); say('aborted'); resolve() })
      })
      await run.end()`)
    const wrapper = place.ergometer([...METERED, '--budget', 'hours=0.0002', '--', process.execPath, script])
    await wrapper.said('aborted')
    expect((await wrapper.ended).code).toBe(0)
    expect((await place.stored()).run.status).toBe('aborted')
  })

  test('never aborts where there is no budget', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      say('aborted ' + run.signal.aborted)
      await run.end()`)
    expect(await place.node(script).said('aborted')).toBe('false')
  })
})
