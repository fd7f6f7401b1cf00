import { readFileSync } from 'node:fs'
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { MeterError, withTimeLimit } from '@ergometer/meter'
import type { RedfishOptions } from './redfish-options.ts'

/** What is asked of a BMC. */
export interface BmcRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** What a BMC answered. */
export interface BmcReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Longest answer that is read, in bytes: a chassis with hundreds of sensors stays far below. */
const LONGEST = 1 << 20
/** So many redirects are followed, all within the BMC: iLO adds a slash to a path. */
const REDIRECTS = 3
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/

/**
 * The line to one BMC: kept open between requests, and to no other host. It is no `fetch`, because that cannot be given
 * a certificate to trust, and the certificates of BMCs are their own.
 */
export class BmcLine {
  /** `https://HOST[:PORT]`, for messages. */
  readonly address: string
  readonly #agent: http.Agent

  /** @throws MeterError `REDFISH_CERTIFICATE` when the `caFile` cannot be read */
  constructor({ address, caFile, serverName, insecure = false }: RedfishOptions) {
    this.address = new URL(address).origin
    const kept = { keepAlive: true, maxSockets: 2 }
    this.#agent = this.address.startsWith('http:')
      ? new http.Agent(kept)
      : new https.Agent({
          ...kept,
          rejectUnauthorized: !insecure,
          ...(caFile === undefined ? {} : { ca: readCertificate(caFile) }),
          ...(serverName === undefined ? {} : { servername: serverName }),
        })
  }

  /**
   * One answer, whatever its status.
   * @throws MeterError `REDFISH_UNREACHABLE`, `REDFISH_CERTIFICATE`, `REDFISH_UNREADABLE`
   */
  async send(request: BmcRequest): Promise<BmcReply> {
    let { path } = request
    for (let redirects = 0; redirects <= REDIRECTS; redirects++) {
      const reply = await this.#exchange({ ...request, path })
      const { location } = reply.headers
      if (reply.status < 300 || reply.status > 399 || location === undefined) return reply
      if (request.method !== 'GET') return reply
      path = this.#within(location, path)
    }
    throw this.#unreadable(`${request.path} redirects more than ${REDIRECTS} times`)
  }

  /**
   * What takes some answers, in so many seconds.
   * @throws MeterError `REDFISH_UNREACHABLE` when they are over, and what `act` throws
   */
  async inTime<Value>(
    seconds: number,
    signal: AbortSignal,
    act: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    try {
      return await withTimeLimit(seconds, signal, act)
    } catch (cause) {
      throw cause instanceof DOMException ? this.#failed(cause, true) : cause
    }
  }

  /** Ends the connections. */
  close(): void {
    this.#agent.destroy()
  }

  /** A password goes to the BMC and nowhere else, so neither does a redirect. */
  #within(location: string, from: string): string {
    const url = URL.canParse(location, this.address + from)
      ? new URL(location, this.address + from)
      : undefined
    if (url?.origin === this.address) return url.pathname + url.search
    throw this.#unreadable(`redirects to ${url?.origin ?? 'nowhere'}: is that the BMC's address?`)
  }

  async #exchange({ method, path, headers, body, signal }: BmcRequest): Promise<BmcReply> {
    const url = new URL(path, this.address)
    if (url.origin !== this.address) throw this.#unreadable('links to another host')
    const { request } = url.protocol === 'http:' ? http : https
    const content =
      body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const asked = request(url, {
          method,
          agent: this.#agent,
          signal,
          headers: { accept: 'application/json', 'odata-version': '4.0', ...content, ...headers },
        })
        asked.on('response', resolve).on('error', reject).end(body)
      })
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: await this.#text(response, path),
      }
    } catch (cause) {
      throw this.#failed(cause, signal.aborted)
    }
  }

  async #text(response: IncomingMessage, path: string): Promise<string> {
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > LONGEST) throw this.#unreadable(`${path} is longer than ${LONGEST} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  }

  #failed(cause: unknown, late: boolean): MeterError {
    if (MeterError.isInstance(cause)) return cause
    const { code = '', message } = cause as NodeJS.ErrnoException
    if (!late && CERTIFICATE.test(code)) {
      return new MeterError(`${this.address}: its certificate is not trusted (${code}): name it as caFile`, {
        outcome: 'fatal',
        code: 'REDFISH_CERTIFICATE',
        fixes: [
          `openssl s_client -connect ${hostAndPort(this.address)} -showcerts </dev/null | openssl x509 > bmc.pem`,
          'compare its fingerprint with what the BMC shows itself, then name it: "caFile": "bmc.pem"',
          'if it bears another name than the address: "serverName": "THAT NAME"',
        ],
        cause,
      })
    }
    const why = late ? 'did not answer in time' : code || message
    return new MeterError(
      `${this.address}: ${why}, expected a BMC that answers: is the address right, and its network up?`,
      {
        outcome: 'retry',
        code: 'REDFISH_UNREACHABLE',
        cause,
      },
    )
  }

  #unreadable(why: string): MeterError {
    return new MeterError(`${this.address}: ${why}`, { outcome: 'retry', code: 'REDFISH_UNREADABLE' })
  }
}

function hostAndPort(address: string): string {
  const { hostname, port } = new URL(address)
  return `${hostname}:${port || 443}`
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MeterError(
      `${file}: ${(cause as NodeJS.ErrnoException).code}, expected a PEM file with the BMC's certificate`,
      {
        outcome: 'fatal',
        code: 'REDFISH_CERTIFICATE',
        cause,
      },
    )
  }
}
