import type { Report } from '@ergometer/core'

type Attributes = Record<string, string | number | boolean>

const NAME = /^[a-z][a-z0-9_.-]{0,63}$/i
const MOST_ATTRIBUTES = 64
const LONGEST_VALUE = 1024

/**
 * The resource under which a run was exported while it went on, as its journal says, so that what is sent later lands on the same
 * series. Of a journal that does not say, what is known of it.
 */
export function recordedResource({ run, provenance }: Pick<Report, 'run' | 'provenance'>): Attributes {
  const { host, git, resource } = provenance as Report['provenance'] & { resource?: unknown }
  return {
    'service.name': 'ergometer',
    'service.instance.id': run.id,
    ...(host === 'unknown' ? {} : { 'host.id': host, 'host.name': host }),
    ...(git ? { 'vcs.ref.head.revision': git.commit } : {}),
    ...sound(resource),
    'ergometer.run.id': run.id,
  }
}

/** A journal may come from anywhere: attributes that make no sense are left out. */
function sound(resource: unknown): Attributes {
  if (typeof resource !== 'object' || resource === null) return {}
  const known = Object.entries(resource).filter(([name, value]) => NAME.test(name) && isValue(value))
  return Object.fromEntries(known.slice(0, MOST_ATTRIBUTES))
}

function isValue(value: unknown): value is string | number | boolean {
  if (typeof value === 'string') return value.length <= LONGEST_VALUE
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}
