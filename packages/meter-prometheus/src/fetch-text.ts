import { type MeterContext, MeterError, type Outcome, withTimeLimit } from '@ergometer/meter'
import type { Authorisation, Credentials } from './credentials.ts'

/** How a page is asked for. */
export interface Request {
  readonly url: URL
  readonly fetch: MeterContext['fetch']
  readonly authorisation: Authorisation
  /** Seconds that it may take. */
  readonly timeout: number
  readonly signal: AbortSignal
  /** What follows when the server refuses: at first that is a mistake, later it may pass. */
  readonly refusal: Outcome
}

/** A page, and the status that it came with. */
export interface Page {
  readonly status: number
  readonly text: string
}

const ACCEPT =
  'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.9,application/json;q=0.8,*/*;q=0.1'
/** Bytes, after decompression. */
const MOST_BYTES = 16 * 2 ** 20
const MOST_REDIRECTS = 3
/** A query that the server cannot do: the reply says why. */
const ANSWERED = new Set([200, 400, 422])
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/

/** An address for a person: without what may be a secret in its query. */
export function placeOf({ origin, pathname }: URL): string {
  return origin + pathname
}

/**
 * Fetches a page of text, of at most 16 MiB; redirects are followed within one server only, certificates are checked.
 * @throws MeterError `PROMETHEUS_UNREACHABLE`, `PROMETHEUS_REFUSED`, `PROMETHEUS_REPLY_INVALID`,
 * `PROMETHEUS_CREDENTIALS_MISSING`
 */
export async function fetchText(request: Request): Promise<Page> {
  const credentials = request.authorisation()
  const place = placeOf(request.url)
  const headers = { accept: ACCEPT, ...(credentials ? { authorization: credentials.header } : {}) }
  try {
    const { status, text } = await withTimeLimit(request.timeout, request.signal, (signal) =>
      readPage(request, { headers, signal, redirect: 'manual' }),
    )
    return { status, text: withoutSecrets(text, credentials) }
  } catch (cause) {
    throw MeterError.isInstance(cause) ? cause : unreachable(place, cause, request.timeout)
  }
}

async function readPage(request: Request, how: RequestInit & { signal: AbortSignal }): Promise<Page> {
  const place = placeOf(request.url)
  const reply = await follow(request, how)
  if (!ANSWERED.has(reply.status)) {
    await reply.body?.cancel()
    throw refused(place, reply.status, request.refusal)
  }
  const text = await bounded(reply, place, how.signal)
  if (isWebPage(reply, text))
    throw invalid(place, 'answers with a web page; is it the exporter itself, with /metrics?')
  return { status: reply.status, text }
}

function withoutSecrets(text: string, { secrets = [] }: Partial<Credentials> = {}): string {
  return secrets.reduce((one, secret) => one.replaceAll(secret, '…'), text)
}

type Reply = Awaited<ReturnType<MeterContext['fetch']>>

async function follow(request: Request, how: RequestInit): Promise<Reply> {
  let { url } = request
  for (let hops = 0; ; hops++) {
    const reply = await request.fetch(url, how)
    const target = reply.status >= 300 && reply.status < 400 ? reply.headers.get('location') : null
    if (target === null) return reply
    await reply.body?.cancel()
    const next = URL.canParse(target, url.href) ? new URL(target, url) : undefined
    if (next?.origin !== url.origin || hops === MOST_REDIRECTS) {
      throw invalid(
        placeOf(url),
        `leads to ${next ? next.origin : 'another address'}, and is not followed: name that one`,
      )
    }
    url = next
  }
}

/**
 * Compressed pages are counted as they come out: a small one may be made of very much. The body is cancelled here when the
 * signal aborts: what `fetch` itself follows it with may be collected once the headers are there.
 */
async function bounded({ body }: Reply, place: string, signal: AbortSignal): Promise<string> {
  const reader = body?.getReader()
  if (reader === undefined) return ''
  const cancel = () => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return text + decoder.decode()
      bytes += value.byteLength
      if (bytes > MOST_BYTES) {
        throw invalid(
          place,
          `sends more than ${MOST_BYTES / 2 ** 20} MiB; a "query" with matchers asks for less`,
        )
      }
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

function isWebPage(reply: Reply, text: string): boolean {
  return /\bhtml\b/i.test(reply.headers.get('content-type') ?? '') || /^\s*</.test(text)
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'it asks for credentials: tokenEnv, tokenFile, or userEnv and passwordEnv',
  403: 'these credentials may not read it',
  404: 'there is nothing at this path: an exporter has /metrics, a server none',
}

function refused(place: string, status: number, refusal: Outcome): MeterError {
  const passing = status >= 500 || status === 408 || status === 429
  const advice = ADVICE[status] ?? (passing ? 'it is tried again' : 'is it what speaks to Prometheus?')
  const outcome = passing ? 'retry' : refusal
  return new MeterError(`${place}: status ${status}, expected 200; ${advice}`, {
    outcome,
    code: 'PROMETHEUS_REFUSED',
  })
}

/** The error of a reply that is not what was asked for. */
export function invalid(place: string, why: string, outcome: Outcome = 'retry'): MeterError {
  return new MeterError(`${place}: ${why}`, { outcome, code: 'PROMETHEUS_REPLY_INVALID' })
}

function unreachable(place: string, cause: unknown, timeout: number): MeterError {
  const { name, message, cause: inner, code: own } = cause as NodeJS.ErrnoException
  const code =
    (inner as NodeJS.ErrnoException | undefined)?.code ?? (typeof own === 'string' ? own : undefined)
  const certificate = code !== undefined && CERTIFICATE.test(code)
  const why =
    name === 'TimeoutError'
      ? `no whole answer within ${timeout} s`
      : certificate
        ? `its certificate is not trusted (${code}); "caFile" names a file with the authority that signed it`
        : `cannot be reached (${code ?? message})`
  return new MeterError(`${place}: ${why}`, { outcome: 'retry', code: 'PROMETHEUS_UNREACHABLE', cause })
}
