import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Report } from '@ergometer/core'
import { describe, expect } from 'vitest'
import {
  BROKEN,
  CLI,
  codes,
  domain,
  eventually,
  FIXTURES,
  gone,
  isRoot,
  LIBRARY,
  type Place,
  runs,
  STEADY,
  skipped,
  test,
  untilMetered,
  WATTS,
} from './processes.ts'

const NOBODY = 65534
/** The user without rights must at least be able to read the built packages and this test's meters. */
const nobodyReads =
  isRoot &&
  spawnSync(
    process.execPath,
    ['-e', `for (const f of ${JSON.stringify([CLI, LIBRARY, STEADY])}) require('fs').readFileSync(f)`],
    {
      uid: NOBODY,
      gid: NOBODY,
    },
  ).status === 0
const noNobody = !nobodyReads && skipped('worlds of uid 65534: needs root, and a checkout that all may read')

/** Lines of ours on stderr before the summary. */
function said(stderr: string, about: RegExp): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('ergometer: ') && about.test(line))
}

const TRAINING = `
  const run = await startRun({ name: 'trial', meters })
  run.work({ samples: 10 })
  await sleep(0.4)
  const report = await run.end()
  say('result 42')
  say('report ' + JSON.stringify(report))
  process.exitCode = 3
`

function reported(stdout: Buffer): Report {
  const line = stdout
    .toString()
    .split('\n')
    .find((one) => one.startsWith('report '))
  return JSON.parse((line ?? '').slice('report '.length))
}

describe.concurrent('a home that cannot be written', () => {
  test.skipIf(noNobody)('as another user: the run lies elsewhere, CMD does not notice', async ({ place }) => {
    place.giveTo(NOBODY)
    mkdirSync(place.home, { mode: 0o755 })
    const { code, stdout, stderr } = await place.cli(
      ['run', '--meter', STEADY, '--', 'sh', '-c', 'sleep 0.4; echo result; exit 3'],
      { uid: NOBODY, gid: NOBODY },
    )
    expect(code).toBe(3)
    expect(stdout.toString()).toBe('result\n')
    const told = said(stderr, /./)
    expect(told).toEqual([
      expect.stringMatching(/\.ergometer: cannot be written \(EACCES\): the run lies in /),
    ])
    const folder = told[0]?.split('the run lies in ')[1]?.trim() ?? ''
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const report = await place.report(folder)
    expect(codes(report)).toContain('home-unwritable')
    expect(report.run.exitCode).toBe(3)
    expect(place.runFolders()).toEqual([])
  })

  test.skipIf(noNobody)('as another user, from a training', async ({ place }) => {
    const script = place.training(TRAINING)
    place.giveTo(NOBODY)
    mkdirSync(place.home, { mode: 0o755 })
    const { code, stdout, stderr } = await place.node(script, [], { uid: NOBODY, gid: NOBODY }).ended
    expect(code).toBe(3)
    expect(stdout.toString()).toContain('result 42')
    expect(said(stderr, /cannot be written/)).toHaveLength(1)
    const report = reported(stdout)
    expect(report.work).toEqual({ samples: 10 })
    expect(codes(report)).toContain('home-unwritable')
    expect(report.run.status).toBe('completed')
  })

  test('under a file', async ({ place }) => {
    const file = place.write('file', '')
    const { code, stdout, stderr } = await place.cli([
      'run',
      '--home',
      join(file, 'home'),
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo result; exit 3',
    ])
    expect(code).toBe(3)
    expect(stdout.toString()).toBe('result\n')
    expect(said(stderr, /file\/home: cannot be written \(ENOTDIR\)/)).toHaveLength(1)
  })

  test('nor any temporary folder: the run is kept in memory, its report comes all the same', async ({
    place,
  }) => {
    const file = place.write('file', '')
    const script = place.training(TRAINING)
    const env = { ERGOMETER_HOME: join(file, 'home'), TMPDIR: join(file, 'tmp') }
    const { code, stdout, stderr } = await place.node(script, [], { env }).ended
    expect(code).toBe(3)
    expect(stdout.toString()).toContain('result 42')
    expect(said(stderr, /cannot be written \(ENOTDIR\)|events/).length).toBeGreaterThan(0)
    expect(new Set(stderr.split('\n')).size).toBe(stderr.split('\n').length)
    expect(reported(stdout).schema).toBe('ergometer.report/1')
  })
})

/** A very small file system of a place's own; false where it cannot be had. */
function smallDisk(folder: string, size: string): boolean {
  mkdirSync(folder)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder]).status === 0
}

function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder])
}

/** Writes until nothing fits any more. */
function fill(folder: string): string {
  const path = join(folder, 'ballast')
  try {
    for (;;) writeFileSync(path, Buffer.alloc(4096), { flag: 'a' })
  } catch {
    return path
  }
}

const noDisk =
  process.platform !== 'linux' ||
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status !== 0
    ? skipped('full disks: needs the right to mount a small file system')
    : false

describe.skipIf(noDisk).concurrent('a full disk', () => {
  test('from the start', async ({ place }) => {
    const disk = place.path('disk')
    expect(smallDisk(disk, '64k')).toBe(true)
    try {
      fill(disk)
      const { code, stdout, stderr } = await place.cli([
        'run',
        '--home',
        join(disk, 'home'),
        '--meter',
        STEADY,
        '--',
        'sh',
        '-c',
        'sleep 0.3; echo result; exit 3',
      ])
      expect(code).toBe(3)
      expect(stdout.toString()).toBe('result\n')
      expect(said(stderr, /cannot be written \(ENOSPC\)/)).toHaveLength(1)
    } finally {
      unmount(disk)
    }
  })

  test('in the middle: what waits is in the report, and on disk once there is room', async ({ place }) => {
    const disk = place.path('disk')
    expect(smallDisk(disk, '64k')).toBe(true)
    try {
      const home = join(disk, 'home')
      const script = place.training(`
        const run = await startRun({ name: 'trial', meters, home: ${JSON.stringify(home)} })
        say('ready')
        await told()
        for (let step = 0; step < 30; step++) {
          run.work({ samples: 1 })
          run.score(Object.fromEntries(Array.from({ length: 40 }, (_, index) => ['score-' + index, step])))
          await sleep(0.1)
        }
        say('full')
        const report = await run.end()
        say('report ' + JSON.stringify(report))
        process.exitCode = 3
      `)
      const trainer = place.node(script)
      await trainer.said('ready')
      await place.begun(home)
      fill(disk)
      trainer.tell('go')
      const { code, stdout, stderr } = await trainer.ended
      expect(code).toBe(3)
      expect(said(stderr, /cannot be written \(ENOSPC\)/)).toHaveLength(1)
      const report = reported(stdout)
      expect(report.run.status).toBe('completed')
      expect(report.work).toEqual({ samples: 30 })
      expect(codes(report)).toContain('journal-unwritable')
      expect(report.energy.coverage).toBeGreaterThan(0.8)
      await place.tidied()
      rmSync(join(disk, 'ballast'))
      // What is on disk is whole lines, and can be read.
      const later = await place.report(place.onlyRun(home))
      expect(codes(later)).not.toContain('journal-damaged')
    } finally {
      unmount(disk)
    }
  })

  test('under the event directory', async ({ place }) => {
    const disk = place.path('disk')
    expect(smallDisk(disk, '128k')).toBe(true)
    try {
      const script = place.training(`
        const run = await startRun({ name: 'trial', meters })
        say('ready')
        await told()
        for (let step = 0; step < 2000; step++) run.score({ loss: step })
        await sleep(0.3)
        const report = await run.end()
        say('report ' + JSON.stringify(report))
        process.exitCode = 3
      `)
      const trainer = place.node(script, [], { env: { TMPDIR: disk } })
      await trainer.said('ready')
      const { recorder } = await place.begun()
      fill(disk)
      trainer.tell('go')
      const { code, stdout, stderr } = await trainer.ended
      expect(code).toBe(3)
      expect(said(stderr, /events/)).toHaveLength(1)
      expect(reported(stdout).schema).toBe('ergometer.report/1')
      await gone(recorder.pid)
    } finally {
      unmount(disk)
    }
  })
})

const noCompiler =
  process.platform !== 'linux' || spawnSync('cc', ['--version']).status !== 0
    ? skipped('a slow disk: needs Linux and a C compiler')
    : false

test.skipIf(noCompiler)(
  'a disk that takes a second for everything delays CMD no more than its 2 s, and loses nothing',
  async ({ place }) => {
    const library = place.path('slow-disk.so')
    const source = join(FIXTURES, 'slow-disk.c')
    expect(spawnSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']).status).toBe(0)
    const env = { LD_PRELOAD: library, SLOW_DISK: '1.2' }
    const command = ['run', '--meter', STEADY, '--', 'sh', '-c', 'sleep 0.5; echo result; exit 3']
    const { code, stdout, seconds } = await place.cli(command, { env })
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 3, stdout: 'result\n' })
    expect(seconds).toBeLessThan(10)
    const stored = await place.stored()
    expect(stored.run).toMatchObject({ status: 'failed', exitCode: 3, folder: place.onlyRun() })
    await place.tidied()
    expect(await place.report()).toEqual(stored)
  },
)

describe.concurrent('a bad meter beside a good one', () => {
  /** A CMD under both, until the trouble of that code is told; the good one's figures must be right whatever the other does. */
  async function meteredBeside(place: Place, how: string, code?: string) {
    const ended = await place.cli([
      'run',
      ...['--meter', STEADY],
      ...['--meter', `${BROKEN}=${JSON.stringify({ how })}`],
      ...['--', ...untilMetered(WATTS, code)],
    ])
    expect(ended.code).toBe(3)
    expect(ended.stdout.toString()).toBe('result\n')
    const report = await place.stored()
    const good = domain(report)
    expect(good.meanWatts).toBeCloseTo(WATTS, 0)
    expect(good.joules ?? 0).toBeGreaterThan(WATTS * 0.99)
    expect(good.gaps + good.resets).toBe(0)
    await place.tidied()
    return { ...ended, report, bad: report.energy.domains.find((one) => one.id === 'broken:sensor') }
  }

  const failing: readonly [how: string, code: string, message: RegExp][] = [
    ['throws', 'meter-failed', /sensor fell off/],
    ['throws nothing', 'meter-failed', /broken/],
    ['fatal', 'meter-failed', /sensor burnt down/],
    ['hangs', 'meter-timeout', /did not answer within/],
    ['blocks', 'meter-timeout', /did not answer within/],
    ['exits', 'meter-failed', /process ended \(exit code 3\)/],
    ['open throws', 'meter-failed', /no sensor here/],
    ['open yields nothing', 'meter-failed', /broken/],
    ['declares nonsense', 'meter-failed', /domains\[0\]/],
    ['nan', 'implausible-reading', /reading left out/],
    ['infinite', 'implausible-reading', /reading left out/],
    ['negative', 'implausible-reading', /reading left out: value -5/],
    ['huge', 'implausible-reading', /expected at most 500 W/],
    ['text', 'implausible-reading', /reading left out/],
    ['time is NaN', 'implausible-reading', /reading left out/],
    ['future', 'implausible-reading', /in the future/],
  ]
  test.for(failing)('that does: %s', async ([how, code, message], { place }) => {
    const { report, bad, stderr } = await meteredBeside(place, how, code)
    const entries = report.health.filter((entry) => entry.code === code && message.test(entry.message))
    expect(entries).toHaveLength(1)
    expect(said(stderr, message)).toHaveLength(1)
    expect(bad?.joules ?? 0).toBeLessThan(50 * 10)
    if (!['blocks', 'exits'].includes(how)) expect(bad?.joules).toBeUndefined()
  })

  test.for(['open hangs', 'open blocks'])('that does: %s', async (how, { place }) => {
    const { bad, seconds } = await meteredBeside(place, how)
    expect(bad).toBeUndefined()
    expect(seconds).toBeLessThan(8)
  })

  test.for(['other domain', 'floods', 'prints', 'close hangs'])(
    'that does: %s, with nothing on the outputs',
    async (how, { place }) => {
      const { stderr } = await meteredBeside(place, how)
      expect(stderr).not.toContain('printed by the meter')
    },
  )

  test('that records a bigint loses its own readings only', async ({ place }) => {
    const { bad, stderr } = await meteredBeside(place, 'bigint')
    expect(bad?.joules).toBeUndefined()
    expect(said(stderr, /broken|BigInt/).length).toBeGreaterThan(0)
  })

  test('that cannot be loaded', async ({ place }) => {
    const bad = place.write('bad-meter.mjs', 'this is no JavaScript')
    const { code, stdout, stderr } = await place.cli([
      ...['run', '--meter', STEADY, '--meter', bad, '--', ...untilMetered(WATTS)],
    ])
    expect(code).toBe(3)
    expect(stdout.toString()).toBe('result\n')
    expect(said(stderr, /bad-meter\.mjs: cannot be loaded/)).toHaveLength(1)
    expect(domain(await place.stored()).meanWatts).toBeCloseTo(WATTS, 0)
  })

  test('that declares a domain of the good one does not falsify it', async ({ place }) => {
    const { code, stderr } = await place.cli([
      ...['run', '--meter', STEADY, '--meter', `${STEADY}={"watts":3}`, '--', ...untilMetered(3)],
    ])
    expect(code).toBe(3)
    const report = await place.stored()
    const watts = domain(report).meanWatts ?? 0
    expect([3, WATTS].some((one) => Math.abs(one - watts) < 0.5)).toBe(true)
    expect(domain(report)).toMatchObject({ resets: 0, gaps: 0 })
    expect(said(stderr, /steady:plug/)).toHaveLength(1)
  })

  test('leaves no process behind when the recorder is killed while it blocks', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      `${BROKEN}={"how":"open blocks"}`,
      '--',
      'sh',
      '-c',
      'echo ready; sleep 30',
    ])
    await wrapper.said('ready')
    const { recorder } = await place.begun()
    const children = readFileSync(`/proc/${recorder.pid}/task/${recorder.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
    try {
      process.kill(recorder.pid, 'SIGKILL')
      for (const pid of children) await gone(pid, 12)
    } finally {
      for (const pid of children) if (runs(pid)) process.kill(pid, 'SIGKILL')
    }
  })
})

describe.concurrent('a meter whose counter wraps', () => {
  test.for([
    ['often', 60_000],
    ['seldom', 400_000],
  ] as const)('%s loses no energy', async ([, wrapsAt], { place }) => {
    const { code } = await place.cli([
      'run',
      '--meter',
      `${STEADY}={"wrapsAt":${wrapsAt}}`,
      '--',
      ...untilMetered(2 * WATTS),
    ])
    expect(code).toBe(3)
    const { meanWatts, joules = 0, wraps, gaps, resets } = domain(await place.stored())
    expect(meanWatts).toBeCloseTo(WATTS, 0)
    expect(wraps).toBeGreaterThanOrEqual(Math.floor((joules * 1000) / wrapsAt))
    expect({ gaps, resets }).toEqual({ gaps: 0, resets: 0 })
  })
})

describe.concurrent('nonsense in the event directory', () => {
  test('is left out, counted and said once; what is good beside it counts', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo "events $ERGOMETER_EVENTS"; read line; echo result; exit 3',
    ])
    const events = await wrapper.said('events')
    const good = (samples: number) => `${JSON.stringify({ v: 1, work: { samples } })}\n`
    writeFileSync(
      join(events, 'garbage.ndjson'),
      Buffer.from([0, 255, 254, 10, 123, 10, 91, 93, 10, 128, 10]),
    )
    writeFileSync(join(events, 'long.ndjson'), `${'x'.repeat(1024 * 1024)}\n${good(1)}`)
    writeFileSync(
      join(events, 'long-json.ndjson'),
      `{"v":1,"tag":{"a":"${'x'.repeat(1024 * 1024)}"}}\n${good(2)}`,
    )
    writeFileSync(join(events, 'deep.ndjson'), `${'['.repeat(4000)}\n${good(4)}`)
    writeFileSync(
      join(events, 'wrong.ndjson'),
      [
        '{"v":2,"work":{"samples":1000}}',
        '{"v":1,"work":{"samples":-1000}}',
        '{"v":1,"work":{"samples":1e999}}',
        '{"v":1,"work":{"samples":"1000"}}',
        '{"v":1,"work":{"__proto__":1000}}',
        '{"v":1,"work":{"samples":1000},"score":{"loss":1}}',
        '{"v":1,"t":-5,"work":{"samples":1000}}',
        '{"v":1,"phase":{"name":"p","edge":"middle"}}',
        'null',
        '',
        good(8),
      ].join('\n'),
    )
    spawnSync('mkfifo', [join(events, 'fifo.ndjson')])
    symlinkSync('/etc/passwd', join(events, 'link.ndjson'))
    symlinkSync(join(events, 'nowhere'), join(events, 'dangling.ndjson'))
    mkdirSync(join(events, 'folder.ndjson'))
    writeFileSync(join(events, 'other.txt'), good(1000))
    await eventually(() => {
      const live = join(events, 'live.json')
      return existsSync(live) && JSON.parse(readFileSync(live, 'utf8')).seconds > 1
    }, 'live totals')
    wrapper.tell('end')
    const { code, stdout, stderr } = await wrapper.ended
    expect(code).toBe(3)
    expect(stdout.toString()).toMatch(/result\n$/)
    const report = await place.stored()
    expect(report.work).toEqual({ samples: 15 })
    expect(said(stderr, /event lines/)).toHaveLength(1)
    const entries = report.health.filter((entry) => entry.code === 'bad-event-line')
    expect(entries).toHaveLength(1)
    expect(entries[0]?.count).toBeGreaterThan(12)
    expect(domain(report).meanWatts).toBeCloseTo(WATTS, 0)
    await place.tidied()
    expect(existsSync('/etc/passwd')).toBe(true)
  })

  test('does not read what other users may not show: a file without read permission', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo "events $ERGOMETER_EVENTS"; read line',
    ])
    const events = await wrapper.said('events')
    expect(statSync(events).mode & 0o777).toBe(0o700)
    writeFileSync(join(events, 'secret.ndjson'), '{"v":1,"work":{"samples":1}}\n')
    chmodSync(join(events, 'secret.ndjson'), 0)
    wrapper.tell('end')
    expect((await wrapper.ended).code).toBe(0)
  })
})

describe.concurrent('a stale ERGOMETER_EVENTS', () => {
  /** The training becomes a run of its own and says why, once. */
  async function expectUnused(place: Place, events: string, why: RegExp, options = {}) {
    const script = place.training(TRAINING)
    const { code, stdout, stderr } = await place.node(script, [], {
      env: { ERGOMETER_EVENTS: events },
      ...options,
    }).ended
    expect(code).toBe(3)
    expect(said(stderr, /ERGOMETER_EVENTS=/)).toHaveLength(1)
    expect(stderr).toMatch(why)
    const report = reported(stdout)
    expect(report.run).toMatchObject({ name: 'trial', status: 'completed', provisional: false })
    expect(codes(report).filter((one) => one === 'events-stale')).toHaveLength(1)
    expect(report.work).toEqual({ samples: 10 })
  }

  test('that does not exist', ({ place }) =>
    expectUnused(place, place.path('nowhere'), /no recorder is there/))

  test('that is a file', ({ place }) => expectUnused(place, place.write('file', ''), /no directory/))

  test('whose recorder.json is nonsense', async ({ place }) => {
    mkdirSync(place.path('events'))
    place.write('events/recorder.json', '{"v":1,"pid":"x"}')
    await expectUnused(place, place.path('events'), /damaged/)
  })

  test('whose recorder is dead', async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo "events $ERGOMETER_EVENTS"; read line',
    ])
    const events = await wrapper.said('events')
    const { recorder } = await place.begun()
    process.kill(recorder.pid, 'SIGKILL')
    await gone(recorder.pid)
    await expectUnused(place, events, /recorder has ended/)
  })

  test.skipIf(noNobody)("that is another user's", async ({ place }) => {
    const wrapper = place.ergometer([
      'run',
      '--meter',
      STEADY,
      '--',
      'sh',
      '-c',
      'echo "events $ERGOMETER_EVENTS"; read line',
    ])
    const events = await wrapper.said('events')
    await place.begun()
    const theirs = place.path('theirs')
    mkdirSync(theirs)
    mkdirSync(join(theirs, 'tmp'))
    for (const folder of [theirs, join(theirs, 'tmp')]) spawnSync('chown', [`${NOBODY}`, folder])
    chmodSync(place.directory, 0o755)
    chmodSync(place.temporary, 0o755)
    await expectUnused(place, events, /another user/, {
      uid: NOBODY,
      gid: NOBODY,
      cwd: theirs,
      env: { ERGOMETER_EVENTS: events, TMPDIR: join(theirs, 'tmp') },
    })
  })

  test('is said by a wrapper too', async ({ place }) => {
    const { code, stderr } = await place.cli(['run', '--meter', STEADY, '--', 'sh', '-c', 'exit 3'], {
      env: { ERGOMETER_EVENTS: place.path('nowhere') },
    })
    expect(code).toBe(3)
    expect(said(stderr, /ERGOMETER_EVENTS=/)).toHaveLength(1)
    expect((await place.stored()).run.parent).toBeUndefined()
  })
})

describe.concurrent('a recorder program', () => {
  test('that is missing: CMD runs, and it is said', async ({ place }) => {
    const { code, stdout, stderr } = await place.cli(['run', '--', 'sh', '-c', 'cat; exit 3'], {
      env: { ERGOMETER_RECORDER: '/nonexistent/recorder.js' },
      input: 'result',
    })
    expect(code).toBe(3)
    expect(stdout.toString()).toBe('result')
    expect(said(stderr, /recorder/)).toHaveLength(1)
    expect(place.runFolders()).toEqual([])
  })

  test.for([
    ['is missing', '/nonexistent/recorder.js'],
    ['is no program', join(FIXTURES, '../../package.json')],
  ] as const)('that %s: the training runs, and it is said', async ([, program], { place }) => {
    const script = place.training(TRAINING)
    const { code, stdout, stderr } = await place.node(script, [], { env: { ERGOMETER_RECORDER: program } })
      .ended
    expect(code).toBe(3)
    expect(stdout.toString()).toContain('result 42')
    expect(said(stderr, /recorder/)).toHaveLength(1)
    const report = reported(stdout)
    expect(report.energy.joules).toBeUndefined()
    expect(report.health.some((entry) => entry.severity === 'error')).toBe(true)
  })

  test('that starts slowly, after CMD has ended, still closes the run', async ({ place }) => {
    const program = place.write(
      'slow.mjs',
      `await new Promise((resolve) => setTimeout(resolve, 1000))
       await import(${JSON.stringify(join(LIBRARY, '../recorder.js'))})`,
    )
    const { code, stdout } = await place.cli(['run', '--', 'sh', '-c', 'echo result; exit 3'], {
      env: { ERGOMETER_RECORDER: program },
    })
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 3, stdout: 'result\n' })
    expect((await place.stored()).run).toMatchObject({ status: 'failed', exitCode: 3 })
    expect((await place.report()).run).toMatchObject({ status: 'failed', exitCode: 3 })
    await place.tidied()
  })

  test('that never answers delays neither the start nor the end for long', async ({ place }) => {
    const program = place.write(
      'deaf.mjs',
      'setInterval(() => {}, 1000); process.stdin.resume().on("end", () => process.exit())',
    )
    const script = place.training(TRAINING)
    const { code, stdout, seconds } = await place.node(script, [], { env: { ERGOMETER_RECORDER: program } })
      .ended
    expect(code).toBe(3)
    expect(reported(stdout).energy.joules).toBeUndefined()
    expect(seconds).toBeLessThan(15)
  })
})

describe.concurrent('the end of a training', () => {
  test('ends a pipe that it writes to', async ({ place }) => {
    const script = place.training(`
      await startRun({ meters })
      say('result')
      await sleep(0.2)
    `)
    const shell = place.start('sh', ['-c', `"${process.execPath}" "${script}" | cat; echo "done"`], {
      input: '',
    })
    const { stdout, seconds } = await shell.ended
    expect(stdout.toString()).toBe('result\ndone\n')
    expect(seconds).toBeLessThan(8)
  })

  test.for([
    ['by itself', 'await sleep(0.2)', 'aborted', 0],
    ['by process.exit', 'process.exit(4)', 'aborted', 4],
    ['by an uncaught error', 'throw new Error("diverged")', 'failed', 1],
    ['by an unhandled rejection', 'Promise.reject(new Error("diverged")); await sleep(5)', 'failed', 1],
    ['by a blocked loop and process.exit', 'block(0.5); process.exit(4)', 'aborted', 4],
  ] as const)('%s', async ([, how, status, code], { place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      run.work({ samples: 5 })
      run.phase('epoch')
      say('ready')
      ${how}
    `)
    const ended = await place.node(script).ended
    expect(ended.code).toBe(code)
    await place.tidied()
    const report = await place.stored()
    expect(report.run.status).toBe(status)
    expect(report.work).toEqual({ samples: 5 })
    expect(report.phases).toMatchObject([{ name: 'epoch', count: 1 }])
    expect(ended.stderr.includes('diverged')).toBe(status === 'failed')
  })
})
