import { describe, expect } from 'vitest'
import type { ReportForecast } from '../src/index.ts'
import { STEADY, test, WATTS } from './processes.ts'

// What a run can say of its own future.

/** Epochs of half a second, of which some are the first; then what is said of ten. */
const EPOCHS = `
  const epochs = async (run, count) => {
    for (let epoch = 0; epoch < count; epoch++) {
      await run.phase('epoch', () => sleep(0.5))
      run.work({ samples: 100 })
    }
  }
  // On a busy machine the journal, or the first reading, may be late: then it is asked again.
  const foretold = async (run, options, done) => {
    for (;;) {
      const forecast = await run.forecast(options)
      if (forecast.done >= done && forecast.joules && forecast.gramsCo2e) return forecast
      await sleep(0.3)
    }
  }`
const METERED = ['run', '--meter', STEADY, '--intensity', '360', '--'] as const

describe.concurrent('run.forecast', () => {
  test('tells what all epochs will take, once there are three, and the report holds it', async ({
    place,
  }) => {
    const script = place.training(`${EPOCHS}
      const run = await startRun({ meters, intensity: 360 })
      await epochs(run, 1)
      say('early ' + JSON.stringify(await run.forecast({ totalEpochs: 8 })))
      await epochs(run, 4)
      say('forecast ' + JSON.stringify(await foretold(run, { totalEpochs: 8 }, 5)))
      await epochs(run, 3)
      say('report ' + JSON.stringify(await run.end()))
    `)
    const training = place.node(script, [], { input: '' })
    const early: ReportForecast = JSON.parse(await training.said('early'))
    expect(early).toMatchObject({ of: 'epoch', total: 8, why: expect.stringContaining('3 are needed') })
    expect(early).not.toHaveProperty('joules')
    const forecast: ReportForecast = JSON.parse(await training.said('forecast'))
    expect((await training.ended).code).toBe(0)
    expect(forecast).toMatchObject({ of: 'epoch', done: 5, total: 8 })
    const { seconds, joules, kilowattHours, gramsCo2e } = forecast
    // Steady power: joules are seconds times watts, at 360 g/kWh.
    expect(joules?.value).toBeGreaterThan(8 * 0.5 * WATTS * 0.7)
    expect((joules?.value ?? 0) / (seconds?.value ?? 1)).toBeLessThan(WATTS * 1.1)
    expect(kilowattHours?.value).toBeCloseTo((joules?.value ?? 0) / 3.6e6, 12)
    expect(gramsCo2e?.high).toBeCloseTo((joules?.high ?? 0) / 1e4, 9)
    for (const { low, value, high } of [seconds, joules, kilowattHours, gramsCo2e].map(
      (one) => one ?? never(),
    )) {
      expect(low).toBeLessThanOrEqual(value)
      expect(value).toBeLessThanOrEqual(high)
    }
    const report = await place.stored()
    // That of the first time that it could be told.
    expect(report.forecast).toMatchObject({ of: 'epoch', total: 8 })
    expect(report.forecast?.done).toBeGreaterThanOrEqual(3)
    expect(report.forecast?.joules?.value).toBeGreaterThan(0)
  })

  test('goes by work of a known total as well, and of a run that was joined', async ({ place }) => {
    const script = place.training(`${EPOCHS}
      const run = await startRun({ name: 'fit' })
      await epochs(run, 8)
      say('forecast ' + JSON.stringify(await foretold(run, { totalWork: { samples: 1600 } }, 400)))
      await run.end()
    `)
    const training = place.ergometer([...METERED, process.execPath, script], { input: '' })
    const forecast: ReportForecast = JSON.parse(await training.said('forecast'))
    expect((await training.ended).code).toBe(0)
    expect(forecast).toMatchObject({ of: 'samples', total: 1600 })
    expect(forecast.done).toBeGreaterThanOrEqual(400)
    expect(forecast.joules?.value).toBeGreaterThan(WATTS * 4)
  })

  test('of what makes no sense, or after the end, never throws', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      say('whys ' + JSON.stringify(await Promise.all([
        run.forecast(), run.forecast({}), run.forecast({ totalEpochs: -1 }), run.forecast({ totalWork: {} }),
        run.forecast({ totalEpochs: 5, phase: 'never' }),
      ])))
      await run.end()
      say('late ' + JSON.stringify(await run.forecast({ totalEpochs: 5 })))
    `)
    const training = place.node(script, [], { input: '' })
    const whys: ReportForecast[] = JSON.parse(await training.said('whys'))
    for (const forecast of whys) {
      expect(forecast.why).toEqual(expect.any(String))
      expect(forecast).not.toHaveProperty('joules')
    }
    expect(JSON.parse(await training.said('late'))).toHaveProperty('why')
    expect((await training.ended).code).toBe(0)
  })
})

describe.concurrent('run.worthwhile', () => {
  test('ends a training that gains too little, in either direction, and none whose energy is unknown', async ({
    place,
  }) => {
    // A meter that cannot be opened leaves the energy unknown.
    place.write('broken.mjs', "throw new Error('no such instrument')")
    const script = place.training(`
      const rule = { minimumGainPerKilowattHour: 1, patience: 3 }
      const train = async (options, most, score, of) => {
        const run = await startRun(options)
        let evaluation = 0
        // A gain of 0.1 for 20 J is far above 1 per kWh; then nothing more is gained.
        while (evaluation < most && run.worthwhile({ score, ...rule })) {
          await sleep(0.1)
          run.score({ [score]: of(Math.min(10, evaluation++)) })
        }
        await run.end()
        return evaluation
      }
      say('evaluations ' + JSON.stringify(await Promise.all([
        train({ meters }, 250, 'accuracy', (step) => 0.1 * step),
        train({ meters }, 250, 'loss', (step) => 2 - 0.1 * step),
        train({ meters: ['./broken.mjs'] }, 30, 'accuracy', (step) => 0.1 * step),
      ])))
      const run = await startRun({ meters })
      say('nonsense ' + JSON.stringify([run.worthwhile(), run.worthwhile({}), run.worthwhile({ score: 'none' })]))
      await run.end()
    `)
    const training = place.node(script, [], { input: '' })
    const [accuracy, loss, unknown] = JSON.parse(await training.said('evaluations'))
    expect(unknown).toBe(30)
    for (const evaluations of [accuracy, loss]) {
      expect(evaluations).toBeGreaterThanOrEqual(14)
      expect(evaluations).toBeLessThan(250)
    }
    expect(JSON.parse(await training.said('nonsense'))).toEqual([true, true, true])
    expect((await training.ended).code).toBe(0)
  })
})

describe.concurrent('a target', { retry: 2 }, () => {
  test('is reported with what it took, and another one of the same run later', async ({ place }) => {
    const script = place.training(`
      const run = await startRun()
      for (const accuracy of [0.5, 0.8, 0.9]) {
        await sleep(1.5)
        run.score({ accuracy })
      }
      await run.end()
    `)
    const metered = ['run', '--meter', STEADY, '--target', 'accuracy=0.8', '--', process.execPath, script]
    const { code, stderr } = await place.cli(metered, { input: '' })
    expect(code).toBe(0)
    expect(stderr).toMatch(/Target +accuracy 0\.8000 for .* J/)
    const { target } = (await place.stored()).scores['accuracy'] ?? never()
    expect(target).toMatchObject({ value: 0.8, reached: true })
    expect(target?.joules).toBeCloseTo((target?.seconds ?? 0) * WATTS, -2)

    const again = await place.cli(['report', '--json', '--target', 'accuracy=0.95'])
    expect(JSON.parse(again.stdout.toString()).scores.accuracy.target).toEqual({
      value: 0.95,
      reached: false,
    })
  })

  test('that makes no sense is one line, and exit code 2', async ({ place }) => {
    for (const target of ['accuracy', 'accuracy=high', '=1', 'a b=1']) {
      const { code, stderr } = await place.cli(['run', '--target', target, '--', 'true'])
      expect(code).toBe(2)
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(stderr).toContain('target')
    }
  })
})

function never(): never {
  throw new Error('it is absent')
}
