import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { open, read, refusal } from './open-prometheus.ts'

const file = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const WATTS = { metric: 'w', unit: 'W' } as const

const server = createServer(
  { key: readFileSync(file('localhost.key')), cert: readFileSync(file('localhost.pem')) },
  (request, response) => {
    if (request.url === '/slow') return
    if (request.url === '/odd') {
      request.socket.end('HTTP/1.1 999 Odd\r\n\r\n')
      return
    }
    const target = { '/away': 'https://example.org/', '/near': '/metrics' }[request.url as string]
    if (target !== undefined) response.writeHead(302, { location: target }).end()
    else response.end(request.headers.authorization === 'Bearer t' ? 'w 7\n' : 'w 6\n')
  },
)
let address = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `https://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('a certificate', () => {
  const caFile = file('localhost.pem')

  it('that nobody vouches for is refused, with what to do', async () => {
    expect(await refusal({ url: `${address}/metrics`, ...WATTS })).toMatchObject({
      code: 'PROMETHEUS_UNREACHABLE',
      message: expect.stringMatching(/certificate is not trusted \(.*"caFile"/),
    })
  })

  it('of the authority in a file is taken, by the name that it bears', async () => {
    const options = { ...WATTS, caFile, tokenEnv: 'T' }
    const { meter, clock } = await open({ url: `${address}/near`, ...options }, undefined, { T: 't' })
    expect(await read(meter, clock)).toMatchObject([{ value: 7 }])
    const other = address.replace('localhost', '127.0.0.1')
    expect(await refusal({ url: `${other}/metrics`, ...WATTS, caFile })).toMatchObject({
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
  })

  it('changes nothing else: redirects elsewhere, timeouts, nonsense', async () => {
    expect(await refusal({ url: `${address}/odd`, ...WATTS, caFile })).toMatchObject({
      code: 'PROMETHEUS_UNREACHABLE',
    })
    expect(await refusal({ url: `${address}/away`, ...WATTS, caFile })).toMatchObject({
      code: 'PROMETHEUS_REPLY_INVALID',
    })
    expect(await refusal({ url: `${address}/slow`, ...WATTS, caFile, timeout: 0.2 })).toMatchObject({
      message: `${address}/slow: no whole answer within 0.2 s`,
    })
  })

  it.each([file('nothing'), file('ipmi.txt')])('is not in %s', async (wrong) => {
    expect(await refusal({ url: `${address}/metrics`, ...WATTS, caFile: wrong })).toMatchObject({
      code: 'PROMETHEUS_CREDENTIALS_MISSING',
      outcome: 'fatal',
    })
  })
})
