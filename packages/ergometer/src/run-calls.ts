import type { EventClient } from './event-client.ts'
import type { Run } from './run.ts'

/** The calls of a run that only speak to its recorder. */
export function runCalls(
  client: EventClient,
): Omit<Run, 'id' | 'name' | 'env' | 'signal' | 'fail' | 'end' | typeof Symbol.asyncDispose> {
  return {
    work: (increments) => client.work(increments),
    score: (values) => client.score(values),
    phase: ((name: string, fn?: () => unknown) =>
      fn ? client.within(name, fn) : client.phase(name)) as Run['phase'],
    tag: (tags) => client.tag(tags),
    domain: (declaration) => client.domain(declaration),
    reading: (domain, value, at) => client.reading(domain, value, at),
    live: () => client.live(),
  }
}
