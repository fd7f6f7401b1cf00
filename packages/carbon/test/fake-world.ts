// A world for sources: what services answer, a clock that waiting moves on, and a record of all that was asked.
import { readFileSync } from 'node:fs'
import { realSourceContext, type SourceContext } from '../src/index.ts'

/** What a service does: answers, fails to be reached, or never answers. */
export type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | Error | 'silence'

export interface FakeWorld extends SourceContext {
  readonly requests: { url: URL; headers: Record<string, string> }[]
  readonly waits: number[]
  readonly said: string[]
  now: number
}

/** Answers in this order; the last one again and again. A function is asked for each answer. */
export function fakeWorld(
  answers: readonly Answer[] | ((url: URL, count: number) => Answer),
  parts: Partial<SourceContext> & { now?: number } = {},
): FakeWorld {
  const requests: FakeWorld['requests'] = []
  const waits: number[] = []
  const said: string[] = []
  let timeout = new AbortController()
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    requests.push({ url, headers: (init?.headers ?? {}) as Record<string, string> })
    const answer =
      typeof answers === 'function'
        ? answers(url, requests.length)
        : answers[Math.min(requests.length, answers.length) - 1]
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nothing to answer')
    if (answer === 'silence') {
      queueMicrotask(() => timeout.abort(new Error('the operation timed out')))
      return new Promise<Response>(() => {})
    }
    const { status = 200, body = {}, headers = {} } = answer
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
  }
  const world: FakeWorld = {
    ...realSourceContext({ env: {}, chance: () => 0.5 }),
    fetch,
    clock: () => world.now,
    sleep: async (seconds: number) => {
      waits.push(seconds)
      world.now += seconds
    },
    timeout: () => {
      timeout = new AbortController()
      return timeout.signal
    },
    log: (message, { severity, code }) => {
      said.push(`${severity} ${code}: ${message}`)
    },
    now: Date.parse('2024-03-06T20:00:00Z') / 1000,
    requests,
    waits,
    said,
    ...parts,
  }
  return world
}

/** What the sources that need one are let in with. */
export const env = {
  ELECTRICITY_MAPS_TOKEN: 'em-secret-token',
  WATTTIME_USER: 'freddo',
  WATTTIME_PASSWORD: 'wt-secret',
}

/** What WattTime answers to a log-in. */
export const login = { token: 'abcdef0123456789' }

/** A service that lets in who logs in, as WattTime does, and else gives one answer. */
export function service(reply: Answer): (url: URL) => Answer {
  return (url) => (url.pathname === '/login' ? { body: login } : reply)
}

/** A reply beside this file. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'))
}

/** Seconds since 1970 of a time. */
export function at(text: string): number {
  return Date.parse(text) / 1000
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome instanceof Error) return outcome
  throw new Error('expected a failure')
}
