import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { encodeLine, type JournalLine, processIdentity, type Report } from '@ergometer/core'
import { defineMeter, type Reading } from '@ergometer/meter'
import { describe, expect } from 'vitest'
import { codeBlock, document, root } from '../../../test/samples.ts'
import { type SettleWorld, settleRun } from '../src/settle-run.ts'
import { codes, domain, eventually, FIXTURES, isRoot, type Place, skipped, test } from './processes.ts'

// Runs whose meters report late: provisional, then settled.

const LATE = join(FIXTURES, 'late-meter.mjs')
/** A kilowatt-hour is 360 g, so a joule is a ten thousandth of a gram. */
const GRAMS_PER_JOULE = 1e-4

/** What the cloud tells from now on. */
function tell(place: Place, what: object, name = 'cloud.json'): void {
  place.write(name, JSON.stringify(what))
}

function flags(place: Place, options: object = {}, name = 'cloud.json'): string[] {
  return ['--meter', `${LATE}=${JSON.stringify({ file: place.path(name), ...options })}`]
}

/** Runs a training of a moment under the late meter; the report as it was stored. */
async function record(place: Place, more: readonly string[] = flags(place), env = {}): Promise<Report> {
  const args = ['run', '--intensity', '360', ...more, '--', 'sleep', '0.6']
  const { code, stderr } = await place.cli(args, { env })
  expect(code).toBe(0)
  const report = await place.stored()
  expect(stderr).toContain('sleep · completed')
  return report
}

/** Buckets of a run: 100 W up to its 200th millisecond, 300 W from there to beyond its end. */
function bucketsOf({ run }: Report) {
  const begin = Date.parse(run.startedAt)
  const iso = (milliseconds: number) => new Date(begin + milliseconds).toISOString()
  const after = Math.ceil(run.seconds * 1000) + 300
  return [
    // Newest first, as pages come, and one that is revised.
    { from: iso(200), to: iso(after), joules: (300 * (after - 200)) / 1000 },
    { from: iso(-1800), to: iso(200), joules: 77 },
    { from: iso(-1800), to: iso(200), joules: 100 * 2 },
  ]
}

const expectedOf = ({ run }: Report) => 100 * 0.2 + 300 * (run.seconds - 0.2)

function filesOf(place: Place): string {
  const folder = place.onlyRun()
  return ['journal.ndjson', 'report.json'].map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
}

describe.concurrent('ergometer settle', () => {
  test('closes a provisional run, with the joules and grams that are worked out by hand', async ({
    place,
  }) => {
    tell(place, {})
    const { stderr } = await place.cli(['run', '--intensity', '360', ...flags(place), '--', 'sleep', '0.6'])
    const before = await place.stored()
    expect(stderr).toMatch(/sleep · completed · .* · provisional/)
    expect(stderr).toContain(`ergometer settle ${before.run.id}`)
    expect(before.run.provisional).toBe(true)
    expect(before.energy).not.toHaveProperty('joules')
    expect(codes(before)).toContain('late-data-owed')
    await place.tidied()

    const early = await place.cli(['settle'])
    expect({ code: early.code, stderr: early.stderr }).toEqual({ code: 1, stderr: '' })
    expect(early.stdout.toString()).toContain('provisional')

    tell(place, { buckets: bucketsOf(before), says: 'older than 15 days' })
    const { code, stdout } = await place.cli(['settle', before.run.id])
    expect(code).toBe(0)
    expect(stdout.toString()).not.toContain('provisional')
    const after = await place.stored()
    expect(after.run).toEqual({ ...before.run, provisional: false })
    expect(after.energy.joules).toBeCloseTo(expectedOf(before), 2)
    expect(after.energy.coverage).toBe(1)
    expect(after.carbon.gramsCo2e).toBeCloseTo(expectedOf(before) * GRAMS_PER_JOULE, 6)
    expect(codes(after)).toContain('late-retention')
    expect(codes(after)).not.toContain('late-data-owed')
    expect(await place.report()).toEqual(after)

    // To settle twice changes nothing.
    const files = filesOf(place)
    const again = await place.cli(['settle', '--json'])
    expect(again.code).toBe(0)
    expect(JSON.parse(again.stdout.toString())).toEqual({
      schema: 'ergometer.settled/1',
      run: after.run,
      changes: 0,
      owed: [],
      failed: [],
    })
    expect(filesOf(place)).toBe(files)
    expect(existsSync(join(place.onlyRun(), 'settling.json'))).toBe(false)

    // The last written counts: what the cloud revises afterwards is taken.
    const [last, ...rest] = bucketsOf(before)
    tell(place, { buckets: [{ ...last, joules: 2 * (last?.joules ?? 0) }, ...rest] })
    expect((await place.cli(['settle'])).code).toBe(0)
    expect((await place.stored()).energy.joules).toBeCloseTo(20 + 600 * (before.run.seconds - 0.2), 2)
  })

  test('settles a run of the SDK, with a meter by value and its phases', async ({ place }) => {
    tell(place, {})
    const script = place.training(`
      const { default: late } = await import(${JSON.stringify(LATE)})
      const run = await startRun({ intensity: 360, meters: [late({ file: ${JSON.stringify(place.path('cloud.json'))} })] })
      await sleep(0.3)
      await run.phase('epoch', () => sleep(0.4))
      const report = await run.end()
      say('provisional ' + report.run.provisional)`)
    const { code, stdout, stderr } = await place.node(script).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.toString()).toBe('provisional true\n')
    const before = await place.stored()
    tell(place, { buckets: bucketsOf(before) })
    expect((await place.cli(['settle'])).code).toBe(0)
    const after = await place.stored()
    expect(after.run).toMatchObject({ status: 'completed', provisional: false })
    expect(after.energy.joules).toBeCloseTo(expectedOf(before), 2)
    const [epoch] = after.phases
    expect(epoch?.joules).toBeCloseTo(300 * (epoch?.seconds ?? 0), 2)
    expect(epoch?.gramsCo2e).toBeCloseTo((epoch?.joules ?? 0) * GRAMS_PER_JOULE, 6)
  })

  test('waits until the meters have told all', async ({ place }) => {
    tell(place, {})
    const before = await record(place)
    const waiting = place.ergometer(['settle', '--wait', '--json'], { input: '' })
    await eventually(
      () => place.journal().some((line) => 'kind' in line && line.kind === 'settled'),
      'a first asking',
    )
    tell(place, { buckets: bucketsOf(before) })
    const { code, stdout } = await waiting.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout.toString())).toMatchObject({ run: { provisional: false }, changes: 2 })
    expect((await place.stored()).energy.joules).toBeCloseTo(expectedOf(before), 2)
  })

  test('waits no longer than 3 times lateBy, and then says what is missing', async ({ place }) => {
    tell(place, {})
    await record(place, flags(place, { lateBy: 1 }))
    expect((await place.cli(['settle', '--wait'])).code).toBe(0)
    const report = await place.stored()
    expect(report.run.provisional).toBe(false)
    expect(report.energy.coverage).toBe(0)
    expect(codes(report)).toContain('late-data-missing')
  })

  test('settles what can be settled, and says which meter failed', async ({ place }) => {
    tell(place, {})
    tell(place, {}, 'other.json')
    const both = [...flags(place, { id: 'a' }), ...flags(place, { id: 'b' }, 'other.json')]
    const before = await record(place, both)
    tell(place, { buckets: bucketsOf(before) })
    tell(place, { fails: 'the service is down' }, 'other.json')
    const { code, stdout, stderr } = await place.cli(['settle', '--json'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^ergometer: .*the service is down.*\n$/)
    const { owed, failed } = JSON.parse(stdout.toString())
    expect(owed).toMatchObject([{ domain: 'late:b', reachedSeconds: 0 }])
    expect(failed).toMatchObject([{ meter: LATE, code: 'METER_READ_FAILED' }])
    const after = await place.stored()
    expect(domain(after, 'late:a')).toMatchObject({ coverage: 1 })
    expect(after.run.provisional).toBe(true)
    tell(place, { buckets: bucketsOf(before) }, 'other.json')
    expect((await place.cli(['settle'])).code).toBe(0)
    expect((await place.stored()).energy.joules).toBeCloseTo(2 * expectedOf(before), 2)
  })

  test('adds a meter that could not be opened in the run', async ({ place }) => {
    tell(place, { unavailable: 'no credentials' })
    const before = await record(place)
    expect(before.energy.domains).toEqual([])
    tell(place, { buckets: bucketsOf(before) })
    expect((await place.cli(['settle'])).code).toBe(0)
    expect((await place.stored()).energy.joules).toBeCloseTo(expectedOf(before), 2)
  })

  test('closes a run whose recorder died, and settles it', async ({ place }) => {
    tell(place, {})
    const before = await record(place)
    await place.tidied()
    const folder = place.onlyRun()
    const journal = readFileSync(join(folder, 'journal.ndjson'), 'utf8')
    writeFileSync(join(folder, 'journal.ndjson'), journal.slice(0, journal.indexOf('{"kind":"end"') + 9))
    rmSync(join(folder, 'report.json'))
    tell(place, { buckets: bucketsOf(before) })
    expect((await place.cli(['settle'])).code).toBe(0)
    const after = await place.stored()
    expect(after.run).toMatchObject({ status: 'crashed', provisional: false })
    expect(after.energy.joules).toBeCloseTo(expectedOf(before), 2)
  })

  test('has credentials from the environment, and none is anywhere', async ({ place }) => {
    tell(place, { token: 'LATE_TOKEN' })
    const canary = 'canary-5f1e'
    const before = await record(place, flags(place, { file: place.path('cloud.json') }), {
      LATE_TOKEN: canary,
    })
    tell(place, { token: 'LATE_TOKEN', buckets: bucketsOf(before) })
    const without = await place.cli(['settle'])
    expect(without.code).toBe(1)
    expect(without.stderr).toContain('LATE_TOKEN is not set')
    const { code, stdout } = await place.cli(['settle'], { env: { LATE_TOKEN: canary } })
    expect(code).toBe(0)
    expect(filesOf(place) + stdout + without.stderr).not.toContain(canary)
  })

  test('asks no meter whose options held a secret, nor code that a journal brings along', async ({
    place,
  }) => {
    tell(place, {})
    await record(place, flags(place, { apiKey: 'canary-77aa' }))
    expect(filesOf(place)).not.toContain('canary-77aa')
    const secret = await place.cli(['settle'])
    expect(secret.code).toBe(1)
    expect(secret.stderr).toContain('its options held a secret')
    const path = join(place.onlyRun(), 'journal.ndjson')
    const evil = (module: string) => {
      const [start = '', ...rest] = readFileSync(path, 'utf8').split('\n')
      const line = JSON.parse(start)
      line.config.meters = [{ name: 'evil', module }]
      writeFileSync(path, [JSON.stringify(line), ...rest].join('\n'))
    }
    const program = `await import('node:fs').then((fs) => fs.writeFileSync(${JSON.stringify(place.path('pwned'))}, ''))`
    const own = join(place.onlyRun(), 'evil.mjs')
    writeFileSync(own, program)
    for (const module of [
      `data:text/javascript,${encodeURIComponent(program)}`,
      `file://${own}`,
      'nonsense',
    ]) {
      evil(module)
      const { code, stderr } = await place.cli(['settle'])
      expect(code).toBe(1)
      expect(stderr).toContain("meter 'evil' cannot be asked again")
    }
    expect(existsSync(place.path('pwned'))).toBe(false)
  })

  test('is refused while the run is recorded, or somebody else settles it', async ({ place }) => {
    tell(place, {})
    const running = place.ergometer(['run', ...flags(place), '--', 'cat'])
    await place.begun()
    const refused = async (why: string) => {
      const { code, stdout, stderr } = await place.cli(['settle'])
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(why)
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
    await refused('is still being recorded')
    running.child.stdin?.end()
    await running.ended
    await place.stored()
    await place.tidied()
    const lock = join(place.onlyRun(), 'settling.json')
    writeFileSync(lock, JSON.stringify(processIdentity()))
    await refused(`process ${process.pid} is settling it`)
    // One that died holds up nobody.
    writeFileSync(lock, JSON.stringify({ ...processIdentity(), processStart: '1' }))
    expect((await place.cli(['settle'])).code).toBe(1)
    expect(existsSync(lock)).toBe(false)
    expect((await place.cli(['settle', 'no-such-run'])).code).toBe(2)
    expect((await place.cli(['settle', '--bogus'])).code).toBe(2)
  })

  test.skipIf(!isRoot && skipped('only root can become somebody else'))(
    'is refused where the run cannot be written, which changes nothing',
    async ({ place }) => {
      tell(place, {})
      const before = await record(place)
      await place.tidied()
      const { spawnSync } = await import('node:child_process')
      spawnSync('chmod', ['-R', 'a+rX', place.directory])
      tell(place, { buckets: bucketsOf(before) })
      const files = filesOf(place)
      const { code, stderr } = await place.cli(['settle'], { uid: 65534, gid: 65534 })
      expect(code).toBe(2)
      expect(stderr).toMatch(/cannot be written \(EACCES\): nothing is settled\n$/)
      expect(filesOf(place)).toBe(files)
      expect((await place.report()).run.provisional).toBe(true)
    },
  )

  test('settles what the page on late data shows, over the network', async ({ place }) => {
    const page = document('docs/late-data.md')
    place.write('minutes.ts', codeBlock(page, 'ts', 'defineMeter'))
    mkdirSync(place.path('node_modules/@ergometer'), { recursive: true })
    symlinkSync(join(root, 'packages/meter'), place.path('node_modules/@ergometer/meter'))
    const asked: string[] = []
    let late = true
    const server = createServer(({ url = '' }, reply) => {
      asked.push(url)
      const times = new URL(url, 'http://cloud').searchParams
      const [from, to] = [times.get('from'), times.get('to')]
      const known = [{ from, to, joules: (50 * (Date.parse(to ?? '') - Date.parse(from ?? ''))) / 1000 }]
      reply.end(JSON.stringify(late ? [] : known))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const env = { MINUTES_URL: `http://127.0.0.1:${port}/minutes` }
    place.write('train.js', 'setTimeout(() => {}, 1500)')
    const [run = [], settle = [], wait = []] = codeBlock(page, 'sh', 'settle --wait')
      .trim()
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
    try {
      expect((await place.cli(run, { env })).stderr).toContain('provisional')
      const before = await place.stored()
      expect((await place.cli(settle, { env })).code).toBe(1)
      late = false
      expect((await place.cli(wait, { env })).code).toBe(0)
      const after = await place.stored()
      expect(after.energy.joules).toBeCloseTo(50 * before.run.seconds, 2)
      expect(after.energy.method).toBe('reported')
      // It is asked for the run and no more, and not again once it has told all.
      const last = new URL(asked.at(-1) ?? '', 'http://cloud').searchParams
      expect(last.get('from')).toBe(before.run.startedAt)
      expect(Date.parse(last.get('to') ?? '')).toBeGreaterThanOrEqual(Date.parse(before.run.endedAt))
      expect(asked.length).toBeLessThanOrEqual(4)
    } finally {
      server.close()
    }
  })

  test('has nothing to ask of a run without late meters', async ({ place }) => {
    for (const named of [[], ['--meter', 'estimate', '--meter', 'hwmon']]) {
      rmSync(place.home, { recursive: true, force: true })
      expect((await place.cli(['run', ...named, '--', 'true'])).code).toBe(0)
      await place.stored()
      await place.tidied()
      const files = filesOf(place)
      const { code, stderr } = await place.cli(['settle'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(filesOf(place)).toBe(files)
    }
  })
})

describe('waiting for late meters', () => {
  const BEGIN = Date.parse('2026-11-29T12:00:00.000Z')
  const END = 100
  const meter = defineMeter(import.meta.url, { name: 'cloud', open: () => ({ domains: [], read() {} }) })

  /** A run of 100 s of two meters, one minute and half a minute between two of their reads. */
  function runOf(place: Place): string {
    const { module } = meter() as { module: string }
    const declared = (id: string, name: string, interval: number): JournalLine => ({
      kind: 'domain',
      t: 0,
      id: `${name}:${id}`,
      meter: name,
      interval,
      domain: {
        id,
        kind: 'gpu',
        label: id,
        method: 'measured',
        reads: { quantity: 'interval-energy' },
        lateBy: 50,
      },
    })
    const lines: JournalLine[] = [
      {
        kind: 'start',
        version: 1,
        runId: '20261129-120000-test-abcdef',
        name: 'test',
        monotonic: 0,
        wall: new Date(BEGIN).toISOString(),
        recorder: { pid: 2 ** 22 + 1 },
        factors: {},
        config: { meters: ['one', 'two'].map((name) => ({ name, module, meter: name })) },
        versions: {},
      },
      declared('a', 'one', 60),
      declared('b', 'two', 30),
      { t: END, mJ: [null, null] },
      { kind: 'end', t: END, status: 'completed' },
    ]
    const folder = join(place.home, 'runs', '20261129-120000-test-abcdef')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'journal.ndjson'), lines.map((line) => `${encodeLine(line)}\n`).join(''))
    return folder
  }

  /** A world in which each meter tells at a time what it has; how long was slept, and who was asked when. */
  function worldOf(readings: (name: string, second: number) => Reading[]) {
    let now = BEGIN + (END + 1) * 1000
    const slept: number[] = []
    const asked: string[] = []
    const world: SettleWorld = {
      now: () => now,
      clock: () => now / 1000,
      sleep: async (seconds) => {
        slept.push(seconds)
        now += seconds * 1000
      },
      say: () => {},
      directory: '.',
      open: ({ name }, _log, window) => ({
        name,
        wanted: true,
        open: async () => {
          expect(window).toEqual({ from: new Date(BEGIN), to: new Date(BEGIN + END * 1000) })
          const second = (now - BEGIN) / 1000
          asked.push(`${name} ${second}`)
          const id = name === 'one' ? 'a' : 'b'
          return {
            name,
            interval: 60,
            domains: [
              {
                id,
                kind: 'gpu',
                label: id,
                method: 'measured',
                reads: { quantity: 'interval-energy' },
                lateBy: 50,
              },
            ],
            alive: true,
            read: async () => ({ readings: readings(name, second), gauges: [] }),
            close: async () => {},
          }
        },
      }),
    }
    return { world, slept, asked }
  }

  const bucket = (from: number, to: number): Reading => ({
    domain: 0,
    value: 10 * (to - from),
    time: 0,
    wall: { from: BEGIN + from * 1000, time: BEGIN + to * 1000 },
  })

  test('asks as often as they are read, those that owe, until they are given up', async ({ place }) => {
    const folder = runOf(place)
    const { world, slept, asked } = worldOf((name, second) =>
      name === 'one' ? [bucket(0, Math.min(END, second - 40))] : [],
    )
    const { report, owed } = await settleRun(place.home, folder, { wait: true }, world)
    // The run is 100 s long and lateBy 50 s: it is given up at 250 s.
    expect(slept).toEqual([30, 30, 60 - 30, 30, 29])
    expect(asked).toEqual([
      'one 101',
      'two 101',
      'one 131',
      'two 131',
      'one 161',
      'two 161',
      'two 191',
      'two 221',
      'two 250',
    ])
    expect(owed).toEqual([])
    expect(report.run.provisional).toBe(false)
    expect(report.energy.domains.map(({ coverage }) => coverage)).toEqual([1, 0])
    expect(codes(report)).toContain('late-data-missing')
  })

  test('asks once without being told to wait', async ({ place }) => {
    const { world, slept } = worldOf(() => [bucket(0, 60)])
    const { report, owed, changes } = await settleRun(place.home, runOf(place), {}, world)
    expect(slept).toEqual([])
    expect(changes).toBe(2)
    expect(owed.map(({ id, reached }) => [id, reached])).toEqual([
      ['one:a', 60],
      ['two:b', 60],
    ])
    expect(report.run.provisional).toBe(true)
  })
})
