import type { Domain, DomainKind } from '@ergometer/meter'
import type { PowercapZone } from './powercap-zone.ts'

/** A zone and the domain that it is. */
export interface ZoneDomain {
  readonly zone: PowercapZone
  readonly domain: Domain
}

/** Least bounds of plausibility in watts: turbo exceeds every rating, and ratings are often 0. */
const PACKAGE_WATTS = 1000
const DRAM_WATTS = 300
const PLATFORM_WATTS = 10_000
/** A bound is this much larger than what the zone says of itself. */
const HEADROOM = 2
/** The counter is renewed about every millisecond (Intel SDM 14.9: 0.976 ms). */
const UPDATE_PERIOD = 0.001
const JOULES_PER_MICROJOULE = 1e-6
const PACKAGE = /^package-\d+(?:-die-\d+)?$/

/**
 * The domains of zones, and the names of zones that are no domain known to us. `psys`: count the platform in
 * place of packages and memory.
 */
export function zoneDomains(
  zones: readonly PowercapZone[],
  psys: boolean,
): { domains: ZoneDomain[]; unknown: PowercapZone[] } {
  const domains: ZoneDomain[] = []
  const unknown: PowercapZone[] = []
  for (const zone of zones) {
    const domain = domainOf(zone, parentOf(zone, zones), psys)
    if (domain) domains.push({ zone, domain })
    else unknown.push(zone)
  }
  return { domains, unknown }
}

/** The package zone that a zone lies in. */
function parentOf(zone: PowercapZone, zones: readonly PowercapZone[]): PowercapZone | undefined {
  const place = zone.place.slice(0, -1)
  return zones.find(
    (other) =>
      other.control === zone.control && place.length > 0 && other.place.join(':') === place.join(':'),
  )
}

function domainOf(zone: PowercapZone, parent: PowercapZone | undefined, psys: boolean): Domain | undefined {
  const { name, range, ratedWatts = 0 } = zone
  const inside = psys ? { within: 'psys' } : {}
  const domain = (
    id: string,
    kind: DomainKind,
    label: string,
    least: number,
    more: Partial<Domain>,
  ): Domain => ({
    id,
    kind,
    label,
    method: 'measured',
    reads: {
      quantity: 'energy',
      joulesPerCount: JOULES_PER_MICROJOULE,
      ...(range === undefined ? {} : { wrapsAt: range }),
    },
    maxWatts: Math.max(least, HEADROOM * ratedWatts),
    updatePeriod: UPDATE_PERIOD,
    ...more,
  })
  if (PACKAGE.test(name)) {
    return domain(name, 'cpu', `CPU ${name.replace('-', ' ').replace('-die-', ', die ')}`, PACKAGE_WATTS, {
      identity: `cpu:${name}`,
      ...inside,
    })
  }
  if (/^psys(-\d+)?$/.test(name)) return domain(name, 'host', `platform (${name})`, PLATFORM_WATTS, {})
  const home = parent && PACKAGE.test(parent.name) ? parent.name : undefined
  const id = home ? `${home}/${name}` : name
  const where = home ? ` of ${home}` : ''
  // Memory lies outside of the package, though the tree shows it inside.
  if (name === 'dram') {
    return domain(id, 'memory', `DRAM${where}`, DRAM_WATTS, {
      identity: `memory:${home ?? 'dram'}`,
      ...inside,
    })
  }
  if (!home) return undefined
  if (name === 'core') return domain(id, 'cpu', `cores${where}`, PACKAGE_WATTS, { within: home })
  if (name === 'uncore') return domain(id, 'gpu', `integrated GPU${where}`, PACKAGE_WATTS, { within: home })
  return undefined
}
