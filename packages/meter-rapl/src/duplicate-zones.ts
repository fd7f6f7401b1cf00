import type { ZoneDomain } from './zone-domain.ts'

/** Reads a zone's counter in counts, and tells when: monotonic seconds. Undefined: it cannot be read. */
export type ReadZone = (zone: ZoneDomain) => { readonly value: number; readonly time: number } | undefined

/** A zone that repeats another one. */
export interface Duplicate {
  readonly zone: ZoneDomain
  readonly of: ZoneDomain
}

/** Seconds between the two instants at which counters are compared. */
export const BETWEEN_INSTANTS = 0.02

/**
 * Zones of one name under two controls are one counter twice; of those one that can be read is kept, the
 * register of the processor itself before the memory-mapped one.
 */
export function twinZones(zones: readonly ZoneDomain[], read: ReadZone): Duplicate[] {
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

/** Pairs of dies of one package whose counters agree at one instant as only one counter read twice can. */
export function agreeingDies(zones: readonly ZoneDomain[], read: ReadZone): Duplicate[] {
  const agreeing: Duplicate[] = []
  const dies = zones.filter(({ zone }) => packageOf(zone.name) !== undefined)
  for (const [index, die] of dies.entries()) {
    const first = dies
      .slice(0, index)
      .find((other) => packageOf(other.zone.name) === packageOf(die.zone.name) && agree(other, die, read))
    if (first) agreeing.push({ zone: die, of: first })
  }
  return agreeing
}

function packageOf(name: string): string | undefined {
  return /^(package-\d+)-die-\d+$/.exec(name)?.[1]
}

/** The difference is no more than what one source can count between the two reads, and one count. */
function agree(a: ZoneDomain, b: ZoneDomain, read: ReadZone): boolean {
  const first = read(a)
  const second = read(b)
  if (!first || !second) return false
  const { maxWatts = 0, reads } = b.domain
  const joules = maxWatts * Math.max(0, second.time - first.time)
  const counts = reads.quantity === 'energy' ? joules / reads.joulesPerCount : 0
  const difference = second.value - first.value
  return Math.abs(difference) <= counts + 1
}
