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
const PLATFORM = /^psys(?:-\d+)?$/

/**
 * The domains of zones, and the zones that are no domain known to us. `zones`: the outer before the inner.
 * `psys`: count the platform in place of packages and memory. `uncertainty`: relative, as the user says; absent: unknown.
 */
export function zoneDomains(
  zones: readonly PowercapZone[],
  psys: boolean,
  uncertainty?: number,
): { domains: ZoneDomain[]; unknown: PowercapZone[] } {
  const domains: ZoneDomain[] = []
  const unknown: PowercapZone[] = []
  const platform = psys ? zones.find(({ name }) => PLATFORM.test(name))?.name : undefined
  for (const zone of zones) {
    const home = homeOf(zone, domains)
    const description = describe(zone.name, home, platform)
    if (description) {
      const id = freeId(
        home === undefined || PACKAGE.test(zone.name) ? zone.name : `${home}/${zone.name}`,
        zone,
        domains,
      )
      domains.push({ zone, domain: domainOf(zone, id, description, uncertainty) })
    } else unknown.push(zone)
  }
  return { domains, unknown }
}

/** Id of the package that a zone lies in. */
function homeOf({ control, place }: PowercapZone, domains: readonly ZoneDomain[]): string | undefined {
  const outer = place.slice(0, -1).join(':')
  const parent = domains.find(({ zone }) => zone.control === control && zone.place.join(':') === outer)
  return parent && PACKAGE.test(parent.zone.name) ? parent.domain.id : undefined
}

/** Sockets may each have a `dram` at the top level: the later ones go by their places too. */
function freeId(id: string, { control, place }: PowercapZone, domains: readonly ZoneDomain[]): string {
  const taken = domains.some(({ zone, domain }) => zone.control === control && domain.id === id)
  return taken ? `${id}:${place.map((part) => part.toString(16)).join(':')}` : id
}

/** What a zone's name makes of its domain. */
interface Description {
  readonly kind: DomainKind
  readonly label: string
  readonly leastWatts: number
  readonly within?: string | undefined
  /** The thing itself has a name over all meters. */
  readonly known?: true
}

function describe(
  name: string,
  home: string | undefined,
  platform: string | undefined,
): Description | undefined {
  const where = home === undefined ? '' : ` of ${home}`
  if (PACKAGE.test(name)) {
    const label = `CPU ${name.replace('-', ' ').replace('-die-', ', die ')}`
    return { kind: 'cpu', label, leastWatts: PACKAGE_WATTS, within: platform, known: true }
  }
  if (PLATFORM.test(name)) return { kind: 'host', label: `platform (${name})`, leastWatts: PLATFORM_WATTS }
  // Memory lies outside of the package, though the tree shows it inside.
  if (name === 'dram') {
    return { kind: 'memory', label: `DRAM${where}`, leastWatts: DRAM_WATTS, within: platform, known: true }
  }
  if (home === undefined) return undefined
  if (name === 'core') return { kind: 'cpu', label: `cores${where}`, leastWatts: PACKAGE_WATTS, within: home }
  if (name !== 'uncore') return undefined
  return { kind: 'gpu', label: `integrated GPU${where}`, leastWatts: PACKAGE_WATTS, within: home }
}

function domainOf(
  { range, ratedWatts = 0 }: PowercapZone,
  id: string,
  description: Description,
  uncertainty: number | undefined,
): Domain {
  const { kind, label, leastWatts, within, known } = description
  return {
    id,
    kind,
    label,
    method: 'measured',
    reads: {
      quantity: 'energy',
      joulesPerCount: JOULES_PER_MICROJOULE,
      ...(range === undefined ? {} : { wrapsAt: range }),
    },
    maxWatts: Math.max(leastWatts, HEADROOM * ratedWatts),
    updatePeriod: UPDATE_PERIOD,
    // One processor's energy model, or its regulators, stand behind all of its zones: what is wrong with one is with all.
    ...(uncertainty === undefined
      ? {}
      : { standardUncertainty: { relative: uncertainty, shared: 'meter' as const } }),
    ...(within === undefined ? {} : { within }),
    ...(known ? { identity: `${kind}:${kind === 'memory' ? id.replace(/\/dram$/, '') : id}` } : {}),
  }
}
