import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import {
  CLI,
  codes,
  domain,
  eventually,
  MOSTLY,
  type Place,
  STEADY,
  skipped,
  test,
  untilMetered,
  WATTS,
} from './processes.ts'

const METERED = ['run', '--meter', STEADY, '--']
const node = (script: string) => [process.execPath, '-e', script]

/** A program that counts the signals it gets, and ends with that count when its stdin says so. */
const COUNTER = `
  const counts = {}
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGCONT'])
    process.on(signal, () => { counts[signal] = (counts[signal] ?? 0) + 1; console.log('got ' + signal) })
  process.stdin.on('data', () => { console.log('counts ' + JSON.stringify(counts)); process.exit(9) })
  setInterval(() => {}, 1000)
  console.log('ready')
`

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const noPython =
  spawnSync('python3', ['-c', 'import pty']).status === 0
    ? false
    : skipped('terminals: needs python3 with pty')

describe.concurrent('ergometer run passes through', () => {
  test('stdin, stdout and stderr byte for byte', async ({ place }) => {
    const input = randomBytes(3_000_000)
    const { code, stdout } = await place.cli([...METERED, 'cat'], { input })
    expect(code).toBe(0)
    expect(hash(stdout)).toBe(hash(input))
  })

  test('bytes that are no text on stderr, before the summary', async ({ place }) => {
    const wrapper = place.start(
      'sh',
      [
        '-c',
        `"${process.execPath}" "${CLI}" run --meter "${STEADY}" -- sh -c "printf '\\\\377\\\\000\\\\012' >&2" 2>errors`,
      ],
      { input: '' },
    )
    expect((await wrapper.ended).code).toBe(0)
    const errors = readFileSync(place.path('errors'))
    expect([...errors.subarray(0, 3)]).toEqual([255, 0, 10])
    expect(errors.subarray(3).toString()).toContain('completed')
  })

  test('a closed stdin, and one that nobody writes to', async ({ place }) => {
    expect((await place.cli([...METERED, 'cat'], { input: '' })).stdout).toHaveLength(0)
    expect((await place.cli([...METERED, 'cat'], { stdio: ['ignore', 'pipe', 'pipe'] })).code).toBe(0)
  })

  test('arguments as they are, those that look like ours too', async ({ place }) => {
    const args = ['--help', '-v', '--', '--json', '', 'a b', '*', '$HOME', 'ü']
    const { stdout } = await place.cli([
      ...METERED,
      ...node('console.log(JSON.stringify(process.argv.slice(1)))'),
      '--',
      ...args,
    ])
    expect(JSON.parse(stdout.toString())).toEqual(args)
  })

  test('environment and working directory', async ({ place }) => {
    const { stdout } = await place.cli([...METERED, 'sh', '-c', 'pwd; echo "$COLOUR"'], {
      env: { COLOUR: 'green' },
    })
    expect(stdout.toString()).toBe(`${place.directory}\ngreen\n`)
  })
})

describe.concurrent('ergometer run ends with the code of CMD', () => {
  test.for([
    [0, 'completed', ['true']],
    [7, 'failed', ['sh', '-c', 'exit 7']],
    [255, 'failed', ['sh', '-c', 'exit 255']],
    [128 + constants.signals.SIGTERM, 'aborted', ['sh', '-c', 'kill -TERM $$']],
    [128 + constants.signals.SIGINT, 'aborted', ['sh', '-c', 'kill -INT $$']],
    [128 + constants.signals.SIGHUP, 'aborted', ['sh', '-c', 'kill -HUP $$']],
    [128 + constants.signals.SIGKILL, 'crashed', ['sh', '-c', 'kill -KILL $$']],
    [128 + constants.signals.SIGABRT, 'crashed', ['sh', '-c', 'kill -ABRT $$']],
    [128 + constants.signals.SIGSEGV, 'crashed', ['sh', '-c', 'kill -SEGV $$']],
  ] as const)('%i, as a run that is %s', async ([code, status, command], { place }) => {
    const ended = await place.cli([...METERED, ...command])
    expect(ended).toMatchObject({ code, signal: null })
    const { run } = await place.report()
    expect(run.status).toBe(status)
    if (code < 128 || code === 255) expect(run.exitCode).toBe(code)
    else expect(constants.signals[run.signal as NodeJS.Signals]).toBe(code - 128)
  })

  test('127 where it is not found, in one line', async ({ place }) => {
    const { code, stderr, stdout } = await place.cli([...METERED, 'no-such-command-anywhere'])
    expect(code).toBe(127)
    expect(stderr).toBe('ergometer: no-such-command-anywhere: not found\n')
    expect(stdout).toHaveLength(0)
  })

  test('126 where it cannot be executed', async ({ place }) => {
    const plain = place.write('plain', '#!/bin/sh\n')
    chmodSync(plain, 0o644)
    for (const file of [plain, place.directory]) {
      const { code, stderr } = await place.cli([...METERED, file])
      expect(code).toBe(126)
      expect(stderr).toMatch(/^ergometer: \/.*: cannot be executed \(EACCES\)\n$/)
    }
  })
})

describe.concurrent('a signal to ergometer run', () => {
  test.for(['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT'] as const)(
    '%s reaches CMD exactly once, and CMD decides',
    async (signal, { place }) => {
      const wrapper = place.ergometer([...METERED, ...node(COUNTER)], { detached: true })
      await wrapper.said('ready')
      wrapper.kill(signal)
      await wrapper.said(`got ${signal}`)
      // A second delivery would come at once.
      await new Promise((resolve) => setTimeout(resolve, 400))
      wrapper.tell('end')
      expect(JSON.parse(await wrapper.said('counts'))).toEqual({ [signal]: 1 })
      expect((await wrapper.ended).code).toBe(9)
      expect((await place.stored()).run).toMatchObject({ status: 'failed', exitCode: 9 })
    },
  )

  test('that CMD does not handle ends both, and the run is closed', async ({ place }) => {
    const wrapper = place.ergometer([...METERED, 'sh', '-c', 'echo ready; exec sleep 30'])
    await wrapper.said('ready')
    wrapper.kill('SIGTERM')
    const { code, stderr } = await wrapper.ended
    expect(code).toBe(143)
    expect(stderr).toContain('aborted')
    expect((await place.stored()).run).toMatchObject({ status: 'aborted', signal: 'SIGTERM' })
  })
})

/** Runs a command line in a terminal of its own and presses keys when its output says so. */
const TERMINAL = `
import os, pty, sys, time, select, json
command, keys = json.loads(sys.argv[1]), json.loads(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b''
while True:
    try:
        ready, _, _ = select.select([terminal], [], [], 20)
        part = os.read(terminal, 65536) if ready else b''
    except OSError:
        part = b''
    if not part:
        break
    seen += part
    while keys and keys[0][0].encode() in seen:
        time.sleep(keys[0][2])
        os.write(terminal, keys[0][1].encode())
        keys.pop(0)
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
`

describe.skipIf(noPython).concurrent('in a terminal', () => {
  /** `keys`: when this was printed, press that, after so many seconds. */
  async function inTerminal(
    place: Place,
    command: readonly string[],
    keys: readonly [string, string, number][],
  ) {
    const script = place.write('terminal.py', TERMINAL)
    const running = place.start('python3', [script, JSON.stringify(command), JSON.stringify(keys)], {
      input: '',
    })
    return running.ended
  }

  test('Ctrl-C reaches CMD exactly once, and the recorder not at all', async ({ place }) => {
    const command = [process.execPath, CLI, ...METERED, ...node(COUNTER)]
    const { code, stdout } = await inTerminal(place, command, [
      ['ready', '\u0003', 0.1],
      ['got SIGINT', 'end\r', 0.7],
    ])
    expect(stdout.toString()).toContain('counts {"SIGINT":1}')
    expect(code).toBe(9)
    expect(await place.report()).toMatchObject({ run: { status: 'failed', exitCode: 9 } })
  })

  test('Ctrl-C ends a CMD that does not handle it; the summary comes, the code is 130', async ({ place }) => {
    const command = [process.execPath, CLI, ...METERED, 'sh', '-c', 'echo ready; exec sleep 30']
    const { code, stdout } = await inTerminal(place, command, [['ready', '\u0003', 0.1]])
    expect(code).toBe(130)
    expect(stdout.toString()).toContain('aborted')
    expect((await place.stored()).run).toMatchObject({ status: 'aborted', signal: 'SIGINT' })
  })

  test('Ctrl-C in a training with a recorder of its own: the recorder closes the run', async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      process.on('SIGINT', async () => { const report = await run.end(); say('ended ' + report.run.status); process.exit(0) })
      setInterval(() => {}, 1000)
      say('ready')
    `)
    const { code, stdout } = await inTerminal(place, [process.execPath, script], [['ready', '\u0003', 0.5]])
    expect(code).toBe(0)
    expect(stdout.toString()).toContain('ended completed')
    expect(domain(await place.stored()).coverage).toBeGreaterThan(0.5)
  })

  test('a live line is drawn over only where CMD does not write to this terminal', async ({ place }) => {
    const command = [process.execPath, CLI, ...METERED, 'sleep', '2.2']
    const { stdout } = await inTerminal(place, command, [])
    expect(stdout.toString()).not.toContain('\u001b[2K')
    const [first, ...rest] = METERED
    const live = [process.execPath, CLI, first as string, '--live', ...rest, 'sleep', '3.5']
    const { stdout: drawn } = await inTerminal(place, live, [])
    expect(drawn.toString()).toContain('\u001b[2K')
    expect(drawn.toString()).toMatch(/200 W/)
  })
})

describe.concurrent('what ergometer run records', () => {
  test('is true: watts times seconds, all of CMD, nothing on stdout', async ({ place }) => {
    const { code, stdout, stderr } = await place.cli([
      ...[
        'run',
        '--name',
        'steady run',
        '--tag',
        'lr=0.1',
        '--tag',
        'note=a=b',
        '--zone',
        'FR',
        '--pue',
        '1.5',
      ],
      ...['--group', 'nightly', '--meter', STEADY, '--', 'sleep', '2.4'],
    ])
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: '' })
    for (const text of ['steady run', 'completed', 'steady:plug', '.ergometer/runs/'])
      expect(stderr).toContain(text)
    const report = await place.stored()
    expect(report.schema).toBe('ergometer.report/1')
    expect(report.run).toMatchObject({
      name: 'steady run',
      status: 'completed',
      provisional: false,
      exitCode: 0,
      group: 'nightly',
      tags: { lr: '0.1', note: 'a=b' },
    })
    // Readings began before CMD and ended after it.
    expect(report.run.seconds).toBeGreaterThan(2.4)
    expect(report.run.seconds).toBeLessThan(4)
    expect(report.energy.coverage).toBeGreaterThan(MOSTLY)
    const joules = WATTS * report.run.seconds * report.energy.coverage
    expect(Math.abs((report.energy.joules ?? 0) - joules)).toBeLessThan(1)
    expect(domain(report)).toMatchObject({ counted: true, method: 'measured', gaps: 0 })
    expect(domain(report).peakWatts).toBeCloseTo(WATTS, 0)
    expect(report.energy.facility?.joules).toBeCloseTo(1.5 * (report.energy.joules ?? 0), 6)
    expect(report.carbon.intensity.zone).toBe('FR')
    expect(codes(report)).not.toContain('zone-unknown')
    expect(report.provenance.command).toEqual(['sleep', '2.4'])
    expect(await place.report()).toEqual(report)
  })

  test('a power meter integrates to the same', async ({ place }) => {
    await place.cli(['run', '--meter', `${STEADY}={"quantity":"power"}`, '--', ...untilMetered(WATTS)])
    const report = await place.stored()
    expect(report.energy.joules).toBeCloseTo(WATTS * report.run.seconds * report.energy.coverage, 0)
  })

  test('a meter beside the working directory, which imports our contract from nowhere', async ({ place }) => {
    place.write('my-meter.mjs', readFileSync(STEADY))
    const { code } = await place.cli(['run', '--meter', './my-meter.mjs', '--', ...untilMetered(WATTS)])
    expect(code).toBe(3)
    const report = await place.stored()
    expect(domain(report).meanWatts).toBeCloseTo(WATTS, 0)
  })

  test('a GPU that no meter reads is said to be missing, and is given no watts', async ({ place }) => {
    const device = place.path('sys/bus/pci/devices/0000:07:00.0')
    mkdirSync(device, { recursive: true })
    writeFileSync(join(device, 'vendor'), '0x10de\n')
    writeFileSync(join(device, 'class'), '0x030200\n')
    const env = { HOST_SYS: place.path('sys') }
    const { stderr } = await place.cli(['run', '--meter', 'estimate', '--', 'sleep', '0.3'], { env })
    expect(stderr).toContain('NVIDIA GPU 0000:07:00.0')
    const report = await place.stored()
    expect(Object.keys(report.energy.byKind).sort()).toEqual(['cpu', 'memory'])
    const missing = { kind: 'gpu', label: 'NVIDIA GPU 0000:07:00.0', why: 'no meter' }
    expect(report.energy.boundary.missing).toContainEqual(missing)
    expect(codes(report)).toContain('gpu-unmetered')
  })

  test('a CMD that ends at once is a run as well', async ({ place }) => {
    expect((await place.cli([...METERED, 'true'])).code).toBe(0)
    const report = await place.stored()
    expect(report.run.status).toBe('completed')
    expect(await place.report()).toEqual(report)
  })

  test('lies in folders that only the user may look into, and in no repository', async ({ place }) => {
    await place.cli([...METERED, 'true'])
    for (const folder of [join(place.home, 'runs'), place.onlyRun()]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700)
    }
    expect(statSync(join(place.onlyRun(), 'journal.ndjson')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(place.home, '.gitignore'), 'utf8')).toBe('*\n')
    await place.tidied()
  })

  test('without a secret in it', async ({ place }) => {
    const secret = 'hunter2hunter2'
    const command = [
      'true',
      '--api-key',
      secret,
      `--token=${secret}`,
      `https://me:${secret}@example.org/?password=${secret}`,
    ]
    await place.cli(['run', '--meter', `${STEADY}={"apiKey":"${secret}"}`, '--', ...command])
    const folder = place.onlyRun()
    for (const file of ['journal.ndjson', 'report.json']) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toContain(secret)
    }
  })

  test('by default with the meters that work here', async ({ place }) => {
    const { code } = await place.cli(['run', '--', 'sleep', '0.3'])
    expect(code).toBe(0)
    expect((await place.stored()).energy.domains.length).toBeGreaterThan(0)
  })

  test('shows its totals with --live, a line now and then where it cannot be drawn over', async ({
    place,
  }) => {
    const { stderr, stdout } = await place.cli(['run', '--live', '--meter', STEADY, '--', 'sleep', '2.5'])
    expect(stdout).toHaveLength(0)
    const lines = stderr.split('\n')
    const summary = lines.findIndex((line) => line.includes('completed'))
    expect(lines.slice(0, summary).filter((line) => / W\b/.test(line))).toHaveLength(1)
    expect(stderr).not.toContain('\u001b')
  })

  test('into the home that is asked for', async ({ place }) => {
    await place.cli(['run', '--home', 'there', '--meter', STEADY, '--', 'true'], {
      env: { ERGOMETER_HOME: 'elsewhere' },
    })
    expect(place.runFolders(place.path('there'))).toHaveLength(1)
    await place.cli([...METERED, 'true'], { env: { ERGOMETER_HOME: 'elsewhere' } })
    expect(place.runFolders(place.path('elsewhere'))).toHaveLength(1)
    expect(existsSync(place.home)).toBe(false)
  })
})

describe.concurrent('the training that blocks', () => {
  test('its event loop for 5 s is metered on time all the while', { timeout: 30_000 }, async ({ place }) => {
    const script = place.training(`
      const run = await startRun({ meters })
      await sleep(0.3)
      const before = process.hrtime.bigint()
      run.phase('block', () => block(5))
      say('blocked ' + Number(process.hrtime.bigint() - before) / 1e9)
      await sleep(0.3)
      const report = await run.end()
      say('report ' + JSON.stringify(report))
    `)
    const training = place.node(script)
    const seconds = Number(await training.said('blocked'))
    const report = JSON.parse(await training.said('report'))
    expect((await training.ended).code).toBe(0)
    const { coverage, gaps, peakWatts = 0, meanWatts = 0 } = domain(report)
    expect(gaps).toBe(0)
    expect(coverage).toBeGreaterThan(MOSTLY)
    expect(Math.abs(peakWatts - meanWatts)).toBeLessThan(1)
    const [block] = report.phases
    expect(block.seconds).toBeCloseTo(seconds, 1)
    expect(Math.abs(block.joules - WATTS * block.seconds * block.coverage)).toBeLessThan(0.5)
    expect(block.coverage).toBeGreaterThan(MOSTLY)
    // A row for every second: none was caught up with later.
    const rows = place.journal().filter((line) => !('kind' in line))
    expect(rows.length).toBeGreaterThanOrEqual(6)
    expect(rows.every((row) => 'dJ' in row || 'mJ' in row)).toBe(true)
  })

  test('is read every tenth of a second, as its power meter asks', { timeout: 30_000 }, async ({ place }) => {
    const log = place.path('reads')
    place.write(
      'counting-meter.mjs',
      `import { appendFileSync } from 'node:fs'
       import { defineMeter } from '@ergometer/meter'
       export default defineMeter(import.meta.url, { name: 'counting', interval: 0.1, open: (_, { clock }) => ({
         domains: [{ id: 'all', kind: 'gpu', label: 'All', method: 'measured', reads: { quantity: 'power' } }],
         read(record) { appendFileSync(${JSON.stringify(log)}, clock() + '\\n'); record(0, 100) },
       }) })`,
    )
    const script = place.training(`
      const run = await startRun({ meters: ['./counting-meter.mjs'] })
      const begin = process.hrtime.bigint()
      block(3)
      say('blocked ' + Number(begin) / 1e9 + ' ' + Number(process.hrtime.bigint()) / 1e9)
      await run.end()
    `)
    const training = place.node(script)
    const [begin = 0, end = 0] = (await training.said('blocked')).split(' ').map(Number)
    await training.ended
    const times = readFileSync(log, 'utf8').trim().split('\n').map(Number)
    const within = times.filter((time) => time > begin && time < end)
    // Thirty, but for what else the machine has to do; a recorder that had to wait for the training would have none.
    expect(within.length).toBeGreaterThan(5)
    const waits = within.slice(1).map((time, index) => time - (within[index] as number))
    expect(Math.max(...waits)).toBeLessThan(2)
  })
})

test('a stalled stderr does not keep CMD from ending', async ({ place }) => {
  mkdirSync(place.path('out'))
  const shell = place.start(
    'sh',
    [
      '-c',
      `{ "${process.execPath}" "${CLI}" run --meter "${STEADY}" -- sh -c 'echo result; exit 3' 2>&1 >out/stdout; echo $? >out/code; } | true`,
    ],
    { input: '' },
  )
  await shell.ended
  await eventually(
    () => existsSync(place.path('out/code')) && readFileSync(place.path('out/code'), 'utf8') !== '',
    'its end',
  )
  expect(readFileSync(place.path('out/code'), 'utf8')).toBe('3\n')
  expect(readFileSync(place.path('out/stdout'), 'utf8')).toBe('result\n')
})
