import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import type { Report } from '@ergometer/core'
import { describe, expect } from 'vitest'
import { CLI, codes, domain, LIBRARY, type Place, STEADY, skipped, test, WATTS } from './processes.ts'

const METERED = ['run', '--meter', STEADY, '--tag', 'from=flag', '--']
const noPython =
  spawnSync('python3', ['--version']).status === 0 ? false : skipped('the Python client: needs python3')

function said(stderr: string, about: RegExp): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('ergometer: ') && about.test(line))
}

function phase(report: Report, name: string) {
  const found = report.phases.find((one) => one.name === name)
  if (!found) throw new Error(`no phase ${name} among ${report.phases.map((one) => one.name)}`)
  return found
}

describe.concurrent('startRun under ergometer run', () => {
  test('joins the run as a phase; its end() answers within a second for its own interval', async ({
    place,
  }) => {
    const script = place.training(`
      await sleep(0.6)
      const run = await startRun({ name: 'fit', tags: { optimizer: 'adam' } })
      run.phase('epoch', () => block(1.5))
      run.work({ samples: 640 })
      run.score({ accuracy: 0.9 })
      const before = performance.now()
      const report = await run.end()
      say('seconds ' + (performance.now() - before) / 1000)
      say('report ' + JSON.stringify(report))
      await sleep(0.6)
    `)
    const wrapper = place.ergometer([...METERED, process.execPath, script], { input: '' })
    expect(Number(await wrapper.said('seconds'))).toBeLessThan(2)
    const interval: Report = JSON.parse(await wrapper.said('report'))
    expect((await wrapper.ended).code).toBe(0)
    expect(interval.run).toMatchObject({ name: 'fit', provisional: true, status: 'running' })
    expect(interval.run.seconds).toBeGreaterThan(1.4)
    expect(interval.run.seconds).toBeLessThan(2.5)
    expect(interval.energy.coverage).toBeGreaterThan(0.9)
    expect(
      Math.abs((interval.energy.joules ?? 0) - WATTS * interval.run.seconds * interval.energy.coverage),
    ).toBeLessThan(WATTS * 0.15)
    expect(interval.work).toEqual({ samples: 640 })

    const report = await place.stored()
    expect(interval.run.id).toBe(report.run.id)
    expect(report.run).toMatchObject({ status: 'completed', tags: { from: 'flag', optimizer: 'adam' } })
    expect(report.run.seconds).toBeGreaterThan(2.6)
    const fit = phase(report, 'fit')
    expect(fit.count).toBe(1)
    expect(Math.abs((fit.joules ?? 0) - WATTS * fit.seconds * fit.coverage)).toBeLessThan(1)
    expect(fit.work).toEqual({ samples: 640 })
    expect(phase(report, 'epoch').seconds).toBeCloseTo(1.5, 0)
    expect(report.work).toEqual({ samples: 640 })
    expect(report.scores['accuracy']).toMatchObject({ last: 0.9 })
    expect(place.runFolders()).toHaveLength(1)
  })

  test('a phase as short as it likes still has its energy at once', async ({ place }) => {
    const script = place.training(`
      await sleep(0.3)
      const run = await startRun({ name: 'short' })
      block(0.5)
      say('report ' + JSON.stringify(await run.end()))
    `)
    const wrapper = place.ergometer([...METERED, process.execPath, script], { input: '' })
    const { run, energy } = JSON.parse(await wrapper.said('report')) as Report
    await wrapper.ended
    expect(run.seconds).toBeGreaterThan(0.45)
    expect(Math.abs((energy.joules ?? 0) - WATTS * run.seconds * energy.coverage)).toBeLessThan(WATTS * 0.2)
  })

  test("says which of its options are the recorder's, and refuses wrong ones", async ({ place }) => {
    const script = place.training(`
      await startRun({ epochs: 3 }).catch((error) => say('refused ' + error.message))
      const run = await startRun({ name: 'fit', home: 'elsewhere', interval: 5, meters, zone: 'FR' })
      await run.end()
    `)
    const { code, stderr, stdout } = await place.cli([...METERED, process.execPath, script])
    expect(code).toBe(0)
    expect(stdout.toString()).toMatch(/^refused startRun: .*epochs/m)
    const lines = said(stderr, /ignored/)
    expect(lines).toHaveLength(1)
    for (const option of ['home', 'interval', 'meters', 'zone']) expect(lines[0]).toContain(option)
    expect(place.runFolders()).toHaveLength(1)
    expect(place.runFolders(place.path('elsewhere'))).toEqual([])
  })

  test('cannot make the run fail: CMD alone decides', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ name: 'fit' })
      run.fail('diverged')
      await run.end()
    `)
    expect((await place.cli([...METERED, process.execPath, script])).code).toBe(0)
    expect((await place.stored()).run.status).toBe('completed')
    const dying = place.training(`await startRun({ name: 'fit' }); throw new Error('diverged')`, 'dying.mjs')
    expect((await place.cli([...METERED, process.execPath, dying])).code).toBe(1)
    const report = await place.report()
    expect(report.run).toMatchObject({ status: 'failed', exitCode: 1 })
    expect(phase(report, 'fit').count).toBe(1)
  })

  test('twice in one process, and with live totals', async ({ place }) => {
    const script = place.training(`
      for (const name of ['tune', 'fit']) {
        const run = await startRun({ name })
        await sleep(1.1)
        say(name + ' ' + JSON.stringify(run.live()))
        await run.end()
      }
    `)
    const { stdout } = await place.cli([...METERED, process.execPath, script])
    expect(JSON.parse(stdout.toString().match(/^fit (.*)$/m)?.[1] ?? '')).toMatchObject({ v: 1 })
    const report = await place.stored()
    for (const name of ['tune', 'fit']) expect(phase(report, name).seconds).toBeGreaterThan(1)
    expect(phase(report, 'fit').work).toEqual({})
  })

  test('in two processes at once: a phase is their union, and counts once', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ name: 'rank', tags: { ['rank' + process.env.RANK]: 'yes' } })
      await run.phase('epoch', () => sleep(1))
      run.work({ samples: 100 })
      await sleep(0.1)
      await run.end()
    `)
    const both = `RANK=0 LOCAL_RANK=0 WORLD_SIZE=2 "$0" "$1" & RANK=1 LOCAL_RANK=1 WORLD_SIZE=2 "$0" "$1"; wait`
    const { code } = await place.cli([...METERED, 'sh', '-c', both, process.execPath, script])
    expect(code).toBe(0)
    const report = await place.stored()
    const epoch = phase(report, 'epoch')
    expect(epoch.count).toBe(1)
    expect(epoch.processSeconds).toBeGreaterThan(1.95)
    expect(epoch.seconds).toBeLessThan(epoch.processSeconds - 0.3)
    expect(Math.abs((epoch.joules ?? 0) - WATTS * epoch.seconds * epoch.coverage)).toBeLessThan(1)
    expect(report.work).toEqual({ samples: 200 })
    expect(report.run.tags).toMatchObject({ rank0: 'yes', rank1: 'yes' })
    const ranks = report.provenance.ranks?.map(({ rank, worldSize }) => ({ rank, worldSize }))
    expect(ranks).toEqual(
      expect.arrayContaining([
        { rank: 0, worldSize: 2 },
        { rank: 1, worldSize: 2 },
      ]),
    )
  })

  test('in children of a training, by run.env', async ({ place }) => {
    const child = place.training(
      `const run = await startRun({ name: 'child' }); run.work({ samples: 7 }); await sleep(0.2); await run.end()`,
      'child.mjs',
    )
    const script = place.training(`
      import { spawnSync } from 'node:child_process'
      const run = await startRun({ name: 'parent', meters })
      const { status } = spawnSync(process.execPath, [${JSON.stringify(child)}], { env: { ...process.env, ...run.env }, stdio: 'inherit' })
      const report = await run.end()
      say('status ' + status + ' ' + report.run.status)
    `)
    const { stdout } = await place.node(script).ended
    expect(stdout.toString()).toBe('status 0 completed\n')
    const report = await place.stored()
    expect(report.run.name).toBe('parent')
    expect(report.work).toEqual({ samples: 7 })
    expect(phase(report, 'child').count).toBe(1)
    expect(place.runFolders()).toHaveLength(1)
  })
})

describe.concurrent('a training that begins before its recorder is ready', () => {
  /** A recorder that takes so many seconds to start, as on a machine that has other things to do. */
  const slow = (place: Place, seconds: number) => ({
    ERGOMETER_RECORDER: place.write(
      'slow.mjs',
      `await new Promise((resolve) => setTimeout(resolve, ${seconds * 1000}))
       await import(${JSON.stringify(join(dirname(LIBRARY), 'recorder.js'))})`,
    ),
  })

  test('joins its run all the same, and there is no other', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ name: 'fit' })
      run.work({ samples: 64 })
      await sleep(2.5)
      say('report ' + JSON.stringify(await run.end()))
    `)
    const env = slow(place, 1)
    const { code, stdout, stderr } = await place.cli(['run', '--', process.execPath, script], { env })
    expect(code, stderr).toBe(0)
    const interval: Report = JSON.parse(/^report (.*)$/m.exec(`${stdout}`)?.[1] ?? '')
    const report = await place.stored()
    expect(interval.run).toMatchObject({ id: report.run.id, name: 'fit', provisional: true })
    expect(report.work).toEqual({ samples: 64 })
    expect(phase(report, 'fit').seconds).toBeGreaterThan(2)
  })

  test('and ends before that too: what it said is in the report', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ name: 'fit' })
      run.work({ samples: 64 })
      await run.end()
    `)
    const env = slow(place, 1.2)
    const { code, stderr } = await place.cli(['run', '--', process.execPath, script], { env })
    expect(code, stderr).toBe(0)
    expect((await place.stored()).work).toEqual({ samples: 64 })
  })
})

describe.concurrent('a nested ergometer run', () => {
  test('is a run of its own that names its parent, and is not added to it', async ({ place }) => {
    const inner = [process.execPath, CLI, 'run', '--name', 'inner', '--meter', STEADY, '--', 'sleep', '1']
    const { code } = await place.cli(['run', '--name', 'outer', '--meter', STEADY, '--', ...inner])
    expect(code).toBe(0)
    const { stdout } = await place.cli(['runs', '--json'])
    const runs: Report['run'][] = JSON.parse(stdout.toString())
    const [outer] = runs.filter((one) => one.name === 'outer')
    const [nested] = runs.filter((one) => one.name === 'inner')
    expect(runs).toHaveLength(2)
    expect(nested?.parent).toBe(outer?.id)
    expect(outer?.parent).toBeUndefined()
    const report = await place.report(outer?.id)
    expect(
      Math.abs((report.energy.joules ?? 0) - WATTS * report.run.seconds * report.energy.coverage),
    ).toBeLessThan(1)
  })
})

describe.concurrent('clients without a library', () => {
  test('a shell says work, phases, scores and tags with echo', async ({ place }) => {
    place.write(
      'train.sh',
      `say() { echo "$1" >> "$ERGOMETER_EVENTS/shell.ndjson"; }
       say '{"v":1,"phase":{"name":"epoch","id":"1","edge":"begin"}}'
       say '{"v":1,"work":{"samples":64}}'
       say '{"v":1,"work":{"samples":64}}'
       say '{"v":1,"tag":{"shell":"yes"}}'
       sleep 1.2
       say '{"v":1,"score":{"loss":{"value":0.2,"better":"lower"}}}'
       say '{"v":1,"phase":{"name":"epoch","id":"1","edge":"end"}}'
       sleep 0.3
       echo '{"v":1,"work":{"samples":64}}' >> "$ERGOMETER_EVENTS/x.ndjson"
       printf '{"v":1,"work":{"samples":1}}' >> "$ERGOMETER_EVENTS/unfinished.ndjson"`,
    )
    const { code } = await place.cli([...METERED, 'sh', 'train.sh'])
    expect(code).toBe(0)
    const report = await place.stored()
    expect(report.work).toEqual({ samples: 193 })
    expect(report.run.tags).toMatchObject({ shell: 'yes' })
    expect(report.scores['loss']).toMatchObject({ last: 0.2, better: 'lower' })
    const epoch = phase(report, 'epoch')
    // Without a time of its own an event is of when its file was written to.
    expect(Math.abs(epoch.seconds - 1.2)).toBeLessThan(0.8)
    expect(Math.abs((epoch.joules ?? 0) - WATTS * epoch.seconds * epoch.coverage)).toBeLessThan(1)
    expect(codes(report)).not.toContain('bad-event-line')
  })

  test('a shell that lives for milliseconds is heard, though its recorder begins to look after its end', async ({
    place,
  }) => {
    const line = '{"v":1,"work":{"samples":64}}'
    for (const home of [place.path('one'), place.path('two'), place.path('three')]) {
      await place.cli([
        'run',
        '--home',
        home,
        '--',
        'sh',
        '-c',
        `echo '${line}' >> "$ERGOMETER_EVENTS/x.ndjson"`,
      ])
      expect((await place.stored(home)).work).toEqual({ samples: 64 })
    }
  })

  test.skipIf(noPython)('Python says them with its own monotonic time', async ({ place }) => {
    place.write(
      'train.py',
      `import json, os, time
file = open(os.path.join(os.environ['ERGOMETER_EVENTS'], '%d-py.ndjson' % os.getpid()), 'a', buffering=1)
def say(t=None, **event):
    file.write(json.dumps({'v': 1, 't': t or time.monotonic_ns(), **event}) + '\\n')
boot = open('/proc/sys/kernel/random/boot_id').read().strip()
say(process={'pid': os.getpid(), 'bootId': boot, 'unixSeconds': time.time(), 'rank': 0})
begin = time.monotonic_ns()
for epoch in range(3):
    say(phase={'name': 'epoch', 'id': str(epoch), 'edge': 'begin'})
    time.sleep(0.5)
    say(work={'samples': 1000, 'tokens': 0.5})
    say(phase={'name': 'epoch', 'id': str(epoch), 'edge': 'end'})
    say(score={'accuracy': 0.5 + epoch / 10, 'val_loss': 1.0 / (epoch + 1)})
end = time.monotonic_ns()
# Told late, but true of then.
say(t=begin, phase={'name': 'all', 'id': 'all', 'edge': 'begin'})
say(t=end, phase={'name': 'all', 'id': 'all', 'edge': 'end'})
print((end - begin) / 1e9)
`,
    )
    const { code, stdout } = await place.cli([...METERED, 'python3', 'train.py'])
    expect(code).toBe(0)
    const seconds = Number(stdout.toString())
    const report = await place.stored()
    expect(report.work).toEqual({ samples: 3000, tokens: 1.5 })
    expect(report.scores['accuracy']).toEqual(
      expect.objectContaining({ first: 0.5, last: 0.7, best: 0.7, better: 'higher' }),
    )
    expect(report.scores['val_loss']).toMatchObject({ best: 1 / 3, better: 'lower' })
    const epoch = phase(report, 'epoch')
    expect(epoch).toMatchObject({ count: 3, work: { samples: 3000, tokens: 1.5 } })
    expect(Math.abs((epoch.joules ?? 0) - WATTS * epoch.seconds * epoch.coverage)).toBeLessThan(0.5)
    const all = phase(report, 'all')
    expect(all.seconds).toBeCloseTo(seconds, 4)
    expect(Math.abs((all.joules ?? 0) - WATTS * seconds * all.coverage)).toBeLessThan(0.5)
    expect(report.efficiency['samples']?.perJoule).toBeCloseTo(3000 / (report.energy.joules ?? 0), 6)
    expect(report.provenance.ranks).toMatchObject([{ rank: 0 }])
  })

  test('a client may push the readings of a meter that only it has', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ name: 'pushing' })
      run.domain({ id: 'board', kind: 'accelerator', label: 'Board', method: 'measured', reads: { quantity: 'power' }, updatePeriod: 0.1 })
      run.domain({ id: 'board', kind: 'host', label: 'Second', method: 'modelled', reads: { quantity: 'power' } })
      for (let step = 0; step < 15; step++) { run.reading('board', 50); await sleep(0.1) }
      run.reading('nowhere', 50)
      await run.end()
    `)
    await place.cli([...METERED, process.execPath, script])
    const report = await place.stored()
    const board = domain(report, 'push:board')
    expect(board).toMatchObject({ kind: 'accelerator', label: 'Board', method: 'measured', counted: true })
    expect(board.meanWatts).toBeCloseTo(50, 1)
    expect((board.joules ?? 0) / 50).toBeGreaterThan(1)
    expect(codes(report)).toContain('event-refused')
    expect(domain(report).meanWatts).toBeCloseTo(WATTS, 0)
  })
})

test('what lies in a run is what its children said, however late they said it', async ({ place }) => {
  const script = place.training(`
    const run = await startRun({ name: 'last words' })
    for (let step = 0; step < 5000; step++) run.score({ loss: step })
    run.work({ samples: 12345 })
    process.exit(0)
  `)
  expect((await place.cli([...METERED, process.execPath, script])).code).toBe(0)
  const report = await place.stored()
  expect(report.work).toEqual({ samples: 12345 })
  expect(report.scores['loss']).toMatchObject({ first: 0, last: 4999, best: 0 })
  expect(join(place.home, 'runs', report.run.id)).toBe(report.run.folder)
})
