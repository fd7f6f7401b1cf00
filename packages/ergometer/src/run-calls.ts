import type { EventClient } from './event-client.ts'
import { Outlook } from './outlook.ts'
import type { Run } from './run.ts'

/** The calls of a run that only speak to its recorder, or read what it wrote. `folder`: of the run. */
export function runCalls(
  client: EventClient,
  folder: () => string,
): Omit<Run, 'id' | 'name' | 'env' | 'signal' | 'fail' | 'end' | typeof Symbol.asyncDispose> {
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
