import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@ergometer/core'
import { describe, expect } from 'vitest'
import {
  codes,
  domain,
  eventually,
  gone,
  type Place,
  type Running,
  runs,
  STEADY,
  test,
  WATTS,
} from './processes.ts'

/** Seconds of work that may be lost: the last second, one reading interval of 0.1 s, and a loaded machine. */
const MAY_BE_LOST = 1 + 0.1 + 0.6

const now = () => Number(process.hrtime.bigint()) / 1e9
const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** A training that works on until it is killed, a sample every 20 ms. */
function victim(place: Place): Running {
  const script = place.training(`
    const run = await startRun({ name: 'victim', meters, tags: { fold: 3 } })
    run.phase('epoch')
    say('ready')
    setInterval(() => run.work({ samples: 1 }), 20)
  `)
  return place.node(script)
}

/** What the journal knows in joules is watts times the time that it knows of. */
function expectTrue(report: Report): void {
  const { joules = 0, coverage } = domain(report)
  const expected = WATTS * coverage * report.run.seconds
  expect(Math.abs(joules - expected)).toBeLessThan(2 + expected * 0.01)
}

function expectKnownUntil(report: Report, origin: number, killedAt: number): void {
  const known = domain(report).coverage * report.run.seconds
  expect(known).toBeGreaterThan(killedAt - origin - MAY_BE_LOST)
  expectTrue(report)
}

async function written(place: Place): Promise<Report> {
  await eventually(() => existsSync(join(place.onlyRun(), 'report.json')), 'the report of the recorder')
  await place.tidied()
  return await place.stored()
}

describe.concurrent('kill -9', () => {
  for (const after of [0.1, 1.3, 2.7]) {
    test(`of the trainer after ${after} s: the recorder closes the run as crashed`, async ({ place }) => {
      const trainer = victim(place)
      await trainer.said('ready')
      const { recorder, monotonic } = await place.begun()
      await sleep(after)
      trainer.kill()
      const killedAt = now()
      const report = await written(place)
      expect(report.run).toMatchObject({ status: 'crashed', name: 'victim', tags: { fold: '3' } })
      expectKnownUntil(report, monotonic, killedAt)
      expect(report.run.seconds).toBeLessThan(killedAt - monotonic + 2)
      expect(report.phases[0]).toMatchObject({ name: 'epoch', count: 1 })
      expect(report.work['samples'] ?? 0).toBeGreaterThan((after - 1.2) * 25)
      await gone(recorder.pid)
      expect(await place.report()).toMatchObject({ run: { status: 'crashed' } })
    })

    test(`of the recorder after ${after} s: the training goes on, and end() answers within 2 s`, async ({
      place,
    }) => {
      const script = place.training(`
        const run = await startRun({ name: 'survivor', meters })
        say('ready')
        await told()
        for (let step = 0; step < 10; step++) { run.work({ samples: 64 }); await sleep(0.02) }
        run.score({ accuracy: 0.5 })
        const before = performance.now()
        const report = await run.end()
        say('ended ' + (performance.now() - before) / 1000)
        say('status ' + report.run.status)
      `)
      const trainer = place.node(script)
      await trainer.said('ready')
      const { recorder, monotonic } = await place.begun()
      await sleep(after)
      process.kill(recorder.pid, 'SIGKILL')
      const killedAt = now()
      await gone(recorder.pid)
      trainer.tell('go on')
      expect(Number(await trainer.said('ended'))).toBeLessThan(2)
      expect(await trainer.said('status')).toBe('crashed')
      expect(await trainer.ended).toMatchObject({ code: 0, signal: null })
      const report = await place.report()
      expect(report.run.status).toBe('crashed')
      // What the training said after its recorder's death lay in its event file.
      expect(report.work).toEqual({ samples: 640 })
      expect(report.scores['accuracy']).toMatchObject({ last: 0.5 })
      expectKnownUntil(report, monotonic, killedAt)
      expect(place.eventDirectories()).toEqual([])
    })

    test(`of both after ${after} s: ergometer report closes the run as crashed`, async ({ place }) => {
      const trainer = victim(place)
      await trainer.said('ready')
      const { recorder, monotonic } = await place.begun()
      await sleep(after)
      process.kill(recorder.pid, 'SIGKILL')
      trainer.kill()
      const killedAt = now()
      await gone(recorder.pid)
      expect(place.eventDirectories()).toHaveLength(1)
      const report = await place.report()
      expect(report.run).toMatchObject({ status: 'crashed', provisional: false })
      expectKnownUntil(report, monotonic, killedAt)
      expect(report.work['samples'] ?? 0).toBeGreaterThan((after - 1.2) * 25)
      expect(place.eventDirectories()).toEqual([])
      expect((await place.stored()).run.status).toBe('crashed')
      const again = await place.report()
      expect(again.energy).toEqual(report.energy)
      expect(again.run).toEqual(report.run)
    })
  }

  test('of the trainer while it starts leaves nothing that runs on', async ({ place }) => {
    for (const milliseconds of [60, 110, 160]) {
      const trainer = place.node(
        place.training(`await startRun({ meters }); say('ready'); setInterval(() => {}, 1000)`),
      )
      await sleep(milliseconds / 1000)
      trainer.kill()
      await trainer.ended
    }
    await sleep(0.3)
    await place.tidied()
    for (const folder of place.runFolders()) {
      expect(await place.report(folder)).toMatchObject({ run: { status: 'crashed' } })
    }
  })

  test('of the wrapper: CMD goes on, the recorder closes the run', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      process.execPath,
      '-e',
      `console.log('pid ' + process.pid); setInterval(() => {}, 1000)`,
    ])
    const pid = Number(await wrapper.said('pid'))
    const { recorder, monotonic } = await place.begun()
    await sleep(1.2)
    wrapper.kill()
    const killedAt = now()
    const report = await written(place)
    expect(report.run.status).toBe('crashed')
    expectKnownUntil(report, monotonic, killedAt)
    await gone(recorder.pid)
    expect(runs(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
  })

  test('of the recorder of a wrapper: CMD keeps its output and exit code', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo ready; read line; echo "$line"; exit 7',
    ])
    await wrapper.said('ready')
    const { recorder } = await place.begun()
    await sleep(0.5)
    process.kill(recorder.pid, 'SIGKILL')
    await gone(recorder.pid)
    wrapper.tell('result')
    const { code, stdout, stderr } = await wrapper.ended
    expect(code).toBe(7)
    expect(stdout.toString()).toBe('ready\nresult\n')
    expect(stderr).toContain('ergometer: ')
    expect(stderr).toContain('ergometer report')
    expect(await place.report()).toMatchObject({ run: { status: 'crashed' } })
    expect(place.eventDirectories()).toEqual([])
  })
})

describe.concurrent('a dead recorder', () => {
  test('is said once on stderr, and in health', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      say('ready')
      await told()
      run.work({ samples: 1 })
      const report = await run.end()
      say('health ' + report.health.map((entry) => entry.code))
    `)
    const trainer = place.node(script)
    await trainer.said('ready')
    const { recorder } = await place.begun()
    process.kill(recorder.pid, 'SIGKILL')
    await gone(recorder.pid)
    trainer.tell('end')
    expect(await trainer.said('health')).toContain('recorder-died')
    const { stderr } = await trainer.ended
    expect(stderr.match(/ergometer: .*recorder/g)).toHaveLength(1)
  })
})

describe.concurrent('a run that nobody closed', () => {
  /** A run whose trainer and recorder are killed; what the trainer says after `stop` only its event file knows. */
  async function abandonedRun(place: Place, seconds = 1.2): Promise<string> {
    const script = place.training(`
      const run = await startRun({ meters })
      const phase = run.phase('epoch')
      say('ready')
      await told()
      run.work({ samples: 128 })
      run.score({ accuracy: 0.75 })
      run.tag({ late: 'yes' })
      phase.end()
      say('said')
      setInterval(() => {}, 1000)
    `)
    const trainer = place.node(script)
    await trainer.said('ready')
    const { recorder } = await place.begun()
    await sleep(seconds)
    process.kill(recorder.pid, 'SIGSTOP')
    trainer.tell('now')
    await trainer.said('said')
    trainer.kill()
    process.kill(recorder.pid, 'SIGKILL')
    await gone(recorder.pid)
    return place.onlyRun()
  }

  test('takes in the event files that are left, once', async ({ place }) => {
    await abandonedRun(place)
    for (const report of [await place.report(), await place.report()]) {
      expect(report.work).toEqual({ samples: 128 })
      expect(report.scores['accuracy']).toMatchObject({ first: 0.75, last: 0.75 })
      expect(report.run.tags).toEqual({ late: 'yes' })
      expect(report.phases).toMatchObject([{ name: 'epoch', count: 1, work: { samples: 128 } }])
      expect(report.phases[0]?.unfinished).toBeUndefined()
      expectTrue(report)
    }
    expect(place.eventDirectories()).toEqual([])
  })

  test('takes in lines without a time too, each once', async ({ place }) => {
    const line = `'{"v":1,"work":{"steps":1}}'`
    const script = `for i in 1 2 3 4 5 6 7 8 9; do echo ${line} >> $ERGOMETER_EVENTS/$$.ndjson; sleep 0.3; done`
    const wrapper = place.ergometer(['run', '--meter', STEADY, '--', 'sh', '-c', script], { input: '' })
    const { recorder } = await place.begun()
    await sleep(1.4)
    process.kill(recorder.pid, 'SIGKILL')
    await wrapper.ended
    for (const report of [await place.report(), await place.report()]) {
      expect(report.work).toEqual({ steps: 9 })
    }
  })

  test('is read without its event files too', async ({ place }) => {
    await abandonedRun(place)
    const elsewhere = place.path('elsewhere')
    const report = await place.report('latest', { env: { TMPDIR: elsewhere } })
    expect(report.run.status).toBe('crashed')
    expectTrue(report)
  })

  test('may have a torn last line, which is ignored', async ({ place }) => {
    const folder = await abandonedRun(place)
    const journal = join(folder, 'journal.ndjson')
    appendFileSync(journal, '{"t":99,"dJ":[12')
    const report = await place.report()
    expect(report.run.status).toBe('crashed')
    expect(report.run.seconds).toBeLessThan(50)
    expect(codes(report)).not.toContain('journal-damaged')
    const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
    expect((await place.report()).energy).toEqual(report.energy)
  })

  test('may have an empty journal, or one torn in its first line', async ({ place }) => {
    const folder = await abandonedRun(place, 0)
    const journal = join(folder, 'journal.ndjson')
    const text = readFileSync(journal, 'utf8')
    for (const left of [text.slice(0, 40), '']) {
      writeFileSync(journal, left)
      const report = await place.report(folder)
      expect(report.run.status).toBe('crashed')
      expect(report.energy.joules).toBeUndefined()
    }
  })

  test('says in its health that the recorder died', async ({ place }) => {
    await abandonedRun(place)
    const report = await place.report()
    expect(codes(report)).toContain('recorder-died')
  })

  test('is listed as crashed by ergometer runs', async ({ place }) => {
    await abandonedRun(place)
    const { stdout } = await place.cli(['runs', '--json'])
    expect(JSON.parse(stdout.toString())).toMatchObject([{ status: 'crashed' }])
  })
})

describe.concurrent('a run that ends while somebody looks at it', () => {
  test('is what its journal says in the end, not crashed', async ({ place }) => {
    await place.cli(['run', '--meter', STEADY, '--', 'true'])
    await place.tidied()
    const journal = join(place.onlyRun(), 'journal.ndjson')
    const text = readFileSync(journal, 'utf8')
    expect(text).toMatch(/"kind":"end".*\n$/)
    place.write('whole', text)
    place.write('early', text.slice(0, text.lastIndexOf('{"kind":"end"')))
    // Who reads it first finds no end, and a recorder that is gone; a moment later the end is there.
    rmSync(journal)
    spawnSync('mkfifo', [journal])
    place.start('sh', ['-c', 'cat early > "$0"; sleep 0.3; cat whole > "$0"', journal])
    const report = await place.report()
    expect(report.run.status).toBe('completed')
    expect(codes(report)).not.toContain('recorder-died')
  })
})

describe.concurrent('a run that has not begun', () => {
  test('is no crashed one for who looks at it, and is recorded as if nobody had looked', async ({
    place,
  }) => {
    const gate = place.path('gate')
    // A meter that takes its time to load: its run begins when its options are accepted.
    place.write(
      'slow-meter.mjs',
      `import { existsSync } from 'node:fs'
       while (!existsSync(${JSON.stringify(gate)})) await new Promise((resolve) => setTimeout(resolve, 20))
       export { default } from ${JSON.stringify(STEADY)}`,
    )
    const wrapper = place.ergometer([
      ...['run', '--meter', './slow-meter.mjs', '--meter', STEADY, '--', 'sh', '-c', 'read line'],
    ])
    const journal = () => join(place.onlyRun(), 'journal.ndjson')
    await eventually(() => place.runFolders()[0] && existsSync(journal()), 'the journal')
    const early = await place.report()
    if (readFileSync(journal(), 'utf8') === '') expect(early.run.status).toBe('running')
    else expect(codes(early)).not.toContain('recorder-died')
    writeFileSync(gate, '')
    wrapper.tell('end')
    expect((await wrapper.ended).code).toBe(0)
    expect((await place.stored()).run.status).toBe('completed')
    await place.tidied()
    expect((await place.report()).run.status).toBe('completed')
  })
})

describe.concurrent('a recorder that hangs', () => {
  test('does not keep end() for longer than 2 s, and closes the run when it wakes', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      say('ready')
      await told()
      const before = performance.now()
      const ending = run.end()
      say('called ' + Number(process.hrtime.bigint()) / 1e9)
      const report = await ending
      say('ended ' + (performance.now() - before) / 1000)
      say('status ' + report.run.status + ' ' + report.run.provisional)
    `)
    const trainer = place.node(script)
    await trainer.said('ready')
    const { recorder, monotonic } = await place.begun()
    await sleep(1.2)
    process.kill(recorder.pid, 'SIGSTOP')
    trainer.tell('end')
    expect(Number(await trainer.said('ended'))).toBeLessThan(2)
    expect(await trainer.said('status')).toBe('running true')
    expect((await trainer.ended).code).toBe(0)
    process.kill(recorder.pid, 'SIGCONT')
    const report = await written(place)
    expect(report.run.status).toBe('completed')
    // The standstill after the end is no part of the run.
    expect(report.run.seconds).toBeLessThan(Number(await trainer.said('called')) - monotonic + 0.001)
    expectTrue(report)
  })

  test('does not keep a wrapper for longer than 2 s', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo ready; read line; exit 5',
    ])
    await wrapper.said('ready')
    const { recorder, monotonic } = await place.begun()
    process.kill(recorder.pid, 'SIGSTOP')
    const before = now()
    wrapper.tell('end')
    expect((await wrapper.ended).code).toBe(5)
    const endedAt = now()
    expect(endedAt - before).toBeLessThan(3)
    process.kill(recorder.pid, 'SIGCONT')
    const report = await written(place)
    expect(report.run).toMatchObject({ status: 'failed', exitCode: 5 })
    // The 2 s that the wrapper waited are no part of the run.
    expect(report.run.seconds).toBeLessThan(endedAt - monotonic - 1.5)
    expectTrue(report)
  })

  test('is ended with its meter processes when its trainer is killed', async ({ place }) => {
    const trainer = victim(place)
    await trainer.said('ready')
    const { recorder } = await place.begun()
    const children = readFileSync(`/proc/${recorder.pid}/task/${recorder.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    expect(children.length).toBeGreaterThan(0)
    trainer.kill()
    await gone(recorder.pid)
    for (const pid of children) await gone(pid)
  })
})
