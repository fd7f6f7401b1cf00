import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { codeBlock, document } from '../../../test/samples.ts'
import { OtlpReceiver } from '../../otel/test/otlp-receiver.ts'
import { type Place, STEADY, test, untilMetered } from './processes.ts'

const JSON_PROTOCOL = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }

/** Puts the folder of a run of 20 s at 100 W into the home, as a recorder would have left it. */
function recorded(place: Place, domain: object = {}, ended = true): string {
  const id = '20260101-120000-old-abcdef'
  const folder = join(place.home, 'runs', id)
  const lines = [
    {
      kind: 'start',
      version: 1,
      runId: id,
      name: 'old',
      monotonic: 1000,
      wall: '2026-01-01T12:00:00.000Z',
      recorder: { pid: 2 ** 22 + 1 },
      factors: { zone: 'FR' },
      config: {},
      versions: { ergometer: '0.0.0', node: '20' },
    },
    {
      kind: 'domain',
      t: 0,
      id: 'sim:gpu',
      meter: 'sim',
      interval: 1,
      domain: {
        id: 'gpu',
        kind: 'gpu',
        label: 'GPU',
        method: 'measured',
        reads: { quantity: 'power' },
        ...domain,
      },
    },
    ...Array.from({ length: 20 }, (_, index) => ({ t: index + 1, dJ: [1000] })),
    ...(ended ? [{ kind: 'end', t: 20, status: 'completed' }] : []),
  ]
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'journal.ndjson'), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
  return id
}

describe.concurrent('ergometer export', () => {
  test('brings the whole curve of a run to a receiver that was down, each time the same', async ({
    place,
  }) => {
    const receiver = await OtlpReceiver.start()
    try {
      const { url } = receiver
      await place.cli(['run', '--meter', STEADY, '--zone', 'FR', '--tag', 'a=b', '--', ...untilMetered(300)])
      const { run, energy, carbon } = await place.stored()
      const to = ['--to', `otlp=${JSON.stringify({ url, stepSeconds: 0.5 })}`]
      const { code, stdout, stderr } = await place.cli(['export', ...to], { env: JSON_PROTOCOL })
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout.toString()).toMatch(/^otlp: \d+ points of run .*\n$/)
      const begin = Date.parse(run.startedAt)
      const curve = receiver.curve('hw.energy')
      expect(curve.length).toBeGreaterThanOrEqual(run.seconds / 0.5)
      curve.slice(0, -1).forEach(([time], index) => {
        expect(Math.abs(time - begin - index * 500)).toBeLessThan(50)
      })
      expect(curve[0]?.[1]).toBe(0)
      expect(Math.abs((curve.at(-1)?.[0] ?? 0) - Date.parse(run.endedAt))).toBeLessThanOrEqual(1)
      expect(curve.at(-1)?.[1]).toBeCloseTo(energy.joules ?? Number.NaN, 6)
      expect(receiver.curve('ergometer.run.energy')).toEqual(curve)
      expect(receiver.curve('ergometer.run.emissions').at(-1)?.[1]).toBeCloseTo(
        carbon.gramsCo2e ?? Number.NaN,
        9,
      )
      expect(receiver.resource).toMatchObject({ 'ergometer.run.id': run.id, 'service.name': 'ergometer' })
      const first = receiver.points.splice(0)
      await place.cli(['export', run.id, ...to], { env: JSON_PROTOCOL })
      expect(receiver.points).toEqual(first)
    } finally {
      await receiver.close()
    }
  })

  test('says in one line that a receiver is down, and ends with 1', async ({ place }) => {
    recorded(place)
    const receiver = await OtlpReceiver.start()
    await receiver.close()
    const url = receiver.url.replace('//', '//user:sesame@')
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '300' }
    const { code, stdout, stderr } = await place.cli(['export', '--to', `otlp=${url}`], { env })
    expect([code, stdout.toString()]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^ergometer: otlp: http:\/\/\*\*\*@127\.0\.0\.1:\d+\/v1\/metrics: nobody listens there; .* try again: exporting twice changes nothing\n$/,
    )
  })

  test('speaks to several exporters, one of them a file in TypeScript', async ({ place }) => {
    recorded(place)
    place.write(
      'my-exporter.ts',
      `import { defineExporter, type FinishedRun } from '@ergometer/core'
       interface Options { x: number }
       const options = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: value as Options }) } } as const
       export default defineExporter({
         name: 'mine',
         options,
         async replay(given, run: FinishedRun) {
           const last = [...run.totals(60)].at(-1)
           return JSON.stringify({ given, id: run.report.run.id, joules: last?.joules, at: last?.milliseconds })
         },
       })`,
    )
    place.write(
      'failing.mjs',
      `import { defineExporter } from '@ergometer/core'
       export const failing = defineExporter({ name: 'failing', async replay() { throw new Error('no way\\nat all') } })`,
    )
    const to = ['--to', './failing.mjs', '--to', './my-exporter.ts={"x":1}']
    const { code, stdout, stderr } = await place.cli(['export', 'latest', ...to])
    expect([code, stderr]).toEqual([1, "ergometer: exporter 'failing': no way\n"])
    expect(JSON.parse(stdout.toString())).toEqual({
      given: { x: 1 },
      id: '20260101-120000-old-abcdef',
      joules: 2000,
      at: Date.parse('2026-01-01T12:00:20Z'),
    })
  })

  test('says of a provisional run that it is one, and sends it', async ({ place }) => {
    recorded(place, { lateBy: 300 })
    const exporter = `import { defineExporter } from '@ergometer/core'
      export const mine = defineExporter({ name: 'mine', async replay(_, { report }) { return String(report.run.provisional) } })`
    place.write('mine.mjs', exporter)
    const { code, stdout, stderr } = await place.cli(['export', '--to', './mine.mjs'])
    expect([code, stdout.toString()]).toEqual([0, 'true\n'])
    expect(stderr).toMatch(/^ergometer: run 20260101-120000-old-abcdef is provisional: .*\n$/)
  })

  test('closes a run that crashed, and sends it', async ({ place }) => {
    recorded(place, {}, false)
    const exporter = `import { defineExporter } from '@ergometer/core'
      export const mine = defineExporter({ name: 'mine', async replay(_, { report, totals }) { return [report.run.status, [...totals(60)].at(-1).joules].join(' ') } })`
    place.write('mine.mjs', exporter)
    const { code, stdout } = await place.cli(['export', '--to', './mine.mjs'])
    expect([code, stdout.toString()]).toEqual([0, 'crashed 2000\n'])
    expect((await place.report()).run.status).toBe('crashed')
  })

  test('refuses a run that is still recorded', async ({ place }) => {
    const running = place.ergometer(['run', '--meter', STEADY, '--', 'sh', '-c', 'read line'])
    await place.begun()
    const { code, stderr } = await place.cli(['export', '--to', 'otlp=http://127.0.0.1:1'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ergometer: run \S+ is still recorded: export it once it has ended .*\n$/)
    running.tell('')
    await running.ended
  })

  test.for([
    [[], /required option '--to/],
    [['--to', 'nobody'], /exporter 'nobody' is unknown: expected otlp, an installed package or a file/],
    [
      ['--to', 'http://me:sesame@host'],
      /exporter 'http:\/\/\*\*\*@host' is unknown: .* did you mean --to otlp=URL\?/,
    ],
    [['--to', './nowhere.ts'], /exporter '.\/nowhere.ts' is unknown: .* no such file/],
    [['--to', './empty.mjs'], /expected exactly one exporter among its exports/],
    [['--to', './broken.mjs'], /exporter '.\/broken.mjs': Unexpected/],
    [['--to', 'otlp={"url":'], /exporter 'otlp': its value looks like JSON and is none/],
    [['--to', 'otlp={"urll":"http://x"}'], /exporter 'otlp': urll: unknown/],
    [['--to', 'otlp=host:4318'], /exporter 'otlp': url: expected a base endpoint/],
    [['other', '--to', 'otlp'], /run 'other' not found/],
    [
      ['--to', 'otlp={"url":"http://127.0.0.1:1","from":"2027-01-01T00:00Z"}'],
      /nothing of run \S+ lies from/,
    ],
  ] as const)('ends with 2 where it was told what makes no sense: %j', async ([args, message], { place }) => {
    recorded(place)
    place.write('empty.mjs', 'export const nothing = 1')
    place.write('broken.mjs', 'export default }')
    const { code, stdout, stderr } = await place.cli(['export', ...args])
    expect([code, stdout.toString()]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe.concurrent('docs/exporting.md', () => {
  const text = document('docs/exporting.md')
  /** The words of a command, as a shell takes them apart. */
  const wordsOf = (command: string) =>
    [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string))

  test('its command fills the gap of an outage', async ({ place }) => {
    recorded(place)
    const receiver = await OtlpReceiver.start()
    const block = codeBlock(text, 'sh', 'export --to otlp').replace('http://localhost:4318', receiver.url)
    const { code } = await place.cli(wordsOf(block).slice(1), { env: JSON_PROTOCOL })
    await receiver.close()
    expect(code).toBe(0)
    expect(receiver.curve('ergometer.run.energy')).toEqual([
      [Date.parse('2026-01-01T12:00:00Z'), 0],
      [Date.parse('2026-01-01T12:00:10Z'), 1000],
      [Date.parse('2026-01-01T12:00:20Z'), 2000],
    ])
  })

  test('its exporter works as its command says', async ({ place }) => {
    const id = recorded(place)
    const taken: { url: string | undefined; secret: string | undefined; body: string }[] = []
    let status = 200
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        taken.push({ url: request.url, secret: request.headers.authorization, body })
        response.writeHead(status).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    place.write('webhook.ts', codeBlock(text, 'ts', "name: 'webhook'"))
    mkdirSync(place.path('node_modules'))
    symlinkSync(
      fileURLToPath(new URL('../node_modules/zod', import.meta.url)),
      place.path('node_modules/zod'),
    )
    const [, , ...args] = wordsOf(codeBlock(text, 'sh', 'webhook.ts').replace('http://localhost:8080', url))
    const env = { WEBHOOK_TOKEN: 'sesame' }
    const { code, stdout, stderr } = await place.cli(args, { env })
    expect([code, stdout.toString(), stderr]).toEqual([0, `2 points of ${id} sent\n`, ''])
    status = 500
    expect(await place.cli(args, { env })).toMatchObject({
      code: 1,
      stderr: "ergometer: exporter 'webhook': the service answered 500\n",
    })
    server.close()
    expect(taken[0]).toMatchObject({ url: `/runs/${id}`, secret: 'Bearer sesame' })
    expect(JSON.parse(taken[0]?.body ?? '')).toMatchObject({
      name: 'old',
      points: [
        { at: '2026-01-01T12:00:00.000Z', joules: 0, gramsCo2e: 0 },
        { at: '2026-01-01T12:00:20.000Z', joules: 2000 },
      ],
    })
  })
})
