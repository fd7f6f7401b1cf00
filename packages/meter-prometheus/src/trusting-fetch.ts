import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import { type MeterContext, MeterError } from '@ergometer/meter'

/**
 * A `fetch` for pages over https that trusts the authorities in a file besides the known ones: Node's own takes none,
 * and a recorder is started without `NODE_EXTRA_CA_CERTS`. It knows of the options what `fetchText` uses.
 * @throws MeterError `PROMETHEUS_CREDENTIALS_MISSING` when the file cannot be read
 */
export function trustingFetch(caFile: string): MeterContext['fetch'] {
  const ca = [...rootCertificates, authorities(caFile)]
  return async (input, { headers, signal } = {}) =>
    new Promise((resolve, reject) => {
      const options = { ca, headers: Object.fromEntries(new Headers(headers)), ...(signal ? { signal } : {}) }
      const asked = request(new URL(String(input)), options, (reply) => {
        try {
          resolve(responseOf(reply))
        } catch (error) {
          // A status or a header that no reply may have.
          reply.destroy()
          reject(error)
        }
      })
      asked.on('error', (error) => reject(signal?.aborted ? signal.reason : error))
      asked.end()
    })
}

function responseOf(reply: IncomingMessage): Response {
  const headers = Object.entries(reply.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  return new Response(Readable.toWeb(reply) as ReadableStream<Uint8Array>, {
    status: reply.statusCode ?? 0,
    headers,
  })
}

function authorities(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  } catch (cause) {
    throw untrusted(file, `cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
  throw untrusted(file, 'expected certificates in PEM form')
}

function untrusted(file: string, why: string): MeterError {
  return new MeterError(`${file}: ${why}`, { outcome: 'fatal', code: 'PROMETHEUS_CREDENTIALS_MISSING' })
}
