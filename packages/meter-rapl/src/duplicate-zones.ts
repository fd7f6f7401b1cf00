import { setTimeout as sleep } from 'node:timers/promises'
import type { ZoneDomain } from './zone-domain.ts'

/** A zone's counter in counts, and when it was read: monotonic seconds. */
interface ZoneReading {
  readonly value: number
  readonly time: number
}

/** Reads a zone's counter. Undefined: it cannot be read. */
export type ReadZone = (zone: ZoneDomain) => ZoneReading | undefined

/** A zone that repeats another one. */
export interface Duplicate {
  readonly zone: ZoneDomain
  readonly of: ZoneDomain
}

/** Milliseconds between the two instants at which counters are compared. */
const BETWEEN_INSTANTS = 20
/** How often two counters are read in turn at one instant. */
const TURNS = 4

/** The zones without those that repeat another one, and these. */
export async function withoutDuplicates(
  zones: readonly ZoneDomain[],
  read: ReadZone,
): Promise<{ zones: ZoneDomain[]; duplicates: Duplicate[] }> {
  const twins = twinZones(zones, read)
  const single = without(zones, twins)
  const atFirst = agreeingZones(single, read)
  if (atFirst.length > 0) await sleep(BETWEEN_INSTANTS)
  const twice = new Set(agreeingZones(single, read).map(({ zone }) => zone))
  const mirrors = atFirst.filter(({ zone }) => twice.has(zone))
  // What is part of a mirrored die has no container left that it could be part of.
  const orphans = mirrors.flatMap((mirror) =>
    single
      .filter(({ domain }) => domain.within === mirror.zone.domain.id)
      .map((zone) => ({ zone, of: mirror.of })),
  )
  return { zones: without(single, [...mirrors, ...orphans]), duplicates: [...twins, ...mirrors] }
}

/**
 * Zones of one name under two controls are one counter twice; of those one that can be read is kept, the
 * register of the processor itself before the memory-mapped one.
 */
function twinZones(zones: readonly ZoneDomain[], read: ReadZone): Duplicate[] {
  const kept = new Map<string, ZoneDomain>()
  const duplicates: Duplicate[] = []
  for (const zone of zones) {
    const other = kept.get(zone.domain.id)
    if (!other) kept.set(zone.domain.id, zone)
    else if (!read(other) && read(zone)) {
      kept.set(zone.domain.id, zone)
      duplicates.push({ zone: other, of: zone })
    } else duplicates.push({ zone, of: other })
  }
  return duplicates
}

/** Dies of one package, or memories of one name, whose counters agree at one instant as only one counter read twice can. */
function agreeingZones(zones: readonly ZoneDomain[], read: ReadZone): Duplicate[] {
  const seen: ZoneDomain[] = []
  const agreeing: Duplicate[] = []
  for (const zone of zones) {
    const thing = thingOf(zone)
    if (thing === undefined) continue
    const of = seen.find((other) => thingOf(other) === thing && agree(other, zone, read))
    if (of) agreeing.push({ zone, of })
    seen.push(zone)
  }
  return agreeing
}

/** What a zone may share a counter for: its package or memory, whatever the die or the place. */
function thingOf({ domain: { id, identity } }: ZoneDomain): string | undefined {
  return identity === undefined ? undefined : id.replaceAll(/-die-\d+|:[0-9a-f:]+/g, '')
}

/**
 * They are read in turn, and the closest neighbours are compared: where this process was held up between two reads,
 * other counters agree too, and where the counter moved on, not even it agrees with itself.
 */
function agree(a: ZoneDomain, b: ZoneDomain, read: ReadZone): boolean {
  const neighbours: (readonly [ZoneReading, ZoneReading])[] = []
  let before = read(a)
  for (let turn = 0; turn < TURNS; turn++) {
    for (const zone of [b, a]) {
      const next = read(zone)
      if (before && next) neighbours.push([before, next])
      before = next
    }
  }
  neighbours.sort((one, other) => secondsBetween(one) - secondsBetween(other))
  return neighbours.slice(0, TURNS).some((pair) => isOneCounter(pair, b))
}

function secondsBetween([before, next]: readonly [ZoneReading, ZoneReading]): number {
  return next.time - before.time
}

/** The difference is no more than what one source can count between the two reads, and one count. */
function isOneCounter(pair: readonly [ZoneReading, ZoneReading], { domain }: ZoneDomain): boolean {
  const [before, next] = pair
  const { maxWatts = 0, reads } = domain
  const joules = maxWatts * secondsBetween(pair)
  const counts = reads.quantity === 'energy' ? joules / reads.joulesPerCount : 0
  return Math.abs(next.value - before.value) <= counts + 1
}

function without(zones: readonly ZoneDomain[], duplicates: readonly Duplicate[]): ZoneDomain[] {
  const gone = new Set(duplicates.map(({ zone }) => zone))
  return zones.filter((zone) => !gone.has(zone))
}
