import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ErgometerError } from '@ergometer/core'
import { fleetJsonSchema, parseFleetReport } from '@ergometer/core/fleet-schema'
import { afterAll, describe, expect } from 'vitest'
import { fleetWindow } from '../src/fleet-window.ts'
import { PrometheusStore } from '../src/prometheus-store.ts'
import { readFleet } from '../src/read-fleet.ts'
import { type StoreFlags, storeAccess } from '../src/store-access.ts'
import { FIXTURES, type Place, test } from './processes.ts'

const NAME = ['--run-name', 'mnist-ddp']

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

interface Reply {
  readonly status: number
  readonly body: unknown
}

/** A store on this machine; `answer` gets each query, its length of time left out. */
async function serving(
  answer: (query: string, request: IncomingMessage) => Reply | 'silence' | undefined,
): Promise<string> {
  const server = createServer(async (request, response) => {
    let posted = ''
    for await (const chunk of request) posted += chunk
    const { searchParams } = new URL(request.url ?? '', 'http://store')
    const query = (searchParams.get('query') ?? new URLSearchParams(posted).get('query') ?? '').replace(
      /\[\d+s\]/g,
      '[window]',
    )
    const given = answer(query, request) ?? vector([])
    if (given === 'silence') return
    const body = typeof given.body === 'string' ? given.body : JSON.stringify(given.body)
    response.writeHead(given.status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function vector(result: unknown[], resultType = 'vector'): Reply {
  return { status: 200, body: { status: 'success', data: { resultType, result } } }
}

function failure(status: number, error: string): Reply {
  return { status, body: { status: 'error', errorType: 'execution', error } }
}

/** A store that has one run of one node: its energy over time. */
function oneNode(values: readonly (readonly [number, string])[]) {
  const metric = {
    __name__: 'ergometer_run_energy_total',
    ergometer_run_name: 'mnist-ddp',
    ergometer_energy_method: 'measured',
    ergometer_run_id: 'a',
    host_name: 'n1',
  }
  return (query: string): Reply | undefined => {
    if (!query.includes('ergometer_run_name=')) return undefined
    return query.startsWith('last_over_time')
      ? vector([{ metric, value: values.at(-1) }])
      : vector([{ metric, values }], 'matrix')
  }
}

/** What the command prints with --json, in this process: starting it takes most of the time. */
async function fleet(
  url: string,
  flags: Omit<StoreFlags, 'fromPrometheus'> = {},
  env: NodeJS.ProcessEnv = {},
) {
  const access = storeAccess({ fromPrometheus: url, ...flags }, env)
  const store = new PrometheusStore({ ...access, fetch })
  const report = await readFleet(store, 'mnist-ddp', fleetWindow('24h', Date.now() / 1000))
  return parseFleetReport(JSON.parse(JSON.stringify(report)))
}

/** Why there is no report, as a line for people. */
async function why(url: string, flags: Omit<StoreFlags, 'fromPrometheus'> = {}, env: NodeJS.ProcessEnv = {}) {
  const error = await fleet(url, flags, env).then(
    () => new Error('it answered'),
    (refused: unknown) => refused,
  )
  if (!(error instanceof ErgometerError)) throw error
  expect(error.message).not.toMatch(/\p{Cc}/u)
  return error.message
}

async function refusal(place: Place, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, stdout, stderr } = await place.cli(['report', ...args], { env })
  expect(stdout.toString()).toBe('')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).not.toContain('    at ')
  expect(code).toBe(2)
  return stderr
}

const NOW = Date.parse('2026-11-22T12:00:00Z') / 1000

describe('the window of a fleet', () => {
  test.each([
    ['90m', '2026-11-22T10:30:00Z'],
    ['1h30m', '2026-11-22T10:30:00Z'],
    ['24h', '2026-11-21T12:00:00Z'],
    ['7d', '2026-11-15T12:00:00Z'],
    ['0.5h', '2026-11-22T11:30:00Z'],
    ['2026-11-20', '2026-11-20T00:00:00Z'],
    ['2026-11-22T12:30+01:00', '2026-11-22T11:30:00Z'],
  ])('since %s begins at %s', (since, from) => {
    expect(fleetWindow(since, NOW)).toEqual({ from: Date.parse(from) / 1000, to: NOW + 60 })
  })

  test.each([
    '',
    'yesterday',
    '7',
    '0h',
    '-1h',
    '2026-11-23',
    '2026-13-01',
    '999999d',
    '9e9h',
    '2026-11-22T10:00',
  ])("since '%s' is refused", (since) => {
    expect(() => fleetWindow(since, NOW)).toThrow(/--since '.*': expected a time that is past/)
  })
})

describe.concurrent('ergometer report --from-prometheus', () => {
  // Recorded from real stores: three nodes, one of which had another run of that name before.
  test.for(['victoria-metrics', 'victoria-metrics-raw', 'prometheus'])(
    'reads what %s answers',
    async (store, { place }) => {
      const recorded: Record<string, Reply> = JSON.parse(
        readFileSync(join(FIXTURES, 'fleet', `${store}.json`), 'utf8'),
      )
      const asked: string[] = []
      const url = await serving((query) => {
        asked.push(query)
        return recorded[query] ?? failure(400, `not recorded: ${query}`)
      })
      const args = ['report', '--from-prometheus', `${url}/`, ...NAME, '--json']
      const { code, stdout, stderr } = await place.cli(args)
      expect([stderr, code]).toEqual(['', 0])
      const report = parseFleetReport(JSON.parse(stdout.toString()))
      expect([...new Set(asked)].sort()).toEqual(Object.keys(recorded).sort())
      expect(
        report.nodes.map(({ host, runId, joules, gramsCo2e, work, coverage }) => ({
          host,
          runId,
          joules,
          gramsCo2e,
          work,
          coverage,
        })),
      ).toEqual([
        {
          host: 'node-1',
          runId: '20261129-old1',
          joules: 4154.5,
          gramsCo2e: 6,
          work: { samples: 1000, tokens: 2000 },
          coverage: 0.99,
        },
        {
          host: 'node-1',
          runId: '20261129-run1',
          joules: 17_463.5,
          gramsCo2e: 18,
          work: { samples: 3000, tokens: 6000 },
          coverage: 0.99,
        },
        {
          host: 'node-2',
          runId: '20261129-run2',
          joules: 20_000,
          gramsCo2e: 15,
          work: { samples: 2500, tokens: 5000 },
          coverage: 0.95,
        },
        {
          host: 'node-3',
          runId: '20261129-run3',
          joules: 21_000,
          gramsCo2e: 12,
          work: { samples: 2000, tokens: 4000 },
          coverage: 0.99,
        },
      ])
      expect(report).toMatchObject({
        run: { name: 'mnist-ddp' },
        energy: {
          joules: 62_618,
          kilowattHours: 62_618 / 3.6e6,
          method: 'mixed',
          byMethod: { measured: 62_000, modelled: 618 },
          coverage: 0.95,
        },
        carbon: { gramsCo2e: 51, intensity: { kind: 'average' } },
        work: { samples: 8500, tokens: 17_000 },
        scores: { accuracy: { best: 0.56, better: 'higher' }, 'eval/loss': { best: 1.4, better: 'lower' } },
        health: [{ code: 'several-runs' }],
      })
      expect(report.efficiency['samples']?.perJoule).toBeCloseTo(8500 / 62_618, 12)
      const { cpu = 0, gpu = 0 } = report.energy.byKind ?? {}
      expect(cpu + gpu).toBeCloseTo(62_618, 6)
    },
  )

  test('is a table for people, and Markdown', async ({ place }) => {
    const url = await serving(oneNode([[1_795_000_000, '3600000']]))
    const args = ['report', '--from-prometheus', url, ...NAME]
    const shown = await place.cli(args)
    expect(shown.stdout.toString()).toMatch(/^ {2}mnist-ddp · 1 node · 0 s\n[\s\S]*1\.00 kWh[\s\S]*\n {2}n1 /)
    expect((await place.cli([...args, '--format', 'md'])).stdout.toString()).toMatch(/^## mnist-ddp\n/)
    expect(shown.code).toBe(0)
  })

  test('asks for less time at once where a store finds it too much', async () => {
    let refused = 0
    const steps: number[] = []
    const values = Array.from({ length: 100 }, (_, at) => [1_795_000_000 + at, String(at)] as const)
    const answer = oneNode(values)
    const url = await serving((query, request) => {
      const length = Number(/%5B(\d+)s%5D/.exec(request.url ?? '')?.[1])
      if (!query.startsWith('last_over_time') && query.includes('ergometer_run_name=')) {
        if (length > 30_000) {
          refused++
          return failure(422, 'query processing would load too many samples into memory')
        }
        steps.push(length)
      }
      return answer(query)
    })
    const report = await fleet(url)
    expect(refused).toBe(2)
    expect(steps.reduce((sum, step) => sum + step, 0)).toBeGreaterThanOrEqual(86_400)
    // Every part has all of it here: none of it counts twice.
    expect(report.energy.joules).toBe(99)
  })

  test('stale markers are no values', async () => {
    const url = await serving(
      oneNode([
        [1_795_000_000, '5'],
        [1_795_000_015, 'NaN'],
        [1_795_000_030, '7'],
        [1_795_000_045, 'NaN'],
      ]),
    )
    expect((await fleet(url)).nodes).toMatchObject([{ joules: 7, seconds: 30 }])
  })

  test('credentials are sent, and never shown', async ({ place }) => {
    const secret = 'p%40ss-w0rd'
    const seen = new Set<string | undefined>()
    const url = await serving((_, { headers }) => {
      seen.add(headers.authorization)
      return failure(
        401,
        `no such user: ${Buffer.from(`${headers.authorization}`.slice(6), 'base64')} ${headers.authorization}`,
      )
    })
    const withUser = url.replace('//', `//somebody:${secret}@`)
    const basic = await refusal(place, ['--from-prometheus', withUser, ...NAME])
    expect(seen).toEqual(new Set([`Basic ${Buffer.from('somebody:p@ss-w0rd').toString('base64')}`]))
    expect(basic).toContain('status 401')
    expect(basic).toContain('***')
    for (const part of [secret, 'p@ss-w0rd', Buffer.from('somebody:p@ss-w0rd').toString('base64')])
      expect(basic).not.toContain(part)
    seen.clear()
    const bearer = await why(url, { tokenEnv: 'STORE_TOKEN' }, { STORE_TOKEN: 'tok-12345' })
    await why(url, { tokenFile: place.write('token', 'tok-67890\n') })
    expect(seen).toEqual(new Set(['Bearer tok-12345', 'Bearer tok-67890']))
    expect(bearer).not.toContain('tok-12345')
    expect(await why('ftp://a:hidden@b')).toMatch(/'ftp:\/\/\*\*\*@b': expected the http/)
    expect(await why(url, { tokenEnv: 'NOT_SET' })).toMatch(/--token-env NOT_SET: expected one token/)
    expect(await why(url, { tokenEnv: 'TWO' }, { TWO: 'tok-1\ntok-2' })).not.toContain('tok-')
    expect(await why(url, { tokenFile: place.path('absent') })).toMatch(
      /absent: it cannot be read \(ENOENT\)/,
    )
    expect(await why(withUser, { tokenEnv: 'TWO' })).toMatch(/expected one of them/)
  })

  test('what was asked amiss is one line, and exit code 2', async ({ place }) => {
    const empty = await serving(() => undefined)
    const at = ['--from-prometheus', empty, ...NAME]
    expect(await refusal(place, at)).toMatch(/no run 'mnist-ddp' since .*--since/)
    expect(await refusal(place, ['--from-prometheus', empty])).toMatch(/--run-name is missing/)
    expect(await refusal(place, NAME)).toMatch(/--from-prometheus is missing/)
    expect(await refusal(place, [...at, '--zone', 'FR'])).toMatch(/'--zone' beside --from-prometheus/)
    expect(await refusal(place, ['some-run', ...at])).toMatch(/'some-run' beside --from-prometheus/)
  })

  test('a store that does not answer is told apart from one that answers amiss', async () => {
    expect(await why('nowhere')).toMatch(/--from-prometheus 'nowhere': expected the http/)
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    expect(await why(`http://127.0.0.1:${port}`)).toMatch(/cannot be reached: .*ECONNREFUSED/)
    const silent = await serving(() => 'silence')
    const store = new PrometheusStore({ ...storeAccess({ fromPrometheus: silent }, {}), fetch, timeout: 0.1 })
    await expect(store.query('up', 1)).rejects.toThrow(/cannot be reached: no whole answer within 0\.1 s/)
    const answering = (status: number, body: unknown) => serving(() => ({ status, body }))
    expect(await why(await answering(200, '<html>log in</html>'))).toMatch(
      /no reply of a Prometheus server.*web page/,
    )
    expect(
      await why(await answering(200, { status: 'success', data: { resultType: 'scalar', result: [] } })),
    ).toMatch(/no list of series/)
    expect(await why(await answering(404, 'not found'))).toMatch(
      /status 404, expected 200; there is no \/api\/v1\/query/,
    )
    expect(await why(await answering(302, ''))).toMatch(/status 302, .*is not followed/)
    expect(await why(await serving(() => failure(500, 'out of\n\u001b[31mdisk')))).toMatch(
      /status 500 \(out of .*disk\), expected 200; .*try again/,
    )
    expect(await why(await serving(() => failure(503, 'query timed out in expression evaluation')))).toMatch(
      /cannot answer for so much at once \(query timed out/,
    )
  })

  test('a reply without end is cut off', async () => {
    const server = createServer((_, response) => {
      const chunk = Buffer.alloc(2 ** 20, ' ')
      const send = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', send)
      send()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await why(url)).toMatch(/more than 32 MiB/)
  })
})

describe('docs/fleet.md', () => {
  const text = readFileSync(new URL('../../../docs/fleet.md', import.meta.url), 'utf8')
  const blocks = (language: string) =>
    [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, its, code = '']) =>
      its === language ? [code] : [],
    )

  test('its commands work', async ({ place }) => {
    const url = await serving(oneNode([[1_795_000_000, '3600000']]))
    const [commands = ''] = blocks('sh')
    const shown = await Promise.all(
      commands
        .trim()
        .split('\n')
        .map((line) => place.cli(line.replace('http://prometheus:9090', url).split(' ').slice(1))),
    )
    expect(shown.map(({ stderr, code }) => [stderr, code])).toEqual(shown.map(() => ['', 0]))
    expect(shown.map(({ stdout }) => stdout.toString()[0])).toEqual([' ', '{', '#'])
  })

  test('its example is of the schema, with every field that there is', () => {
    const [example = ''] = blocks('json')
    const report = parseFleetReport(JSON.parse(example))
    const fields = (value: unknown): string[] =>
      typeof value !== 'object' || value === null
        ? []
        : Object.entries(value).flatMap(([name, inner]) => [name, ...fields(inner)])
    const declared = fieldsIn(fleetJsonSchema())
    expect(declared.size).toBeGreaterThan(25)
    const shown = new Set(fields(report))
    // Of health there is nothing to tell in it.
    expect([...declared].filter((name) => !shown.has(name))).toEqual(['severity', 'code', 'message'])
  })
})

/** Names of all properties of a JSON Schema. */
function fieldsIn(schema: unknown, names = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return names
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(value)) names.add(name)
    fieldsIn(value, names)
  }
  return names
}
