import { CarbonError } from './carbon-error.ts'
import { ReplyCache } from './reply-cache.ts'
import type { SourceContext } from './source-context.ts'

/** One question to a service. */
export interface PoliteRequest<Reply> {
  readonly url: URL
  /** May hold secrets: they are neither kept nor told. */
  readonly headers?: Readonly<Record<string, string>>
  /** Makes the reply of the JSON, or throws a CarbonError. What it throws on is never kept. */
  readonly parse: (body: unknown) => Reply
  /** An answer that was kept does for so many seconds; absent: answers are not kept. */
  readonly freshSeconds?: number
}

/** What a failed attempt means: whether another may do better, and how long the service asks us to wait. */
interface Failure {
  readonly error: CarbonError
  readonly again: boolean
  readonly waitSeconds?: number
}

const TIMEOUT_SECONDS = 10
const ATTEMPTS = 4
const FIRST_WAIT_SECONDS = 1
/** Longer than this nobody waits: the service is left alone until then, and the caller told. */
const PATIENCE_SECONDS = 60
const MOST_BYTES = 8 * 2 ** 20
/** When a service fails, an answer of its own may do that is at most this old. */
const STALE_SECONDS = 7 * 86_400
const LONGEST_REASON = 200

/**
 * Asks one service, and takes care of it: a timeout, few attempts that wait longer each time (with jitter, so that many
 * runs do not ask in step), `Retry-After` to the letter, answers kept on disk, a bounded size. It throws CarbonErrors:
 * `SOURCE_UNREACHABLE`, `SOURCE_LIMITED`, `SOURCE_TOKEN_REFUSED`, `SOURCE_REFUSED`, `SOURCE_REPLY_INVALID`.
 */
export class PoliteFetch {
  readonly #name: string
  readonly #context: SourceContext
  readonly #cache: ReplyCache | undefined
  /** Until when a host has asked us to stay away. */
  readonly #notBefore = new Map<string, number>()

  /** `name`: the source, for messages. */
  constructor(name: string, context: SourceContext) {
    this.#name = name
    this.#context = context
    this.#cache = context.cacheFolder === undefined ? undefined : new ReplyCache(context.cacheFolder)
  }

  /** The reply to a question: a kept one while it is fresh, else from the service, else a kept one and a line of it. */
  async get<Reply>(request: PoliteRequest<Reply>): Promise<Reply> {
    const kept = await this.#kept(request)
    const age = kept === undefined ? Number.POSITIVE_INFINITY : this.#context.clock() - kept.at
    // An age below 0 is a clock that was set back: what was kept is then of unknown age.
    if (kept && age >= 0 && age < (request.freshSeconds ?? 0)) return kept.reply
    try {
      const { body, reply } = await this.#ask(request)
      if (request.freshSeconds !== undefined) {
        await this.#cache?.put(request.url, { at: this.#context.clock(), body })
      }
      return reply
    } catch (error) {
      if (!kept || !(age >= 0 && age < STALE_SECONDS) || !CarbonError.isInstance(error)) throw error
      const message = `${error.message}; an answer of ${Math.round(age / 60)} min ago is used`
      this.#context.log(message, { severity: 'warning', code: 'intensity-cached' })
      return kept.reply
    }
  }

  async #kept<Reply>({
    url,
    parse,
    freshSeconds,
  }: PoliteRequest<Reply>): Promise<{ at: number; reply: Reply } | undefined> {
    if (freshSeconds === undefined) return undefined
    const kept = await this.#cache?.get(url)
    try {
      return kept && { at: kept.at, reply: parse(kept.body) }
    } catch {
      return undefined
    }
  }

  async #ask<Reply>(request: PoliteRequest<Reply>): Promise<{ body: unknown; reply: Reply }> {
    const { clock, chance, sleep, signal } = this.#context
    this.#refuseTooEarly(request.url)
    for (let attempt = 1; ; attempt++) {
      const body = await this.#attempt(request)
      if (!isFailure(body)) return { body: body.json, reply: request.parse(body.json) }
      const backOff = FIRST_WAIT_SECONDS * 2 ** (attempt - 1) * (0.5 + chance() / 2)
      const wait = Math.max(backOff, body.waitSeconds ?? 0)
      if (body.waitSeconds !== undefined) this.#notBefore.set(request.url.host, clock() + body.waitSeconds)
      if (!body.again || attempt === ATTEMPTS || wait > PATIENCE_SECONDS || signal.aborted) throw body.error
      await sleep(wait, signal)
      if (signal.aborted) throw body.error
    }
  }

  #refuseTooEarly({ host }: URL): void {
    const wait = (this.#notBefore.get(host) ?? 0) - this.#context.clock()
    if (wait > 0)
      throw new CarbonError(
        'SOURCE_LIMITED',
        this.#line(`${host} asks not to be asked for another ${Math.ceil(wait)} s`),
      )
  }

  async #attempt({ url, headers }: PoliteRequest<unknown>): Promise<{ json: unknown } | Failure> {
    const timeout = this.#context.timeout(TIMEOUT_SECONDS)
    const signal = AbortSignal.any([timeout, this.#context.signal])
    try {
      const response = await unless(
        signal,
        // A redirect would take the token to another place.
        this.#context.fetch(url, {
          headers: { accept: 'application/json', ...headers },
          signal,
          redirect: 'manual',
        }),
      )
      const text = await unless(signal, boundedText(response, signal))
      if (response.status !== 200) return this.#refusal(response, text, url, headers)
      return this.#parse(text, url)
    } catch (cause) {
      const why = timeout.aborted ? `no answer within ${TIMEOUT_SECONDS} s` : reasonOf(cause)
      const error = new CarbonError('SOURCE_UNREACHABLE', this.#line(`${url.host}: ${why}`), cause)
      return { error, again: true }
    }
  }

  #parse(text: string | undefined, { host }: URL): { json: unknown } | Failure {
    const invalid = (why: string): Failure => ({
      error: new CarbonError('SOURCE_REPLY_INVALID', this.#line(why)),
      again: false,
    })
    if (text === undefined)
      return invalid(`${host} answered with more than ${MOST_BYTES} bytes; ask for less time`)
    if (isHtml(text)) {
      return invalid(
        `${host} answered with an HTML page, expected JSON: is a proxy or a log-in page in between?`,
      )
    }
    try {
      return { json: JSON.parse(text) }
    } catch {
      return invalid(`${host} answered with what is no JSON`)
    }
  }

  #refusal(
    response: Response,
    text: string | undefined,
    { host }: URL,
    headers: Readonly<Record<string, string>> = {},
  ): Failure {
    const { status } = response
    const said = reasonIn(text, Object.values(headers))
    const what = `${host} answered ${status}${said === '' ? '' : ` (${said})`}`
    const wait = retryAfter(response.headers.get('retry-after'), this.#context.clock())
    const later = wait === undefined ? {} : { waitSeconds: wait }
    if (status === 429)
      return {
        error: new CarbonError('SOURCE_LIMITED', this.#line(`${what}: too many requests`)),
        again: true,
        ...later,
      }
    if (status >= 500 || status === 408) {
      return { error: new CarbonError('SOURCE_UNREACHABLE', this.#line(what)), again: true, ...later }
    }
    if (status === 401 || status === 403) {
      const advice = 'is the token right, and does its plan take in this zone and time?'
      return {
        error: new CarbonError('SOURCE_TOKEN_REFUSED', this.#line(`${what}: ${advice}`)),
        again: false,
      }
    }
    return { error: new CarbonError('SOURCE_REFUSED', this.#line(what)), again: false }
  }

  #line(why: string): string {
    return `Intensity source ${this.#name}: ${why}`
  }
}

function isFailure(value: { json: unknown } | Failure): value is Failure {
  return 'error' in value
}

/** The promise, or the signal's reason once it is aborted: not every `fetch` heeds its signal. */
async function unless<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  let stop: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * The body, or undefined if it is too large to be one of these services' answers. It is cancelled here when the signal
 * aborts: what `fetch` follows it with may be collected once the headers are there, and the connection stay open.
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

/** Seconds that a `Retry-After` asks for: a number, or a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header)
  const until = Date.parse(header) / 1000
  return Number.isNaN(until) ? undefined : Math.max(0, until - now)
}

function isHtml(text: string): boolean {
  return text.trimStart().startsWith('<')
}

/** What a refusing service says, fit for one line, without the secrets that were sent to it. */
function reasonIn(text: string | undefined, secrets: readonly string[]): string {
  if (text === undefined || isHtml(text)) return ''
  let plain = text
  for (const secret of secrets.flatMap(partsOf)) {
    if (secret.length > 3) plain = plain.replaceAll(secret, '***')
  }
  // Control characters among them: this line goes to terminals.
  return plain
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_REASON)
}

/** A header's value, its token, and of basic authentication (RFC 7617) the name and the password within it. */
function partsOf(value: string): string[] {
  const [scheme = '', token = value] = value.split(' ')
  const pair = /^basic$/i.test(scheme) ? Buffer.from(token, 'base64').toString() : ''
  const colon = pair.indexOf(':')
  return [value, token, ...(colon < 0 ? [] : [pair, pair.slice(colon + 1), pair.slice(0, colon)])]
}

function reasonOf(cause: unknown): string {
  const { message, cause: deeper } =
    cause instanceof Error ? cause : { message: String(cause), cause: undefined }
  // `fetch failed` says nothing; what it holds does.
  const text = deeper instanceof Error && deeper.message !== '' ? deeper.message : message
  return (text.split('\n')[0] as string).slice(0, LONGEST_REASON)
}
