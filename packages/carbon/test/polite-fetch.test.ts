import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PoliteFetch, type PoliteRequest, realSourceContext } from '../src/index.ts'
import { type FakeWorld, failureOf, fakeWorld } from './fake-world.ts'

const SECRET = 'hunter2hunter2'
const question: PoliteRequest<unknown> = {
  url: new URL('https://grid.example/v4/latest?zone=FR'),
  headers: { authorization: `Bearer ${SECRET}` },
  parse: (body) => body,
}

function ask(world: FakeWorld, more: Partial<PoliteRequest<unknown>> = {}) {
  return new PoliteFetch('grid', world).get({ ...question, ...more })
}

describe('trouble', () => {
  test('an answer that comes after failures is taken, and each wait is longer', async () => {
    const world = fakeWorld([
      { status: 500 },
      new Error('ECONNRESET'),
      { status: 503 },
      { body: { ok: true } },
    ])
    expect(await ask(world)).toEqual({ ok: true })
    expect(world.waits).toEqual([0.75, 1.5, 3])
  })

  test('waits differ from run to run, by half at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (chance) => {
        const world = fakeWorld([{ status: 502 }, { body: 1 }], { chance: () => chance })
        await ask(world)
        expect(world.waits[0]).toBeGreaterThanOrEqual(0.5)
        expect(world.waits[0]).toBeLessThan(1)
      }),
    )
  })

  test.each([
    ['no answer', 'silence' as const, 'SOURCE_UNREACHABLE', 'grid.example: no answer within 10 s', 4],
    [
      'no network',
      new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }),
      'SOURCE_UNREACHABLE',
      'getaddrinfo ENOTFOUND',
      4,
    ],
    [
      '500',
      { status: 500, body: '<html>Internal</html>' },
      'SOURCE_UNREACHABLE',
      'grid.example answered 500',
      4,
    ],
    ['429', { status: 429 }, 'SOURCE_LIMITED', 'answered 429 ({}): too many requests', 4],
    [
      '401',
      { status: 401, body: { error: 'Invalid auth-token' } },
      'SOURCE_TOKEN_REFUSED',
      'answered 401 ({"error":"Invalid auth-token"}): is the token right',
      1,
    ],
    ['403', { status: 403 }, 'SOURCE_TOKEN_REFUSED', 'answered 403', 1],
    [
      '400',
      { status: 400, body: { error: 'bad zone' } },
      'SOURCE_REFUSED',
      'answered 400 ({"error":"bad zone"})',
      1,
    ],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://elsewhere.example' } },
      'SOURCE_REFUSED',
      'answered 302',
      1,
    ],
    [
      'HTML',
      { body: '\n<!DOCTYPE html><title>Log in</title>' },
      'SOURCE_REPLY_INVALID',
      'answered with an HTML page, expected JSON',
      1,
    ],
    ['half a reply', { body: '{"zone":' }, 'SOURCE_REPLY_INVALID', 'answered with what is no JSON', 1],
    ['nothing', { body: '' }, 'SOURCE_REPLY_INVALID', 'answered with what is no JSON', 1],
    ['too much', { body: ' '.repeat(8 * 2 ** 20 + 1) }, 'SOURCE_REPLY_INVALID', 'more than 8388608 bytes', 1],
  ])(
    '%s is told in one line, and asked for again only where that may help',
    async (_, answer, code, message, attempts) => {
      const world = fakeWorld([answer])
      const error = await failureOf(ask(world))
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) })
      expect(error.message).not.toContain('\n')
      expect(world.requests).toHaveLength(attempts)
    },
  )

  test('a body that never ends is given up, and left, while garbage is collected', async () => {
    // A signal that nobody holds but the request is collected, and then never aborts.
    setFlagsFromString('--expose-gc')
    const collecting = setInterval(runInNewContext('gc') as () => void, 10)
    let asked = 0
    let left = 0
    const server = createServer((_request, response) => {
      asked++
      response.on('close', () => left++)
      response.write('{')
    })
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const { clock, timeout } = realSourceContext()
      const context = realSourceContext({ clock, timeout: () => timeout(0.3), sleep: async () => {} })
      const url = new URL(`http://127.0.0.1:${port}/`)
      const asking = new PoliteFetch('test', context).get({ url, parse: (body) => body })
      await expect(asking).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
      await expect.poll(() => asked - left, { timeout: 15_000 }).toBe(0)
    } finally {
      clearInterval(collecting)
      server.closeAllConnections()
      server.close()
    }
  })

  test('a body that never ends is a timeout', async () => {
    const world = fakeWorld([])
    let asked = 0
    let timeout = new AbortController()
    const stuck = {
      ...world,
      timeout: () => {
        timeout = new AbortController()
        return timeout.signal
      },
    }
    const fetch: typeof globalThis.fetch = async () => {
      asked++
      setImmediate(() => timeout.abort())
      return new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(8)) }),
      )
    }
    await expect(ask({ ...stuck, fetch })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    expect(asked).toBe(4)
  })

  test('nobody who waits no more is waited for', async () => {
    const gone = AbortSignal.abort(new Error('the run has ended'))
    const world = fakeWorld([{ status: 500 }], { signal: gone })
    await expect(ask(world)).rejects.toMatchObject({ message: expect.stringContaining('the run has ended') })
    expect(world.waits).toEqual([])
  })

  test('a name and a password are no part of what a service says', async () => {
    const world = fakeWorld([{ status: 403, body: 'no: somebody:p:ass word, p:ass word, somebody' }])
    const authorization = `Basic ${Buffer.from('somebody:p:ass word').toString('base64')}`
    const { message } = await failureOf(ask(world, { headers: { authorization } }))
    expect(message).toContain('(no: ***, ***, ***)')
  })

  test('what a service says is one clean line without our secret', async () => {
    const world = fakeWorld([
      { status: 400, body: `no such token:\n\u001b[2J ${SECRET} ${'x'.repeat(1000)}` },
    ])
    const { message } = await failureOf(ask(world))
    expect(message).toContain('no such token: [2J *** xxx')
    expect(message).not.toContain(SECRET)
    expect(message.length).toBeLessThan(350)
  })
})

test('a real service that hangs up, is busy, then sends us elsewhere', async () => {
  const paths: (string | undefined)[] = []
  const server = createServer((request, response) => {
    paths.push(request.url)
    if (paths.length === 1) request.socket.destroy()
    else if (paths.length === 2) response.writeHead(503, { 'retry-after': '5' }).end('busy')
    else if (paths.length === 3) response.end('{"zone":"FR"}')
    else response.writeHead(301, { location: '/other' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v4`)
    const world = fakeWorld([], { fetch: globalThis.fetch })
    expect(await ask(world, { url })).toEqual({ zone: 'FR' })
    expect(world.waits).toEqual([0.75, 5])
    await expect(ask(world, { url })).rejects.toMatchObject({ code: 'SOURCE_REFUSED' })
    expect(paths).toEqual(['/v4', '/v4', '/v4', '/v4'])
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

describe('Retry-After', () => {
  test.each([
    ['seconds', '17', 17],
    ['a date', new Date(Date.parse('2024-03-06T20:00:40Z')).toUTCString(), 40],
    ['a date that is past', new Date(0).toUTCString(), 0.75],
    ['nonsense', 'soon', 0.75],
  ])('%s', async (_, header, wait) => {
    const world = fakeWorld([{ status: 429, headers: { 'retry-after': header } }, { body: 1 }])
    expect(await ask(world)).toBe(1)
    expect(world.waits).toEqual([wait])
  })

  test('that is too long is told at once, and kept to until it is over', async () => {
    const world = fakeWorld([{ status: 429, headers: { 'retry-after': '600' } }, { body: 1 }])
    const client = new PoliteFetch('grid', world)
    await expect(client.get(question)).rejects.toMatchObject({ code: 'SOURCE_LIMITED' })
    world.now += 599
    await expect(client.get(question)).rejects.toThrow('grid.example asks not to be asked for another 1 s')
    expect(world.requests).toHaveLength(1)
    expect(world.waits).toEqual([])
    world.now += 1
    expect(await client.get(question)).toBe(1)
  })
})

describe('the cache', () => {
  let cacheFolder: string
  beforeEach(() => {
    cacheFolder = join(mkdtempSync(join(tmpdir(), 'replies-')), 'cache')
  })
  afterEach(() => rmSync(join(cacheFolder, '..'), { recursive: true }))

  test('answers while it is fresh, and is asked for anew after that', async () => {
    const world = fakeWorld([{ body: 1 }, { body: 2 }], { cacheFolder })
    const answers = []
    for (const seconds of [0, 299, 1, 0]) {
      world.now += seconds
      // Another process: nothing but the disk is shared.
      answers.push(await ask(world, { freshSeconds: 300 }))
    }
    expect(answers).toEqual([1, 1, 2, 2])
  })

  test('answers for a service that fails, and says how old it is', async () => {
    const world = fakeWorld((_, count) => (count === 1 ? { body: 1 } : { status: 401 }), { cacheFolder })
    await ask(world, { freshSeconds: 300 })
    world.now += 3600
    expect(await ask(world, { freshSeconds: 300 })).toBe(1)
    expect(world.said).toEqual([
      expect.stringMatching(/^warning intensity-cached: .*401.*; an answer of 60 min ago is used$/),
    ])
    world.now += 7 * 86_400
    await expect(ask(world, { freshSeconds: 300 })).rejects.toMatchObject({ code: 'SOURCE_TOKEN_REFUSED' })
  })

  test('is the user’s own, and holds no secrets', async () => {
    const world = fakeWorld([{ body: 1 }], { cacheFolder })
    await ask(world, {
      freshSeconds: 300,
      url: new URL('https://myself:pass@grid.example/?zone=FR&api_key=abc123'),
    })
    expect(statSync(cacheFolder).mode & 0o777).toBe(0o700)
    const [file = '', ...more] = readdirSync(cacheFolder)
    expect(more).toEqual([])
    expect(statSync(join(cacheFolder, file)).mode & 0o777).toBe(0o600)
    const text = readFileSync(join(cacheFolder, file), 'utf8')
    expect(text).toContain('grid.example/?zone=FR')
    for (const secret of [SECRET, 'myself', 'pass', 'abc123']) expect(text).not.toContain(secret)
  })

  test('keeps nothing that could not be understood', async () => {
    const parse = (body: unknown) => {
      if (body === 'bad') throw new Error('bad')
      return body
    }
    const world = fakeWorld([{ body: '"bad"' }, { body: '"good"' }], { cacheFolder })
    await expect(ask(world, { parse, freshSeconds: 300 })).rejects.toThrow('bad')
    expect(await ask(world, { parse, freshSeconds: 300 })).toBe('good')
  })

  test.each([
    '',
    '{"v":1',
    '[]',
    'null',
    '{"v":1,"url":"https://elsewhere.example","at":1709755200,"body":9}',
  ])('that was damaged to %j is as good as none', async (text) => {
    const world = fakeWorld([{ body: 1 }, { body: 2 }], { cacheFolder })
    await ask(world, { freshSeconds: 300 })
    for (const name of readdirSync(cacheFolder)) writeFileSync(join(cacheFolder, name), text)
    expect(await ask(world, { freshSeconds: 300 })).toBe(2)
  })

  test('that cannot be written costs nothing', async () => {
    writeFileSync(cacheFolder, 'a file where the folder should be')
    const world = fakeWorld([{ body: 1 }], { cacheFolder })
    expect(await ask(world, { freshSeconds: 300 })).toBe(1)
  })

  test('does not grow without bound', async () => {
    const world = fakeWorld([{ body: 1 }], { cacheFolder })
    for (let zone = 0; zone < 205; zone++) {
      await ask(world, { freshSeconds: 300, url: new URL(`https://grid.example/${zone}`) })
    }
    expect(readdirSync(cacheFolder)).toHaveLength(200)
  })
})
