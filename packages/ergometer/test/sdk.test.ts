import { readFileSync } from 'node:fs'
import type { Report } from '@ergometer/core'
import { describe, expect, vi } from 'vitest'
import { codes, domain, type Ended, MOSTLY, type Place, test, WATTS } from './processes.ts'

interface Told extends Ended {
  /** Values that the training said as `name {JSON}`. */
  value<Value = unknown>(name: string): Value
}

/** Runs a training to its end. */
async function train(place: Place, body: string): Promise<Told> {
  const ended = await place.node(place.training(body), [], { input: '' }).ended
  return {
    ...ended,
    value(name) {
      const line = ended.stdout
        .toString()
        .split('\n')
        .find((one) => one.startsWith(`${name} `))
      if (line === undefined) throw new Error(`it never said '${name}': ${ended.stdout} ${ended.stderr}`)
      return JSON.parse(line.slice(name.length + 1))
    },
  }
}

function phase(report: Report, name: string) {
  const found = report.phases.find((one) => one.name === name)
  if (!found) throw new Error(`no phase ${name} among ${report.phases.map((one) => one.name)}`)
  return found
}

describe.concurrent('measure', () => {
  test('gives the result and a report of just that', async ({ place }) => {
    const { code, value } = await train(
      place,
      `const { result, report } = await measure('sum', async (run) => {
         run.work({ steps: 3 })
         await sleep(1.2)
         return { sum: 42 }
       }, { meters, tags: { kind: 'trial' } })
       say('result ' + JSON.stringify(result))
       say('report ' + JSON.stringify(report))`,
    )
    expect(code).toBe(0)
    expect(value('result')).toEqual({ sum: 42 })
    const report = value<Report>('report')
    expect(report.run).toMatchObject({ name: 'sum', status: 'completed', tags: { kind: 'trial' } })
    expect(report.energy.joules).toBeCloseTo(WATTS * report.run.seconds * report.energy.coverage, 0)
    expect(report.energy.coverage).toBeGreaterThan(MOSTLY)
    expect(report.efficiency['steps']?.joulesPer).toBeCloseTo((report.energy.joules ?? 0) / 3, 6)
    expect(await place.stored()).toEqual(report)
  })

  test('of something that throws fails the run, and throws on', async ({ place }) => {
    const { code, value } = await train(
      place,
      `const error = new Error('diverged')
       const thrown = await measure('trial', () => { throw error }, { meters }).catch((caught) => caught)
       say('same ' + (thrown === error))`,
    )
    expect(code).toBe(0)
    expect(value('same')).toBe(true)
    expect((await place.stored()).run.status).toBe('failed')
  })

  test('of a function that is not asynchronous', async ({ place }) => {
    const { value } = await train(
      place,
      `const { result } = await measure('sum', () => 42, { meters }); say('result ' + result)`,
    )
    expect(value('result')).toBe(42)
  })
})

describe.concurrent('a run', () => {
  test('ends by disposal', async ({ place }) => {
    await train(
      place,
      `const run = await startRun({ name: 'disposed', meters })
       await run[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]()
       say('again ' + JSON.stringify((await run.end()).run.status))`,
    )
    expect((await place.stored()).run).toMatchObject({ name: 'disposed', status: 'completed' })
  })

  test('that has failed says so', async ({ place }) => {
    const { code } = await train(
      place,
      `const run = await startRun({ meters }); run.fail(new Error('diverged')); await run.end()`,
    )
    expect(code).toBe(0)
    expect((await place.stored()).run.status).toBe('failed')
  })

  test('ends once: a second end() gives the same report, and calls behind it do no harm', async ({
    place,
  }) => {
    const { code, value, stderr } = await train(
      place,
      `const run = await startRun({ meters })
       run.work({ samples: 1 })
       const [first, second] = await Promise.all([run.end(), run.end()])
       run.work({ samples: 10 }); run.score({ loss: 1 }); run.phase('late').end(); run.tag({ late: 'yes' }); run.fail()
       const third = await run.end()
       say('same ' + (first === second && second === third))
       say('samples ' + third.work.samples)
       await sleep(1.2)`,
    )
    expect({ code, stderr: stderr.split('\n').filter((line) => /late|ENOENT/.test(line)) }).toEqual({
      code: 0,
      stderr: [],
    })
    expect(value('same')).toBe(true)
    expect(value('samples')).toBe(1)
    const report = await place.report()
    expect(report.work).toEqual({ samples: 1 })
    expect(report.run.tags).toEqual({})
    await place.tidied()
  })

  test('is named after its script, and lies in .ergometer', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters }); say('run ' + JSON.stringify({ id: run.id, name: run.name })); await run.end()`,
    )
    expect(value('run')).toEqual({ id: (await place.stored()).run.id, name: 'train' })
  })

  test('two of them in one process are two runs', async ({ place }) => {
    const { value, code } = await train(
      place,
      `const [one, two] = await Promise.all([startRun({ name: 'one', meters }), startRun({ name: 'two', meters })])
       one.work({ samples: 1 }); two.work({ samples: 2 })
       const reports = await Promise.all([one.end(), two.end()])
       say('reports ' + JSON.stringify(reports.map(({ run, work }) => [run.name, run.status, work.samples])))`,
    )
    expect(code).toBe(0)
    expect(value('reports')).toEqual([
      ['one', 'completed', 1],
      ['two', 'completed', 2],
    ])
  })

  test('tells its totals so far', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters, zone: 'FR' })
       // Watts are those of the last second that is known in full: on a busy machine not every one is.
       do await sleep(0.3); while (run.live()?.watts === undefined)
       say('live ' + JSON.stringify(run.live()))
       await run.end()
       say('after ' + JSON.stringify(run.live() ?? null))`,
    )
    const live = value<{ v: number; seconds: number; joules: number; watts: number; gramsCo2e: number }>(
      'live',
    )
    expect(live.v).toBe(1)
    expect(live.seconds).toBeGreaterThan(0.9)
    expect(live.watts).toBeCloseTo(WATTS, 0)
    expect(live.joules).toBeGreaterThan(WATTS * 0.5)
    expect(live.joules).toBeLessThan(WATTS * (live.seconds + 1))
    expect(live.gramsCo2e).toBeGreaterThan(0)
  })

  test('is recorded in a thread with recorder: inline', async ({ place }) => {
    const { code, value } = await train(
      place,
      `const run = await startRun({ name: 'inline', recorder: 'inline', meters })
       await run.phase('epoch', () => sleep(1.2))
       run.work({ samples: 5 })
       say('report ' + JSON.stringify(await run.end()))`,
    )
    expect(code).toBe(0)
    const report = value<Report>('report')
    expect(report.run).toMatchObject({ name: 'inline', status: 'completed' })
    expect(report.work).toEqual({ samples: 5 })
    expect(domain(report).meanWatts).toBeCloseTo(WATTS, 0)
    expect(phase(report, 'epoch').joules).toBeCloseTo(
      WATTS * phase(report, 'epoch').seconds * phase(report, 'epoch').coverage,
      0,
    )
    await place.tidied()
  })

  test.for(['process', 'inline'])('does not keep its process alive: %s', async (recorder, { place }) => {
    const { code, seconds, stdout } = await train(
      place,
      `const run = await startRun({ recorder: '${recorder}', meters }); run.work({ samples: 1 }); say('last line')`,
    )
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'last line\n' })
    expect(seconds).toBeLessThan(8)
    await vi.waitFor(async () => expect((await place.report()).run.status).toBe('aborted'), {
      timeout: 20_000,
    })
  })

  test('starts with nothing given at all', async ({ place }) => {
    const { code, value } = await train(
      place,
      `const run = await startRun(); await sleep(0.3); say('report ' + JSON.stringify(await run.end()))`,
    )
    expect(code).toBe(0)
    expect(value<Report>('report').schema).toBe('ergometer.report/1')
  })

  test('started through vite-node, tsx and the like has a recorder without their options', async ({
    place,
  }) => {
    const loader = place.write(
      'loader.mjs',
      `import { appendFileSync } from 'node:fs'; appendFileSync('loaded', process.argv[1] + '\\n')`,
    )
    const script = place.training(`const run = await startRun({ meters }); await sleep(0.7); await run.end()`)
    const { code } = await place.node(script, [], { input: '', env: { NODE_OPTIONS: `--import ${loader}` } })
      .ended
    expect(code).toBe(0)
    expect(readFileSync(place.path('loaded'), 'utf8')).toBe(`${script}\n`)
    expect(domain(await place.stored()).coverage).toBeGreaterThan(0)
  })
})

describe.concurrent('phases', () => {
  test('run functions and give what they give, also when they throw', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       say('sync ' + run.phase('sync', () => 1))
       const promise = run.phase('async', async () => { await sleep(0.5); return 2 })
       say('async ' + (await promise))
       const error = new Error('diverged')
       let caught
       try { run.phase('throws', () => { throw error }) } catch (thrown) { caught = thrown }
       say('caught ' + (caught === error))
       say('rejected ' + ((await run.phase('rejects', () => Promise.reject(error)).catch((thrown) => thrown)) === error))
       const open = run.phase('by hand')
       await sleep(0.3)
       open.end(); open.end()
       { const disposed = run.phase('disposed'); await sleep(0.2); disposed[Symbol.dispose ?? Symbol.for('Symbol.dispose')]() }
       run.phase('open')
       say('report ' + JSON.stringify(await run.end()))`,
    )
    expect([value('sync'), value('async'), value('caught'), value('rejected')]).toEqual([1, 2, true, true])
    const report = value<Report>('report')
    expect(report.run.status).toBe('completed')
    for (const name of ['sync', 'async', 'throws', 'rejects', 'by hand', 'disposed', 'open']) {
      expect(phase(report, name).count).toBe(1)
    }
    for (const [name, seconds] of [
      ['async', 0.5],
      ['by hand', 0.3],
      ['disposed', 0.2],
    ] as const) {
      const one = phase(report, name)
      expect(one.seconds).toBeGreaterThan(seconds - 0.01)
      expect(one.seconds).toBeLessThan(seconds + 2)
      expect(Math.abs((one.joules ?? 0) - WATTS * one.seconds * one.coverage)).toBeLessThan(0.5)
    }
  })

  test('that nest and overlap each have their own energy, those that tile add up to it', async ({
    place,
  }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       const all = run.phase('all')
       for (let step = 0; step < 6; step++) { const tile = run.phase('tile-' + (step % 2)); await sleep(0.25); tile.end() }
       all.end()
       say('report ' + JSON.stringify(await run.end()))`,
    )
    const report = value<Report>('report')
    const all = phase(report, 'all')
    const tiles = ['tile-0', 'tile-1'].map((name) => phase(report, name))
    const sum = tiles.reduce((joules, tile) => joules + (tile.joules ?? 0), 0)
    expect(tiles.map((tile) => tile.count)).toEqual([3, 3])
    // A busy machine may pause the trainer between two of them: that time is in none, and so is its energy.
    const between = all.seconds - tiles.reduce((seconds, tile) => seconds + tile.seconds, 0)
    expect(Math.abs((all.joules ?? 0) - sum - WATTS * between)).toBeLessThan(0.1)
    expect(all.joules ?? 0).toBeLessThanOrEqual(report.energy.joules ?? 0)
  })

  test('faster than one a second are folded into sums that lose nothing', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       const outer = run.phase('outer')
       for (let step = 0; step < 400; step++) run.phase('step', () => { block(0.005); run.work({ samples: 8 }) })
       outer.end()
       say('report ' + JSON.stringify(await run.end()))`,
    )
    const report = value<Report>('report')
    const step = phase(report, 'step')
    expect(step.count).toBe(400)
    expect(step.belowResolution).toBe(true)
    expect(step.seconds).toBeGreaterThan(1.99)
    expect(Math.abs((step.joules ?? 0) - WATTS * step.seconds * step.coverage)).toBeLessThan(1)
    expect(report.work).toEqual({ samples: 3200 })
    const lines = place.journal().filter((line) => 'kind' in line && line.kind === 'phase')
    expect(lines.length).toBeLessThan(20)
  })
})

describe.concurrent('work', () => {
  test('is exact over 100,000 calls in a loop that never yields', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       for (let step = 0; step < 100_000; step++) run.work({ samples: 3, tokens: 0.25 })
       block(1.2)
       for (let step = 0; step < 100_000; step++) run.work({ samples: 1 })
       say('work ' + JSON.stringify((await run.end()).work))`,
    )
    expect(value('work')).toEqual({ samples: 400_000, tokens: 25_000 })
  })

  test('belongs to the phase in which it was done', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       for (let epoch = 0; epoch < 3; epoch++) {
         run.work({ samples: 1000 })
         await run.phase('epoch-' + epoch, async () => {
           for (let step = 0; step < 10 * (epoch + 1); step++) { run.work({ samples: 1 }); await sleep(0.02) }
         })
       }
       say('report ' + JSON.stringify(await run.end()))`,
    )
    const report = value<Report>('report')
    expect(report.work).toEqual({ samples: 3060 })
    for (const epoch of [0, 1, 2]) {
      expect(phase(report, `epoch-${epoch}`).work).toEqual({ samples: 10 * (epoch + 1) })
    }
  })

  test('and scores: a name that may not be costs itself alone, and many long ones fit', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       run.work({ 'two words': 1, samples: 2 })
       run.score({ 'two words': 1, accuracy: 0.5 })
       run.score(Object.fromEntries(Array.from({ length: 50 }, (_, one) => ['x'.repeat(60) + one, { value: -Math.PI * 1e-300, better: 'higher' }])))
       say('report ' + JSON.stringify(await run.end()))`,
    )
    const report = value<Report>('report')
    expect(report.work).toEqual({ samples: 2 })
    expect(report.scores['accuracy']?.last).toBe(0.5)
    expect(Object.keys(report.scores)).toHaveLength(51)
    expect(report.health).toContainEqual(expect.objectContaining({ code: 'bad-event-line', count: 2 }))
  })

  test('goes on in a new file after 4 MiB of events, and nothing is lost', async ({ place }) => {
    const { value } = await train(
      place,
      `const run = await startRun({ meters })
       for (let step = 0; step < 60_000; step++) {
         run.work({ samples: 1 })
         run.score({ loss: step, accuracy: 1 / (step + 1), note: 1.23456789 })
         if (step % 10_000 === 0) await sleep(0.15)
       }
       const report = await run.end()
       say('schema ' + JSON.stringify(report.schema))`,
    )
    expect(value('schema')).toBe('ergometer.report/1')
    // A busy recorder may take longer than end() waits for it.
    const report = await place.stored()
    expect(report.work).toEqual({ samples: 60_000 })
    expect(report.scores['loss']).toMatchObject({ last: 59_999 })
    expect(codes(report)).not.toContain('bad-event-line')
  })
})

describe.concurrent('no call of a run throws', () => {
  const nonsense = [
    'run.work(undefined)',
    'run.work(null)',
    'run.work({ samples: NaN })',
    'run.work({ samples: -1 })',
    'run.work({ samples: "many" })',
    'run.work({ samples: 1n })',
    'run.work({ constructor: 1 })',
    'run.work({ "a name with spaces": 1 })',
    'run.score(null)',
    'run.score({ loss: null })',
    'run.score({ loss: NaN })',
    'run.score({ loss: { value: 1, better: "sideways" } })',
    'run.score({ loss: 1n })',
    'run.tag(null)',
    'run.tag({ a: 1n })',
    'run.tag({ a: "x".repeat(10_000) })',
    'run.phase("")',
    'run.phase(undefined).end()',
    'run.phase("x".repeat(10_000)).end()',
    'run.domain(null)',
    'run.domain(circular)',
    'run.reading(undefined, NaN)',
    'run.reading("nowhere", 5, { time: -5n })',
    'run.live()',
    'run.worthwhile(null)',
    'run.worthwhile({ score: {} })',
    'await run.forecast(null)',
    'await run.forecast({ totalWork: 5, totalEpochs: "many" })',
    'await run.forecast({ totalEpochs: 5, phase: circular })',
  ]

  test('whatever it is given; what is good beside it counts', async ({ place }) => {
    const attempts = nonsense.map(
      (call) =>
        `try { ${call} } catch (error) { thrown.push(${JSON.stringify(call)} + ': ' + error.message) }`,
    )
    const { code, value, stderr } = await train(
      place,
      `const run = await startRun({ meters })
       const circular = {}; circular.self = circular
       const thrown = []
       ${attempts.join('\n')}
       run.work({ samples: 5 })
       run.score({ accuracy: 0.5 })
       await sleep(0.3)
       say('thrown ' + JSON.stringify(thrown))
       say('report ' + JSON.stringify(await run.end()))`,
    )
    expect(code).toBe(0)
    expect(value('thrown')).toEqual([])
    const report = value<Report>('report')
    expect(report.work['samples']).toBe(5)
    expect(report.scores['accuracy']).toMatchObject({ last: 0.5 })
    expect(report.run.status).toBe('completed')
    expect(stderr.split('\n').filter((line) => line.startsWith('ergometer:')).length).toBeLessThanOrEqual(3)
    expect(codes(report).filter((one) => one === 'bad-event-line').length).toBeLessThanOrEqual(1)
  })
})
