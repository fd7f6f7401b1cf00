import { ErgometerError } from '@ergometer/core'
import type { StoredSeries } from '@ergometer/otel'

/** How a store is asked. */
export interface StoreAccess {
  /** Its address, without credentials: what is behind it, `/api/v1/query`, is added. */
  readonly url: URL
  /** The value of the header `authorization`. */
  readonly authorisation?: string | undefined
  /** What must be in no message, should the store say it back. */
  readonly secrets: readonly string[]
  readonly fetch: typeof fetch
  /** Seconds that an answer may take, by default 30. */
  readonly timeout?: number | undefined
}

const TIMEOUT_SECONDS = 30
/** Bytes of one reply, after decompression. */
const MOST_BYTES = 32 * 2 ** 20
const LONGEST_REASON = 200
/** Characters that every server takes in an address; what is longer is posted, which some proxies forbid. */
const LONGEST_QUERY = 4000
const HIDDEN = '***'
const SUCCESS = 200
/** A query that the store could not do, and why: https://prometheus.io/docs/prometheus/latest/querying/api/. */
const OVERLOADED = new Set([422, 503])
const TOO_MUCH_SAID = /too many|more than|limit|exceed|memory|timed? ?out|time range/i

/** A store of metrics that speaks the Prometheus HTTP interface. */
export class PrometheusStore {
  readonly #access: StoreAccess

  constructor(access: StoreAccess) {
    this.#access = access
  }

  get #timeout(): number {
    return this.#access.timeout ?? TIMEOUT_SECONDS
  }

  /** The address, for a person. */
  get place(): string {
    const { origin, pathname } = this.#access.url
    return origin + pathname.replace(/\/$/, '')
  }

  /**
   * The series that an expression gives at a time, seconds since 1970.
   * @throws ErgometerError `STORE_UNREACHABLE`, `STORE_REFUSED`, `STORE_TOO_MUCH`, `STORE_REPLY_INVALID`
   */
  async query(expression: string, time: number): Promise<StoredSeries[]> {
    const data = await this.#ask('query', { query: expression, time: String(time) })
    return seriesIn(data) ?? Promise.reject(this.#invalid('answers with no list of series'))
  }

  async #ask(path: string, form: Readonly<Record<string, string>>): Promise<unknown> {
    const signal = AbortSignal.timeout(this.#timeout * 1000)
    const { status, text } = await this.#request(path, new URLSearchParams(form), signal)
    const body = parseJson(text)
    if (isRecord(body) && body['status'] === 'success' && status === SUCCESS) return body['data']
    const why = isRecord(body) && typeof body['error'] === 'string' ? ` (${this.#clean(body['error'])})` : ''
    if (OVERLOADED.has(status) && TOO_MUCH_SAID.test(why)) {
      throw new ErgometerError('STORE_TOO_MUCH', `${this.place}: cannot answer for so much at once${why}`)
    }
    if (status !== SUCCESS) throw this.#refused(status, why)
    throw this.#invalid(`answers with what is no reply of a Prometheus server${why}`)
  }

  async #request(
    path: string,
    body: URLSearchParams,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const { fetch, authorisation } = this.#access
    const headers = { accept: 'application/json', ...(authorisation ? { authorization: authorisation } : {}) }
    try {
      // A redirect would take the credentials to another place.
      const how = { headers, signal, redirect: 'manual' } as const
      const address = `${this.place}/api/v1/${path}`
      const reply = await (String(body).length > LONGEST_QUERY
        ? fetch(address, { ...how, method: 'POST', body })
        : fetch(`${address}?${body}`, how))
      return { status: reply.status, text: await this.#bounded(reply, signal) }
    } catch (cause) {
      if (cause instanceof ErgometerError) throw cause
      const why = signal.aborted ? `no whole answer within ${this.#timeout} s` : this.#clean(reasonOf(cause))
      throw new ErgometerError(
        'STORE_UNREACHABLE',
        `${this.place}: cannot be reached: ${why}; is it up, and is this the address of a Prometheus server?`,
        cause,
      )
    }
  }

  /**
   * The text of a reply. It is cancelled here when the signal aborts: what `fetch` itself follows it with may be collected
   * once the headers are there.
   */
  async #bounded({ body }: Response, signal: AbortSignal): Promise<string> {
    if (body === null) return ''
    const reader = body.getReader()
    const cancel = () => void reader.cancel(signal.reason).catch(() => {})
    signal.addEventListener('abort', cancel, { once: true })
    const decoder = new TextDecoder()
    const parts: string[] = []
    let bytes = 0
    try {
      for (;;) {
        const { done, value } = await reader.read()
        signal.throwIfAborted()
        if (done) return parts.join('') + decoder.decode()
        bytes += value.byteLength
        if (bytes > MOST_BYTES) {
          throw new ErgometerError(
            'STORE_TOO_MUCH',
            `${this.place}: answers with more than ${MOST_BYTES / 2 ** 20} MiB; a shorter --since asks for less`,
          )
        }
        parts.push(decoder.decode(value, { stream: true }))
      }
    } finally {
      signal.removeEventListener('abort', cancel)
      cancel()
    }
  }

  #refused(status: number, why: string): ErgometerError {
    const advice =
      status === 401
        ? 'it asks for credentials: --token-env, --token-file, or user and password in the URL'
        : status === 403
          ? 'these credentials may not read it'
          : status === 404
            ? 'there is no /api/v1/query: does the URL lack a path, such as /prometheus?'
            : status >= 300 && status < 400
              ? 'it leads elsewhere, and is not followed: name that address'
              : status >= 500
                ? 'the store has a trouble of its own: try again'
                : 'is it what speaks the Prometheus HTTP interface?'
    return new ErgometerError(
      'STORE_REFUSED',
      `${this.place}: status ${status}${why}, expected 200; ${advice}`,
    )
  }

  #invalid(why: string): ErgometerError {
    return new ErgometerError(
      'STORE_REPLY_INVALID',
      `${this.place}: ${why}; is it the server itself, not an exporter or a web page?`,
    )
  }

  #clean(text: string): string {
    const { secrets } = this.#access
    const safe = secrets.reduce((one, secret) => one.replaceAll(secret, HIDDEN), text)
    return safe
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, LONGEST_REASON)
  }
}

/** The series of a vector or a matrix; undefined where it is neither. What is malformed inside is left out. */
function seriesIn(data: unknown): StoredSeries[] | undefined {
  if (!isRecord(data) || !Array.isArray(data['result'])) return undefined
  if (data['resultType'] !== 'vector' && data['resultType'] !== 'matrix') return undefined
  return data['result'].filter(isRecord).map(({ metric, value, values }) => ({
    labels: new Map(
      Object.entries(isRecord(metric) ? metric : {}).filter(
        (label): label is [string, string] => typeof label[1] === 'string',
      ),
    ),
    samples: (Array.isArray(values) ? values : [value]).flatMap(sampleIn),
  }))
}

/** Seconds, and a number in quotes. `NaN` is no value: as such stores mark what has ended. */
function sampleIn(pair: unknown): [seconds: number, value: number][] {
  const [seconds, text] = Array.isArray(pair) ? pair : []
  if (typeof seconds !== 'number' || typeof text !== 'string' || text === '') return []
  const value = Number(text)
  return Number.isFinite(value) ? [[seconds, value]] : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `fetch failed` says nothing; what it holds does. */
function reasonOf(cause: unknown): string {
  const { message, cause: deeper } = cause as Error
  if (!(deeper instanceof Error)) return message
  const { code } = deeper as NodeJS.ErrnoException
  return deeper.message || code || message
}
