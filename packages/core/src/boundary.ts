import { DOMAIN_KINDS, type Domain, type DomainKind } from '@ergometer/meter'

/** A domain and how much of the run it knows. */
export interface BoundaryDomain {
  /** `<meter>:<domain id>`. */
  readonly id: string
  readonly meter: string
  readonly domain: Domain
  /** Share of the run whose energy is known, 0 to 1. */
  readonly coverage: number
}

/** The set of domains that make up the total, and what it lacks. */
export interface Boundary {
  /** Ids of the domains that count. */
  readonly counted: ReadonlySet<string>
  readonly level?: 'components' | 'module' | 'host' | 'model'
  readonly missing: readonly { kind: string; label: string; why: string }[]
  /** Ids of containers that knew too little, so that their contents count instead. */
  readonly incomplete: readonly string[]
}

/** A container counts from this coverage on, whatever its contents know. */
const CONTAINER_COVERAGE = 0.95
/** Why something that is known to be there is not in the total. */
export const NO_METER = 'no meter'
/** Begin of the identity of what is known to be some hardware of this host, but not which. */
const OF_THIS_HOST = 'this-host:'
/** Kinds that a superchip's `module` sensor contains. */
const IN_MODULE = new Set(['cpu', 'memory', 'gpu'])

/**
 * Chooses one boundary for the whole run, so that nothing is counted twice: domains of one identity are
 * alternatives; a container (a `within` parent, a module, a host that is fed whole and alone) or its contents
 * count, never both; a model counts only for what has no sensor; what a cloud tells of this host only for what nobody here tells.
 * `gpus`: labels of GPUs that the machine is known to have.
 */
export function chooseBoundary(domains: readonly BoundaryDomain[], gpus: readonly string[] = []): Boundary {
  const winners = bestByIdentity(domains)
  const sensors = domains.filter(({ domain }) => domain.method !== 'modelled')
  const isSensed = ({ domain }: BoundaryDomain) =>
    sensors.some(
      (sensor) => contentsOf(domain.kind).includes(sensor.domain.kind) && mayBeOfOne(domain, sensor.domain),
    )
  const eligible = [...winners.values()].filter(
    (one) =>
      (one.domain.method !== 'modelled' || !isSensed(one)) &&
      !domains.some((other) => isSameFromHere(one, other)),
  )
  const parentOf = parents(domains, winners, new Set(eligible))
  const incomplete: string[] = []
  const chosen = choose(eligible, parentOf, incomplete)
  const known = chosen.filter((one) => one.coverage > 0)
  const counted = outermost(known.length > 0 ? known : chosen, domains)
  const level = levelOf(counted)
  return {
    counted: new Set(counted.map((one) => one.id)),
    ...(level ? { level } : {}),
    missing: missing(counted, chosen, domains, gpus),
    incomplete,
  }
}

/**
 * True if one is what a cloud tells of this host, and the other what this host itself tells of the same kind of hardware: clouds do
 * not tell which GPU or socket they mean. A model here does not stand in for a sensor there.
 */
function isSameFromHere({ domain }: BoundaryDomain, other: BoundaryDomain): boolean {
  if (!domain.identity?.startsWith(OF_THIS_HOST) || domain.lateBy === undefined) return false
  const local = other.domain.lateBy === undefined && other.domain.kind === domain.kind && other.coverage > 0
  return local && (domain.method === 'modelled' || other.domain.method !== 'modelled')
}

/** False if both are known to be of a machine, and each of another. */
function mayBeOfOne(one: Domain, other: Domain): boolean {
  const [machine, another] = [machineOf(one), machineOf(other)]
  return machine === undefined || another === undefined || machine === another
}

function machineOf({ identity, attributes = {} }: Domain): unknown {
  return identity === undefined ? (attributes['host.id'] ?? attributes['cloud.resource_id']) : undefined
}

/** The kinds that a domain of a kind stands for: a model of the whole gives way to a sensor of any part. */
function contentsOf(kind: DomainKind): readonly DomainKind[] {
  if (kind === 'host') return DOMAIN_KINDS
  return kind === 'module' ? ['module', 'cpu', 'memory', 'gpu'] : [kind]
}

/**
 * Finds the id of what a domain is inside of: the nearest of those that it, or an alternative of it, is said to be
 * within, and that may count. What was inside an alternative that lost is inside the one that won.
 */
function parents(
  domains: readonly BoundaryDomain[],
  winners: ReadonlyMap<string, BoundaryDomain>,
  eligible: ReadonlySet<BoundaryDomain>,
): (one: BoundaryDomain) => string | undefined {
  const named = new Map(domains.map((one) => [JSON.stringify([one.meter, one.domain.id]), one]))
  const alternatives = groupBy(domains, identityOf)
  const outwards = (one: BoundaryDomain): BoundaryDomain | undefined => {
    for (const { meter, domain } of [one, ...(alternatives.get(identityOf(one)) ?? [])]) {
      const parent = named.get(JSON.stringify([meter, domain.within ?? null]))
      const winner = parent && winners.get(identityOf(parent))
      if (winner && winner !== one) return winner
    }
    return undefined
  }
  return (one) => {
    const seen = new Set([one])
    let found: string | undefined
    for (let parent = outwards(one); parent; parent = outwards(parent)) {
      // Of what is within itself nothing can be said.
      if (seen.has(parent)) return undefined
      seen.add(parent)
      if (eligible.has(parent)) found ??= parent.id
    }
    return found
  }
}

/** Without what is inside another of them by whatever any meter says: alternatives may stand in several containers. */
export function outermost(
  chosen: readonly BoundaryDomain[],
  domains: readonly BoundaryDomain[],
): BoundaryDomain[] {
  const alternatives = groupBy(domains, identityOf)
  const named = new Map(domains.map((one) => [JSON.stringify([one.meter, one.domain.id]), one]))
  const around = (one: BoundaryDomain): Set<string> => {
    const found = new Set<string>()
    const open = [identityOf(one)]
    for (let identity = open.pop(); identity !== undefined; identity = open.pop()) {
      for (const { meter, domain } of alternatives.get(identity) ?? []) {
        const parent = named.get(JSON.stringify([meter, domain.within ?? null]))
        const outer = parent && identityOf(parent)
        if (outer === undefined || found.has(outer)) continue
        found.add(outer)
        open.push(outer)
      }
    }
    return found
  }
  const inside = new Map(chosen.map((one) => [one, around(one)]))
  return chosen.filter(
    (one) =>
      !chosen.some(
        (other) => inside.get(one)?.has(identityOf(other)) && !inside.get(other)?.has(identityOf(one)),
      ),
  )
}

/** Of several domains of one identity the best counts: what knows anything, counter before power before model, local before cloud. */
export function bestByIdentity(domains: readonly BoundaryDomain[]): Map<string, BoundaryDomain> {
  const best = new Map<string, BoundaryDomain>()
  for (const one of domains) {
    const identity = identityOf(one)
    const other = best.get(identity)
    if (!other || rank(one) < rank(other)) best.set(identity, one)
  }
  return best
}

function identityOf({ id, domain }: BoundaryDomain): string {
  // What feeds this host whole and alone is this host, whoever reads it and whatever they call it.
  if (domain.kind === 'host' && domain.feeds === 'this-host') return 'this host'
  return domain.identity === undefined ? `id ${id}` : `identity ${domain.identity}`
}

function rank({ domain, coverage }: BoundaryDomain): number {
  const modelled = domain.method === 'modelled'
  const reads = domain.reads.quantity === 'power' ? 10 : 0
  // A sensor that knew most of the run goes before one that stood still halfway, whatever it reads; models go last.
  const known = coverage === 0 ? 300 : modelled ? 200 : coverage < CONTAINER_COVERAGE ? 100 : 0
  const seldom = Math.min(domain.updatePeriod ?? 0, 1000) / 10_000
  return known + reads + (domain.lateBy === undefined ? 0 : 1) + seldom
}

function choose(
  domains: readonly BoundaryDomain[],
  parentOf: (one: BoundaryDomain) => string | undefined,
  incomplete: string[],
): BoundaryDomain[] {
  const modules = domains.some((one) => one.domain.kind === 'module')
  /** Where a domain stands: inside another one, among or inside the modules, the host, or on its own. */
  const placeOf = (one: BoundaryDomain): string => {
    if (feedsHost(one)) return 'host'
    const parent = parentOf(one)
    if (parent !== undefined) return parent
    if (one.domain.kind === 'module') return 'module'
    return modules && IN_MODULE.has(one.domain.kind) ? 'in module' : 'own'
  }
  const places = groupBy(domains, placeOf)
  const at = (place: string): BoundaryDomain[] => places.get(place) ?? []
  const countFrom = (one: BoundaryDomain): BoundaryDomain[] => either([one], at(one.id).flatMap(countFrom))
  const either = (containers: BoundaryDomain[], contents: BoundaryDomain[]): BoundaryDomain[] => {
    // A model never fills a sensor's gaps: what a sensor knows of them is more than its contents' models do.
    const sensors = contents.filter((one) => one.domain.method !== 'modelled')
    const knows = sensors.length > 0 ? Math.min(...sensors.map((one) => one.coverage)) : 0
    const nothing = contents.every((one) => one.coverage === 0)
    const enough = (one: BoundaryDomain) =>
      one.coverage >= CONTAINER_COVERAGE || (one.coverage >= knows && (one.coverage > 0 || nothing))
    if (contents.length === 0 || (containers.length > 0 && containers.every(enough))) return containers
    incomplete.push(...containers.map((one) => one.id))
    return contents
  }
  const inside = (containers: BoundaryDomain[]) => containers.flatMap((one) => at(one.id)).flatMap(countFrom)
  const inModules = either(at('module'), [...at('in module').flatMap(countFrom), ...inside(at('module'))])
  const components = [...at('own').flatMap(countFrom), ...inModules]
  const counted = either(at('host'), [...components, ...inside(at('host'))])
  // A host's figure that may hold other machines is no component, unless it says what it holds.
  const sure = counted.filter((one) => one.domain.kind !== 'host' || feedsHost(one) || at(one.id).length > 0)
  return sure.some((one) => one.coverage > 0) ? sure : counted
}

function groupBy(
  domains: readonly BoundaryDomain[],
  keyOf: (one: BoundaryDomain) => string,
): Map<string, BoundaryDomain[]> {
  const groups = new Map<string, BoundaryDomain[]>()
  for (const one of domains) {
    const key = keyOf(one)
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return groups
}

function feedsHost({ domain }: BoundaryDomain): boolean {
  return domain.kind === 'host' && domain.feeds === 'this-host'
}

function levelOf(counted: readonly BoundaryDomain[]): Boundary['level'] {
  if (counted.length === 0) return undefined
  if (counted.every((one) => one.domain.method === 'modelled')) return 'model'
  if (counted.some((one) => one.domain.kind === 'host')) return 'host'
  return counted.some((one) => one.domain.kind === 'module') ? 'module' : 'components'
}

/** True if a domain of this kind lies within one that counts. */
function isInside(
  kind: string,
  counted: readonly BoundaryDomain[],
  domains: readonly BoundaryDomain[],
): boolean {
  const counting = new Set(counted.map(({ meter, domain }) => `${meter}:${domain.id}`))
  return domains.some(
    ({ meter, domain }) =>
      domain.kind === kind && domain.within !== undefined && counting.has(`${meter}:${domain.within}`),
  )
}

function missing(
  counted: readonly BoundaryDomain[],
  chosen: readonly BoundaryDomain[],
  domains: readonly BoundaryDomain[],
  gpus: readonly string[],
): Boundary['missing'] {
  const lacks: { kind: string; label: string; why: string }[] = []
  for (const one of chosen) {
    if (one.coverage === 0) lacks.push({ kind: one.domain.kind, label: one.domain.label, why: 'never read' })
  }
  const kinds = new Set(counted.map((one) => one.domain.kind))
  if (kinds.has('host')) return lacks
  const has = (kind: string) =>
    kinds.has(kind as never) ||
    (kinds.has('module') && IN_MODULE.has(kind)) ||
    lacks.some((lack) => lack.kind === kind)
  for (const kind of ['cpu', 'memory']) {
    const seen = domains.some((one) => one.domain.kind === kind)
    if (!has(kind) && !isInside(kind, counted, domains))
      lacks.push({ kind, label: kind, why: seen ? 'not counted' : NO_METER })
  }
  if (!has('gpu')) for (const label of gpus) lacks.push({ kind: 'gpu', label, why: NO_METER })
  return lacks
}
