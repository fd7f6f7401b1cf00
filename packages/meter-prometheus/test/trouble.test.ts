import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { definitionOf, MeterError, parseOptions } from '@ergometer/meter'
import { afterAll, describe, expect, it } from 'vitest'
import prometheus from '../src/index.ts'
import type { PrometheusOptions } from '../src/prometheus-options.ts'
import { serve, startExporter } from './exporter.ts'
import { open, read, refusal } from './open-prometheus.ts'

const WATTS = { metric: 'w', unit: 'W' } as const
const SECRET = 'hunter2-s3cr3t'

const folder = mkdtempSync(join(tmpdir(), 'ergometer-prometheus-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a server that refuses', () => {
  it.each([
    [401, 'fatal', 'tokenEnv'],
    [403, 'fatal', 'may not'],
    [404, 'fatal', '/metrics'],
    [429, 'retry', 'again'],
    [500, 'retry', 'again'],
    [503, 'retry', 'again'],
  ])(
    'with %i is %s when the meter is opened, and one line with what to do',
    async (status, outcome, advice) => {
      const exporter = await startExporter('w 1\n')
      exporter.status = status
      const error = await refusal({ url: `${exporter.url}?key=${SECRET}`, ...WATTS })
      expect(error).toMatchObject({ code: 'PROMETHEUS_REFUSED', outcome })
      expect((error as Error).message).toMatch(new RegExp(`^${exporter.url}: status ${status}, .*${advice}`))
    },
  )

  it('later may let one in again', async () => {
    const exporter = await startExporter('w 1\n')
    const { meter, clock } = await open({ url: exporter.url, ...WATTS })
    exporter.status = 404
    await expect(read(meter, clock)).rejects.toMatchObject({ code: 'PROMETHEUS_REFUSED', outcome: 'retry' })
    exporter.status = 200
    expect(await read(meter, clock)).toMatchObject([{ value: 1 }])
  })
})

describe('a server that is hostile, or broken', () => {
  const url = async (listener: Parameters<typeof serve>[0]) => `${await serve(listener)}/metrics`

  it('and sends without end is left at 16 MiB', async () => {
    let sent = 0
    const address = await url((_request, response) => {
      const chunk = 'w{a="b"} 1\n'.repeat(6000)
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
        sent += chunk.length
      }
      response.on('drain', more)
      more()
    })
    expect(await refusal({ url: address, ...WATTS })).toMatchObject({
      code: 'PROMETHEUS_REPLY_INVALID',
      message: expect.stringContaining('16 MiB'),
    })
    expect(sent).toBeLessThan(64 * 2 ** 20)
  })

  it('and sends much in little is left at 16 MiB, too', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, '# '))
    const address = await url((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(await refusal({ url: address, ...WATTS })).toMatchObject({ code: 'PROMETHEUS_REPLY_INVALID' })
  })

  it.each([
    ['never answers', (): void => {}],
    ['never ends', (_request: unknown, response: { write(text: string): void }) => response.write('w 1\n')],
  ] as const)('and %s is given up after its timeout', async (_name, listener) => {
    const address = await url(listener as Parameters<typeof serve>[0])
    expect(await refusal({ url: address, ...WATTS, timeout: 0.2 })).toMatchObject({
      code: 'PROMETHEUS_UNREACHABLE',
      outcome: 'retry',
      message: `${address}: no whole answer within 0.2 s`,
    })
  })

  it('and never ends is given up, and left, while garbage is collected', async () => {
    // A signal that nobody holds but the request is collected, and then never aborts.
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const collecting = setInterval(collect, 10)
    let asked = 0
    let left = 0
    try {
      const address = await url((_request, response) => {
        asked++
        response.on('close', () => left++)
        response.write('w 1\n')
      })
      expect(await refusal({ url: address, ...WATTS, timeout: 0.5 })).toMatchObject({
        code: 'PROMETHEUS_UNREACHABLE',
      })
      await expect.poll(() => asked - left, { timeout: 15_000 }).toBe(0)
    } finally {
      clearInterval(collecting)
    }
  })

  it('is given up when the read is', async () => {
    let quiet = false
    const address = await url((_request, response) => {
      if (!quiet) response.end('w 1\n')
    })
    const { meter, clock } = await open({ url: address, ...WATTS, timeout: 600 })
    quiet = true
    await expect(read(meter, clock, AbortSignal.abort())).rejects.toMatchObject({
      code: 'PROMETHEUS_UNREACHABLE',
    })
  })

  it('and answers with a web page is said to', async () => {
    for (const headers of [{ 'content-type': 'text/html; charset=utf-8' }, {}]) {
      const address = await url((_request, response) =>
        response.writeHead(200, headers).end('\n<!doctype html>'),
      )
      expect(await refusal({ url: address, ...WATTS })).toMatchObject({
        code: 'PROMETHEUS_REPLY_INVALID',
        message: `${address}: answers with a web page; is it the exporter itself, with /metrics?`,
      })
    }
  })

  it('and sends garbage is said to; garbage between samples is passed over', async () => {
    const address = await url((_request, response) =>
      response.end(Buffer.from([0xff, 0xfe, 0, 1, 10, 200, 201])),
    )
    expect(await refusal({ url: address, ...WATTS })).toMatchObject({ code: 'PROMETHEUS_REPLY_INVALID' })
    const { url: mixed } = await startExporter('\u0000\u0001{{{\nw 5\nw{ 7\n')
    const { meter, clock } = await open({ url: mixed, ...WATTS })
    expect(await read(meter, clock)).toMatchObject([{ value: 5 }])
  })

  it.each(['NaN', '+Inf', '-Inf', '-3'])('and says %s gives no reading', async (value) => {
    const exporter = await startExporter('w 1\n')
    const { meter, clock } = await open({ url: exporter.url, ...WATTS })
    exporter.text = `w ${value}\n`
    await expect(read(meter, clock)).rejects.toMatchObject({ code: 'PROMETHEUS_SERIES_ABSENT' })
  })

  it('and tells one series twice is read once', async () => {
    const exporter = await startExporter('w 1\n')
    const { meter, clock } = await open({ url: exporter.url, ...WATTS })
    exporter.text = 'w 1\nw 1\nw 900\n'
    expect(await read(meter, clock)).toMatchObject([{ value: 1 }])
  })

  it('and repeats an old sample with its time is recorded once', async () => {
    const exporter = await startExporter('w 1 1700001000000\n')
    const { meter, clock } = await open({ url: exporter.url, ...WATTS })
    expect(await read(meter, clock)).toEqual([{ id: 'w', value: 1, time: 1000 }])
    clock.seconds += 5
    expect(await read(meter, clock)).toEqual([])
  })

  it('and is not there is said to be', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    expect(await refusal({ url: `http://127.0.0.1:${port}/metrics`, ...WATTS })).toMatchObject({
      code: 'PROMETHEUS_UNREACHABLE',
      message: `http://127.0.0.1:${port}/metrics: cannot be reached (ECONNREFUSED)`,
    })
  })
})

describe('a redirect', () => {
  it('within the server is followed, to another one it is not: credentials stay where they belong', async () => {
    const seen: string[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization ?? '')
      response.end('w 666\n')
    })
    const targets: Record<string, string> = { '/a': '/b', '/c': `${other}/b`, '/d': '/d', '/e': 'http://[' }
    const address = await serve((request, response) => {
      const target = targets[request.url as string]
      if (target === undefined) response.end('w 7\n')
      else response.writeHead(302, { location: target }).end()
    })
    const options = { ...WATTS, tokenEnv: 'TOKEN' }
    const env = { TOKEN: SECRET }
    const { meter, clock } = await open({ url: `${address}/a`, ...options }, undefined, env)
    expect(await read(meter, clock)).toMatchObject([{ value: 7 }])
    for (const path of ['/c', '/d', '/e']) {
      expect(await refusal({ url: address + path, ...options }, env)).toMatchObject({
        code: 'PROMETHEUS_REPLY_INVALID',
      })
    }
    expect(seen).toEqual([])
  })
})

describe('credentials', () => {
  const asked = async (options: PrometheusOptions, env: Record<string, string> = {}) => {
    const exporter = await startExporter('w 1\n')
    const opened = await open({ url: exporter.url, ...WATTS, ...options }, undefined, env)
    return { ...opened, exporter, header: () => exporter.requests.at(-1)?.headers.authorization }
  }

  it('come from the environment', async () => {
    expect((await asked({})).header()).toBeUndefined()
    expect((await asked({ tokenEnv: 'TOKEN' }, { TOKEN: SECRET })).header()).toBe(`Bearer ${SECRET}`)
    const pair = { USER_NAME: 'me', PASS: SECRET }
    const header = `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`
    expect((await asked({ userEnv: 'USER_NAME', passwordEnv: 'PASS' }, pair)).header()).toBe(header)
  })

  it('or from a file, which may be replaced while the run goes on', async () => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, `${SECRET}\n`)
    const { meter, clock, header } = await asked({ tokenFile })
    expect(header()).toBe(`Bearer ${SECRET}`)
    writeFileSync(tokenFile, 'another\n')
    await read(meter, clock)
    expect(header()).toBe('Bearer another')
    rmSync(tokenFile)
    await expect(read(meter, clock)).rejects.toMatchObject({
      code: 'PROMETHEUS_CREDENTIALS_MISSING',
      outcome: 'retry',
    })
  })

  it('that are not there, or can be no header, are named and never shown', async () => {
    const { url } = await startExporter('w 1\n')
    const cases: [PrometheusOptions, Record<string, string>][] = [
      [{ tokenEnv: 'TOKEN' }, {}],
      [{ tokenEnv: 'TOKEN' }, { TOKEN: `${SECRET}\n${SECRET}` }],
      [{ tokenEnv: 'TOKEN' }, { TOKEN: `${SECRET}\u20ac` }],
      [{ userEnv: 'ME', passwordEnv: 'TOKEN' }, { TOKEN: SECRET }],
    ]
    for (const [options, env] of cases) {
      const error = await refusal({ url, ...WATTS, ...options }, env)
      expect(error).toMatchObject({ code: 'PROMETHEUS_CREDENTIALS_MISSING', outcome: 'fatal' })
      expect(everything(error)).not.toContain(SECRET)
    }
  })

  it('are in no error, whatever the server does', async () => {
    for (const status of [401, 500, 200]) {
      const address = await serve((request, response) => {
        response.statusCode = status
        response.end(status === 200 ? '<html>' : request.headers.authorization)
      })
      const error = await refusal(
        { url: `${address}/metrics?token=${SECRET}`, ...WATTS, tokenEnv: 'T' },
        { T: SECRET },
      )
      expect(error).toBeInstanceOf(MeterError)
      expect(everything(error)).not.toContain(SECRET)
    }
    const address = await serve((_request, response) => {
      response.statusCode = 400
      response.end(JSON.stringify({ status: 'error', error: `Bearer ${SECRET} is wrong` }))
    })
    const options = { prometheus: address, query: 'w', unit: 'W', tokenEnv: 'T' } as const
    expect(everything(await refusal(options, { T: SECRET }))).not.toContain(SECRET)
  })

  it('over an open network are worth a word', async () => {
    const said: unknown[] = []
    const definition = definitionOf(prometheus)
    const options = { url: 'http://gpu-node:9400/metrics', preset: 'dcgm', tokenEnv: 'T' }
    const context = {
      sysRoot: '',
      procRoot: '',
      env: { T: SECRET },
      fetch: (async () => new Response('')) as typeof fetch,
      clock: () => 0,
      log: (_message: string, details?: object) => said.push(details),
      signal: new AbortController().signal,
    }
    await expect(
      (async () => definition.open(await parseOptions(definition, options), context))(),
    ).rejects.toThrow()
    expect(said).toMatchObject([{ code: 'credentials-unencrypted' }])
  })
})

describe('options', () => {
  const url = 'http://localhost:9400/metrics'
  it.each([
    [{}, 'url'],
    [{ url, prometheus: 'http://p:9090', preset: 'dcgm' }, 'one of the two'],
    [{ url }, 'preset'],
    [{ url, preset: 'dcgm', unit: 'W' }, 'one of the two'],
    [{ url, preset: 'nvml' }, 'preset: expected one of dcgm'],
    [{ url, unit: 'W' }, 'metric'],
    [{ url, unit: 'V', metric: 'w' }, 'unit: expected one of J'],
    [{ prometheus: 'http://p:9090', unit: 'W', metric: 'w' }, 'query'],
    [{ url, preset: 'dcgm', query: 'x' }, 'query'],
    [{ url, preset: 'dcgm', kind: 'gpu' }, 'no preset'],
    [{ url: 'localhost:9400', preset: 'dcgm' }, 'url: expected http://'],
    [{ url: 'file:///etc/passwd', preset: 'dcgm' }, 'url: expected http://'],
    [{ url, preset: 'dcgm', token: SECRET }, 'unknown: token'],
    [{ url, preset: 'dcgm', tokenEnv: `Bearer ${SECRET}` }, 'tokenEnv: expected the name'],
    [{ url: `http://me:${SECRET}@localhost:9400/metrics`, preset: 'dcgm' }, 'userEnv'],
    [{ url, preset: 'dcgm', userEnv: 'A' }, 'passwordEnv'],
    [{ url, preset: 'dcgm', tokenEnv: 'A', tokenFile: 'B' }, 'at most one'],
    [{ url, preset: 'dcgm', host: true }, 'host: expected'],
    [{ url, preset: 'dcgm', timeout: 0 }, 'timeout: expected'],
    [{ url, preset: 'dcgm', match: 'x' }, 'match: expected'],
    [{ url, metric: 'w', unit: 'W', kind: 'gpu', feeds: true }, 'feeds'],
  ])('%j are refused, without showing a secret', async (options, why) => {
    const error = await refusal(options as PrometheusOptions)
    expect(error).toMatchObject({ code: 'METER_OPTIONS_INVALID', message: expect.stringContaining(why) })
    expect(everything(error)).not.toContain(SECRET)
  })
})

/** An error with all its causes, as any logger may print it. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error)
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause === undefined ? '' : everything(error.cause)}`
}
