import { ErgometerError } from '@ergometer/core'
import type { HostedJob } from '@ergometer/meter-cloud'

const BASE = 'https://api.openai.com/v1'
const TIMEOUT = 30_000
const MOST_BYTES = 2 ** 20
/** https://platform.openai.com/docs/api-reference/fine-tuning/object */
const STATES: Readonly<Record<string, HostedJob['state']>> = {
  validating_files: 'waiting',
  queued: 'waiting',
  running: 'running',
  paused: 'running',
  succeeded: 'completed',
  failed: 'failed',
  cancelled: 'aborted',
}
const UNMETERED =
  'OpenAI tells tokens and hours, but neither the parameters of its models nor what they are trained on: no model of their energy is defensible, so it stays unknown'

/** What asking OpenAI touches of the world. */
export interface OpenAiWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
}

/**
 * What OpenAI says of a fine-tuning job: one request, `GET /fine_tuning/jobs/ID`, at `OPENAI_BASE_URL` or OpenAI itself, with the key
 * in `OPENAI_API_KEY`, which is sent and stands nowhere else.
 * @throws ErgometerError `JOB_UNREACHABLE` (worth another try), `JOB_REFUSED`, `JOB_REPLY_INVALID`, `SETTINGS_INVALID`
 */
export async function openAiJob(
  id: string,
  { env, fetch }: OpenAiWorld,
  signal: AbortSignal,
): Promise<HostedJob> {
  const key = env['OPENAI_API_KEY']
  if (!key || !/^[\x21-\x7e]{1,1024}$/.test(key)) {
    throw new ErgometerError('JOB_REFUSED', 'OpenAI: expected its key in OPENAI_API_KEY')
  }
  const url = addressOf(env['OPENAI_BASE_URL'] || BASE, id)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
  let status: number
  let text: string
  try {
    const headers = { accept: 'application/json', authorization: `Bearer ${key}` }
    // A redirect would take the key to another place.
    const reply = await fetch(url, { headers, signal: limit, redirect: 'manual' })
    status = reply.status
    text = await boundedText(reply)
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (cause instanceof ErgometerError) throw cause
    // What a request throws may hold its headers.
    throw new ErgometerError('JOB_UNREACHABLE', `OpenAI: ${url.host} cannot be reached`)
  }
  // What a refusal says repeats parts of the key.
  if (status === 429 || status >= 500) {
    throw new ErgometerError('JOB_UNREACHABLE', `OpenAI: status ${status}`)
  }
  if (status !== 200) {
    const advice =
      status === 404
        ? 'no such job of this key'
        : 'is OPENAI_API_KEY right, and may it read fine-tuning jobs?'
    throw new ErgometerError('JOB_REFUSED', `OpenAI: status ${status} of ${id}: ${advice}`)
  }
  return jobOf(id, text)
}

function addressOf(base: string, id: string): URL {
  const bad = new ErgometerError(
    'SETTINGS_INVALID',
    'OPENAI_BASE_URL: expected https://HOST/v1 without user or password, or http:// on loopback',
  )
  if (!URL.canParse(base)) throw bad
  const { protocol, hostname, username, password, search, hash } = new URL(base)
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  if (`${username}${password}${search}${hash}` !== '') throw bad
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback)) throw bad
  return new URL(`${base.replace(/\/+$/, '')}/fine_tuning/jobs/${encodeURIComponent(id)}`)
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES) throw invalid('more than 1 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jobOf(id: string, text: string): HostedJob {
  let told: Record<string, unknown>
  try {
    told = Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    throw invalid('expected JSON')
  }
  const status = told['status']
  const state = typeof status === 'string' && Object.hasOwn(STATES, status) ? STATES[status] : undefined
  if (told['id'] !== id || state === undefined) throw invalid('expected this job with a status')
  const begin = dateOf(told['created_at'])
  const end = state === 'waiting' || state === 'running' ? undefined : (dateOf(told['finished_at']) ?? begin)
  const tokens = told['trained_tokens']
  const model = told['model']
  return {
    name: id,
    state,
    ...(begin ? { begin } : {}),
    ...(end ? { end } : {}),
    tags: typeof model === 'string' && /^[\w.:/-]{1,128}$/.test(model) ? { model } : {},
    ...(typeof tokens === 'number' && Number.isFinite(tokens) && tokens >= 0 ? { work: { tokens } } : {}),
    unmetered: UNMETERED,
  }
}

function dateOf(seconds: unknown): Date | undefined {
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11 ? new Date(seconds * 1000) : undefined
}

function invalid(why: string): ErgometerError {
  return new ErgometerError('JOB_REPLY_INVALID', `OpenAI: the reply is not as documented: ${why}`)
}
