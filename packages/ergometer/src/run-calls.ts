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
  | 'extend'
  | 'end'
  | typeof Symbol.asyncDispose

/** The calls of a run that only speak to its recorder, or read what it wrote. `folder`: of the run. */
export function runCalls(client: EventClient, folder: () => string): Omit<Run, OwnMembers> {
  const outlook = new Outlook(client, folder)
  return {
    work: (increments) => client.work(increments),
    score(values) {
      client.score(values)
      outlook.note(values)
    },
    phase: ((name: string, fn?: () => unknown) =>
      fn ? client.within(name, fn) : client.phase(name)) as Run['phase'],
    tag: (tags) => client.tag(tags),
    domain: (declaration) => client.domain(declaration),
    reading: (domain, value, at) => client.reading(domain, value, at),
    live: () => client.live(),
    forecast: (options) => outlook.forecast(options),
    worthwhile: (options) => outlook.worthwhile(options),
  }
}
