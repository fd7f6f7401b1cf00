import { MeterError } from '@ergometer/meter'
import type { BmcLine, BmcReply } from './bmc-line.ts'
import type { Credentials } from './credentials.ts'
import { isReply, type RedfishReply } from './redfish-reply.ts'

const SESSIONS = '/redfish/v1/SessionService/Sessions'
/** Seconds that giving a session back may take. */
const FAREWELL = 0.4

/** Reads resources of a BMC as somebody who may: with a session's token, or with the password each time. */
export class BmcSession {
  readonly #line: BmcLine
  readonly #credentials: Credentials
  readonly #auth: 'session' | 'basic'
  #token: string | undefined
  /** Where the session is given back. */
  #own: string | undefined

  constructor(line: BmcLine, credentials: Credentials, auth: 'session' | 'basic') {
    this.#line = line
    this.#credentials = credentials
    this.#auth = auth
  }

  /**
   * A resource; undefined if there is none.
   * @throws MeterError `REDFISH_REFUSED`, and what `BmcLine.send` throws
   */
  async find(path: string, signal: AbortSignal): Promise<RedfishReply | undefined> {
    let reply = await this.#get(path, signal)
    if (reply.status === 401 && this.#token !== undefined) {
      // Sessions end when they idle, and with a restart of the BMC.
      this.#token = this.#own = undefined
      reply = await this.#get(path, signal)
    }
    if (reply.status === 404) return undefined
    return readReply(this.#line.address, path, reply)
  }

  /**
   * A resource that has to be there.
   * @throws MeterError `REDFISH_ABSENT`, and what `find` throws
   */
  async get(path: string, signal: AbortSignal): Promise<RedfishReply> {
    const reply = await this.find(path, signal)
    if (reply !== undefined) return reply
    throw new MeterError(`${this.#line.address}${path} is not there (404)`, {
      outcome: 'retry',
      code: 'REDFISH_ABSENT',
    })
  }

  /** Gives the session back, if the BMC answers soon, and ends the connections. */
  async close(): Promise<void> {
    const [path, token] = [this.#own, this.#token]
    try {
      if (path !== undefined && token !== undefined) {
        const headers = { 'x-auth-token': token }
        await this.#line.inTime(FAREWELL, new AbortController().signal, (signal) =>
          this.#line.send({ method: 'DELETE', path, headers, signal }),
        )
      }
    } catch {
      // The BMC ends it by itself when it has been idle.
    } finally {
      this.#line.close()
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<BmcReply> {
    return this.#line.send({ method: 'GET', path, headers: await this.#headers(signal), signal })
  }

  async #headers(signal: AbortSignal): Promise<Record<string, string>> {
    const { user, password } = this.#credentials
    if (this.#auth === 'basic') {
      return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
    }
    this.#token ??= await this.#login(signal)
    return { 'x-auth-token': this.#token }
  }

  async #login(signal: AbortSignal): Promise<string> {
    const { user, password } = this.#credentials
    const body = JSON.stringify({ UserName: user, Password: password })
    const reply = await this.#line.send({ method: 'POST', path: SESSIONS, body, signal })
    const token = reply.headers['x-auth-token']
    if (reply.status < 300 && typeof token === 'string') {
      this.#own = ownPath(reply, this.#line.address)
      return token
    }
    if (reply.status === 401 || reply.status === 403)
      throw refused(this.#line.address, SESSIONS, reply.status)
    throw new MeterError(
      `${this.#line.address}${SESSIONS}: status ${reply.status} and no session, expected 201: too many sessions? "auth": "basic" needs none`,
      { outcome: 'retry', code: 'REDFISH_REFUSED' },
    )
  }
}

/** Where a new session is, as its header or else its body says; only within the BMC. */
function ownPath({ headers, body }: BmcReply, address: string): string | undefined {
  const told = headers.location ?? /"@odata\.id"\s*:\s*"([^"]+)"/.exec(body)?.[1]
  if (told === undefined || !URL.canParse(told, address)) return undefined
  const url = new URL(told, address)
  return url.origin === address ? url.pathname : undefined
}

/**
 * What an answer holds.
 * @throws MeterError `REDFISH_REFUSED`, `REDFISH_UNREADABLE`
 */
export function readReply(address: string, path: string, { status, body }: BmcReply): RedfishReply {
  if (status === 401 || status === 403) throw refused(address, path, status)
  const what = `${address}${path}`
  if (status !== 200)
    throw unreadable(`${what}: status ${status}, expected 200${status === 503 ? ': the BMC is busy' : ''}`)
  if (/^\s*</.test(body))
    throw unreadable(`${what}: an HTML page, expected JSON: is this the address of a BMC with Redfish?`)
  let reply: unknown
  try {
    reply = JSON.parse(body)
  } catch {
    // What it is instead is of no use to a reader.
  }
  if (isReply(reply)) return reply
  throw unreadable(`${what}: expected a JSON object, got ${body === '' ? 'nothing' : 'something else'}`)
}

/** Never tried again: a BMC locks an account after some wrong passwords. */
function refused(address: string, path: string, status: number): MeterError {
  return new MeterError(
    `${address}${path}: status ${status}: user or password are wrong, or the account may not read this; expected one with the role ReadOnly`,
    { outcome: 'fatal', code: 'REDFISH_REFUSED' },
  )
}

function unreadable(message: string): MeterError {
  return new MeterError(message, { outcome: 'retry', code: 'REDFISH_UNREADABLE' })
}
