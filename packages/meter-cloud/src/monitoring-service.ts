import { after, type MeterContext, MeterError, type Outcome, withTimeLimit } from '@ergometer/meter'
import type { TokenSource } from './access-token.ts'
import { MOST_BYTES } from './bounded-reply.ts'

/** A monitoring interface that answers with JSON to who shows a token. */
export interface MonitoringDetails {
  /** For messages: `Azure Monitor`. */
  readonly name: string
  readonly tokens: TokenSource
  readonly context: Pick<MeterContext, 'fetch' | 'clock'>
  /** What a person lacks who is refused. */
  readonly permission: string
  /** Waits so many seconds, or until the signal aborts. */
  readonly wait?: (seconds: number, signal: AbortSignal) => Promise<void>
}

/** Seconds that one request may take. */
const TIMEOUT = 30
const ATTEMPTS = 4
const FIRST_WAIT = 0.5
/** Seconds: longer than this nobody waits; the service is left alone until then. */
const PATIENCE = 10
/** The longest that a service may ask us to stay away: a day. */
const LONGEST_ABSENCE = 86_400
const LONGEST_REASON = 200

/** One attempt that did not succeed: whether another may, and after how many seconds. */
interface Failure {
  readonly error: MeterError
  readonly again: boolean
  readonly wait?: number
}

/**
 * Asks a monitoring interface, and takes care of it: few attempts, each later than the one before, `Retry-After` to the letter;
 * a token that was refused is replaced once; replies are bounded.
 */
export class MonitoringService {
  readonly #details: MonitoringDetails
  /** Monotonic seconds until which it has asked to be left alone. */
  #notBefore = Number.NEGATIVE_INFINITY
  /** Whether it has ever answered: a refusal before that is a mistake, later it may pass. */
  #answered = false

  constructor(details: MonitoringDetails) {
    this.#details = details
  }

  /**
   * The JSON at that address.
   * @throws MeterError `CLOUD_UNREACHABLE`, `CLOUD_THROTTLED`, `CLOUD_REFUSED`, `CLOUD_REPLY_INVALID`, `CLOUD_CREDENTIALS_MISSING`,
   * `CLOUD_PEER_MISSING`
   */
  async get(url: URL, signal: AbortSignal): Promise<unknown> {
    this.#refuseTooEarly()
    const { wait = pause } = this.#details
    let fresh = false
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(url, fresh, signal)
      if (!('error' in answer)) {
        this.#answered = true
        return answer.json
      }
      const { error, again, wait: asked } = answer
      if (asked !== undefined) this.#leaveAlone(asked)
      const seconds = Math.max(FIRST_WAIT * 2 ** (attempt - 1), asked ?? 0)
      const renewed = error.code === 'CLOUD_TOKEN_REFUSED' && !fresh
      if (!renewed && (!again || attempt >= ATTEMPTS || seconds > PATIENCE)) throw error
      if (renewed) fresh = true
      else await wait(seconds, signal)
      signal.throwIfAborted()
    }
  }

  /** The error of a reply that is not as documented. */
  invalid(why: string): MeterError {
    const message = `${this.#details.name}: the reply is not as documented: ${why}`
    return new MeterError(message, { outcome: 'retry', code: 'CLOUD_REPLY_INVALID' })
  }

  async #attempt(url: URL, fresh: boolean, signal: AbortSignal): Promise<{ json: unknown } | Failure> {
    const { tokens, context } = this.#details
    const token = await this.#token(tokens, fresh, signal)
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
    try {
      return await withTimeLimit(TIMEOUT, signal, async (limit) => {
        // A redirect would take the token to another place.
        const reply = await context.fetch(url, { headers, signal: limit, redirect: 'manual' })
        const text = await boundedText(reply, limit)
        return reply.status === 200 ? this.#json(text) : this.#refusal(reply, text, token)
      })
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      const why =
        (cause as Error)?.name === 'TimeoutError' ? `no answer within ${TIMEOUT} s` : reasonOf(cause)
      return { error: this.#error('CLOUD_UNREACHABLE', `${url.host}: ${oneLine(why, token)}`), again: true }
    }
  }

  async #token(tokens: TokenSource, fresh: boolean, signal: AbortSignal): Promise<string> {
    try {
      return await withTimeLimit(TIMEOUT, signal, () => tokens.token(fresh))
    } catch (cause) {
      if (MeterError.isInstance(cause) || signal.aborted) throw cause
      throw this.#error('CLOUD_CREDENTIALS_MISSING', `no access token within ${TIMEOUT} s`)
    }
  }

  #json(text: string | undefined): { json: unknown } | Failure {
    const broken = (why: string): Failure => ({ error: this.invalid(why), again: false })
    if (text === undefined) return broken(`more than ${MOST_BYTES / 2 ** 20} MiB`)
    try {
      return { json: JSON.parse(text) }
    } catch {
      return broken('expected JSON')
    }
  }

  #refusal({ status, headers }: Response, text: string | undefined, token: string): Failure {
    const said = oneLine(saidIn(text), token)
    const what = `status ${status}${said === '' ? '' : ` (${said})`}`
    const retryAfter = secondsOf(headers)
    const later = retryAfter === undefined ? {} : { wait: Math.min(retryAfter, LONGEST_ABSENCE) }
    if (status === 401) {
      const advice = 'the token is refused, and so is a fresh one: is this machine’s clock right?'
      return { error: this.#error('CLOUD_TOKEN_REFUSED', `${what}: ${advice}`), again: false }
    }
    // 529 is what Azure's metrics answer when they are overloaded.
    if (status === 429 || status === 529) {
      return { error: this.#error('CLOUD_THROTTLED', `${what}: too many requests`), again: true, ...later }
    }
    if (status >= 500 || status === 408) {
      return { error: this.#error('CLOUD_UNREACHABLE', what), again: true, ...later }
    }
    const advice = status === 403 ? `: ${this.#details.permission}` : ''
    const outcome = this.#answered ? 'retry' : 'fatal'
    return { error: this.#error('CLOUD_REFUSED', `${what}${advice}`, outcome), again: false }
  }

  #leaveAlone(seconds: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#details.context.clock() + seconds)
  }

  #refuseTooEarly(): void {
    const left = this.#notBefore - this.#details.context.clock()
    if (left > 0) {
      throw this.#error('CLOUD_THROTTLED', `asks not to be asked for another ${Math.ceil(left)} s`)
    }
  }

  #error(code: string, why: string, outcome: Outcome = 'retry'): MeterError {
    return new MeterError(`${this.#details.name}: ${why}`, { outcome, code })
  }
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = after(seconds, done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

/**
 * The body, or undefined if it is too large. Cancelled here when the signal aborts: what `fetch` follows it with may be collected
 * once the headers are there.
 */
async function boundedText({ body }: Response, signal: AbortSignal): Promise<string | undefined> {
  if (body === null) return ''
  const reader = body.getReader()
  const cancel = () => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return text + decoder.decode()
      bytes += value.byteLength
      if (bytes > MOST_BYTES) return undefined
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

/** What Google (`error.message`) or Azure (`error.code`, `error.message`) say of a refusal. */
function saidIn(text: string | undefined): string {
  try {
    const { error } = JSON.parse(text ?? '') as { error?: { message?: unknown } }
    return typeof error?.message === 'string' ? error.message : ''
  } catch {
    return ''
  }
}

/** Text of others, fit for one line of ours: without the token, and without control characters, as it goes to terminals. */
function oneLine(text: string, token: string): string {
  return text
    .replaceAll(token, '***')
    .replaceAll(encodeURIComponent(token), '***')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_REASON)
}

/** Seconds that a `Retry-After` asks for: a number, or a date (RFC 9110, 10.2.3), which is held against the service's own clock. */
function secondsOf(headers: Headers): number | undefined {
  const asked = headers.get('retry-after')?.trim()
  if (asked === undefined) return undefined
  if (/^\d{1,9}$/.test(asked)) return Number(asked)
  const seconds = (Date.parse(asked) - Date.parse(headers.get('date') ?? '')) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}

function reasonOf(cause: unknown): string {
  // `fetch failed` says nothing; what it holds does.
  const { code, cause: deeper } = (cause ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  const known = [deeper?.code, code].find((one) => typeof one === 'string')
  return `cannot be reached (${known ?? (cause instanceof Error ? cause.message : String(cause))})`
}
