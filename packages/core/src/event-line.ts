import type { Domain } from '@ergometer/meter'
import { declaredDomain } from '@ergometer/meter'
import type { Plan } from './plan.ts'
import { isCount, isNumber, isObject, text } from './untrusted.ts'

/** Longest event line in bytes. */
export const LONGEST_LINE = 4096

/** Direction in which a score improves. */
export type Better = 'higher' | 'lower'

/** What a client says in one line of its event file (version 1). */
export type ClientEvent =
  | {
      readonly kind: 'process'
      readonly pid: number
      readonly bootId?: string
      readonly rank?: number
      readonly localRank?: number
      readonly worldSize?: number
    }
  | { readonly kind: 'work'; readonly work: Readonly<Record<string, number>> }
  | { readonly kind: 'score'; readonly scores: Readonly<Record<string, { value: number; better?: Better }>> }
  | { readonly kind: 'phase'; readonly name: string; readonly id: string; readonly edge: 'begin' | 'end' }
  | { readonly kind: 'tag'; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'domain'; readonly domain: Domain }
  | { readonly kind: 'reading'; readonly domain: string; readonly value: number; readonly from?: number }
  | { readonly kind: 'end'; readonly exitCode?: number; readonly failed: boolean; readonly aborted: boolean }

/** An event and when it happened: monotonic seconds, or undefined for "when it was seen". */
export interface TimedEvent {
  readonly time?: number
  readonly event: ClientEvent
}

/** Names of work, scores and tags; `__proto__` is no name that a record could hold. */
const NAME = /^(?!__proto__$)[A-Za-z0-9_./-]{1,64}$/

/** Whether work, a score or a tag may have that name. */
export function isEventName(name: string): boolean {
  return NAME.test(name)
}

/** Parses one line. Undefined: not an event of version 1. */
export function parseEventLine(line: string): TimedEvent | undefined {
  if (line.length > LONGEST_LINE || Buffer.byteLength(line) > LONGEST_LINE) return undefined
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value) || value['v'] !== 1) return undefined
  const keys = Object.keys(value).filter((key) => Object.hasOwn(parsers, key))
  const key = keys[0]
  if (key === undefined || keys.length !== 1) return undefined
  const event = parsers[key]?.(value[key])
  if (event === undefined) return undefined
  const nanoseconds = value['t']
  if (nanoseconds === undefined) return { event }
  if (!isNumber(nanoseconds) || nanoseconds < 0) return undefined
  return { event, time: nanoseconds / 1e9 }
}

const parsers: Record<string, (value: unknown) => ClientEvent | undefined> = {
  process: parseProcess,
  work: parseWork,
  score: parseScore,
  phase: parsePhase,
  tag: parseTag,
  plan: parsePlan,
  domain: parseDomain,
  reading: parseReading,
  end: parseEnd,
}

function parseProcess(value: unknown): ClientEvent | undefined {
  if (!isObject(value) || !isCount(value['pid'])) return undefined
  const { bootId, rank, localRank, worldSize } = value
  return {
    kind: 'process',
    pid: value['pid'],
    ...(typeof bootId === 'string' ? { bootId: text(bootId) } : {}),
    ...(isCount(rank) ? { rank } : {}),
    ...(isCount(localRank) ? { localRank } : {}),
    ...(isCount(worldSize) ? { worldSize } : {}),
  }
}

function parseWork(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length === 0) return undefined
  const work: Record<string, number> = Object.create(null)
  for (const [name, amount] of entries) {
    if (!NAME.test(name) || !isNumber(amount) || amount < 0) return undefined
    work[name] = amount
  }
  return { kind: 'work', work }
}

function parseScore(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length === 0) return undefined
  const scores: Record<string, { value: number; better?: Better }> = Object.create(null)
  for (const [name, score] of entries) {
    const figure = isObject(score) ? score['value'] : score
    const better = isObject(score) ? score['better'] : undefined
    if (!NAME.test(name) || !isNumber(figure)) return undefined
    if (better !== undefined && better !== 'higher' && better !== 'lower') return undefined
    scores[name] = { value: figure, ...(better ? { better } : {}) }
  }
  return { kind: 'score', scores }
}

function parsePhase(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const { name, edge } = value
  const id = typeof value['id'] === 'number' ? String(value['id']) : value['id']
  if (typeof name !== 'string' || name === '' || (edge !== 'begin' && edge !== 'end')) return undefined
  if (id !== undefined && typeof id !== 'string') return undefined
  return { kind: 'phase', name: text(name), id: text(id ?? name), edge }
}

function parseTag(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const tags: Record<string, string> = Object.create(null)
  for (const [name, tag] of Object.entries(value)) {
    if (!NAME.test(name) || !['string', 'number', 'boolean'].includes(typeof tag)) return undefined
    tags[name] = text(String(tag))
  }
  return { kind: 'tag', tags }
}

function parsePlan(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const { phase, work, total } = value
  if (!isNumber(total) || total <= 0 || (phase === undefined) === (work === undefined)) return undefined
  if (typeof work === 'string' && NAME.test(work)) return { kind: 'plan', plan: { work, total } }
  if (typeof phase !== 'string' || phase === '') return undefined
  return { kind: 'plan', plan: { phase: text(phase), total } }
}

function parseReading(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const { domain, value: figure, from } = value
  if (typeof domain !== 'string' || !isNumber(figure)) return undefined
  if (from !== undefined && !isNumber(from)) return undefined
  return { kind: 'reading', domain, value: figure, ...(from === undefined ? {} : { from: from / 1e9 }) }
}

function parseEnd(value: unknown): ClientEvent | undefined {
  if (!isObject(value)) return undefined
  const { exitCode, failed, aborted } = value
  return {
    kind: 'end',
    ...(isCount(exitCode) ? { exitCode } : {}),
    failed: failed === true,
    aborted: aborted === true,
  }
}

function parseDomain(value: unknown): ClientEvent | undefined {
  const domain = declaredDomain(value)
  return typeof domain === 'string' ? undefined : { kind: 'domain', domain }
}
