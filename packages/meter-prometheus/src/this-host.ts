import { MeterError } from '@ergometer/meter'
import type { Series } from './series.ts'
import { labelOf } from './series-rule.ts'

/** Labels that say whose a series is: what an exporter says itself before what its server adds. */
const HOST_LABELS = [
  'Hostname',
  'hostname',
  'node_name',
  'nodename',
  'kubernetes_node',
  'node',
  'host',
  'exported_instance',
  'instance',
]
const MOST_NAMED = 5

/** Which series are taken; `true`: every one. Names are compared without ports, case and, where one has none, domain. */
export type Hosts = true | readonly string[]

/**
 * Whose series are taken. Those of the host asked for; else of this host; else all of them, as long as the user has
 * pointed at them (`pointed`) and they are of one host: the machines of a cluster are never added up unasked.
 * @throws MeterError `PROMETHEUS_SERIES_UNCLEAR`
 */
export function hostsTaken(
  series: readonly Series[],
  asked: string | false | undefined,
  own: readonly string[],
  pointed: boolean,
): Hosts {
  if (asked === false) return true
  const names = asked === undefined ? own : [asked]
  if (series.some((one) => isOf(one, names))) return names
  const others = [
    ...new Set(series.map((one) => labelOf(one, ...HOST_LABELS)).filter((name) => name !== undefined)),
  ]
  if (asked === undefined && pointed && others.length <= 1) return true
  const found = others.length === 0 ? 'no label that names a host' : someOf(others)
  throw unclear(
    `no series is of host ${names.join(' or ')}: found ${found}; name the host as it is called there ("host": "…"), or take all with "host": false`,
  )
}

/** True if a series is of one of those hosts. */
export function isOf(series: Series, hosts: Hosts): boolean {
  if (hosts === true) return true
  return HOST_LABELS.some((label) => {
    const value = series.labels.get(label)
    return value !== undefined && hosts.some((host) => isSame(value, host))
  })
}

/** Names for a person, not more than a few. */
export function someOf(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return names.slice(0, MOST_NAMED).join(', ') + more
}

function isSame(value: string, host: string): boolean {
  const one = value.replace(/:\d+$/, '').toLowerCase()
  const other = host.toLowerCase()
  if (one === other) return true
  const whole = one.includes('.') && other.includes('.')
  return !whole && one.split('.')[0] === other.split('.')[0]
}

/** The error of series of which it cannot be told whether they are this host's. */
export function unclear(message: string): MeterError {
  return new MeterError(message, { outcome: 'fatal', code: 'PROMETHEUS_SERIES_UNCLEAR' })
}
