import { join } from 'node:path'
import { JOURNAL_FILE, type Journal, JournalTail, type PhaseOptions } from '@ergometer/core'
import { Companions } from './companions.ts'
import type { EventClient } from './event-client.ts'
import { Outlook } from './outlook.ts'
import type { Run } from './run.ts'

/** What each arrangement does in its own way. */
type OwnMembers =
  | 'id'
  | 'name'
  | 'env'
  | 'attached'
  | 'exported'
  | 'signal'
  | 'fail'
  | 'say'
  | 'end'
  | typeof Symbol.asyncDispose

/** What every kind of run does alike. */
export interface RunCalls {
  /** The calls that only speak to its recorder, or read what it wrote. */
  readonly calls: Omit<Run, OwnMembers>
  readonly companions: Companions
}

/** The calls of a run in a folder, which may be known later only. */
export function runCalls(client: EventClient, folder: () => string): RunCalls {
  let tail: JournalTail | undefined
  const journal = (): Journal => {
    tail ??= new JournalTail(join(folder(), JOURNAL_FILE))
    return tail.read()
  }
  const outlook = new Outlook(client, journal)
  const companions = new Companions(client, journal)
  const phase = (name: string, fn?: (() => unknown) | PhaseOptions, options?: PhaseOptions): unknown =>
    typeof fn === 'function' ? companions.within(name, fn, options) : companions.phase(name, fn ?? options)
  const calls: Omit<Run, OwnMembers> = {
    work: (increments) => client.work(increments),
    score(values) {
      client.score(values)
      outlook.note(values)
    },
    phase: phase as Run['phase'],
    tag: (tags) => client.tag(tags),
    domain: (declaration) => client.domain(declaration),
    reading: (domain, value, at) => client.reading(domain, value, at),
    live: () => client.live(),
    forecast: (options) => outlook.forecast(options),
    worthwhile: (options) => outlook.worthwhile(options),
    extend: (extension) => companions.add(extension),
  }
  return { calls, companions }
}
