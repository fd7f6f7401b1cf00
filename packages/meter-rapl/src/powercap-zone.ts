import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One zone of the kernel's power capping interface, as its files describe it. */
export interface PowercapZone {
  /** `intel-rapl`, or `intel-rapl-mmio`, which repeats it through another register. AMD goes by the first name too. */
  readonly control: string
  /** Place in the tree, from its hexadecimal id: `intel-rapl:a:0` is [10, 0]. */
  readonly place: readonly number[]
  /** What the zone is: `package-0`, `package-0-die-1`, `core`, `uncore`, `dram`, `psys`. Empty when it cannot be read. */
  readonly name: string
  /** Path of its `energy_uj`. */
  readonly energyFile: string
  /** Microjoules at which the counter wraps; absent when it cannot be read. */
  readonly range?: number
  /** Largest rated or limiting power in watts; absent when none is told, or 0. */
  readonly ratedWatts?: number
}

const CONTROL = /^[a-z]+-rapl(?:-[a-z]+)*$/
const ZONE = /^([a-z]+-rapl(?:-[a-z]+)*):([0-9a-f]+(?::[0-9a-f]+)*)$/
/** A package and what is inside of it, below a control; more than the kernel has. */
const DEEPEST = 4
/** Firmware writes all bits set where it means "no limit": what no package can draw is no rating. */
const MOST_RATED_WATTS = 10_000

/** The folder of all zones, flat, under a root of `/sys`. */
export function powercapFolder(sysRoot: string): string {
  return join(sysRoot, 'class/powercap')
}

/** The folder of all zones, nested, which the flat one points into and containers mask. */
export function powercapTree(sysRoot: string): string {
  return join(sysRoot, 'devices/virtual/powercap')
}

/**
 * The zones under a root of `/sys`, the outer before the inner; none where there is no powercap. A container may be
 * given the nested folder without the flat one, or links that lead nowhere.
 */
export function findZones(sysRoot: string): PowercapZone[] {
  const zones = new Map<string, PowercapZone>()
  for (const folder of [powercapFolder(sysRoot), powercapTree(sysRoot)]) collect(folder, zones, DEEPEST)
  return [...zones.values()].sort((a, b) =>
    a.control === b.control ? comparePlaces(a.place, b.place) : a.control < b.control ? -1 : 1,
  )
}

/** Path of a zone that a folder lists although it is not there. */
export function hiddenZone(sysRoot: string): string | undefined {
  const folder = powercapFolder(sysRoot)
  return list(folder)
    .filter((id) => ZONE.test(id))
    .map((id) => join(folder, id))
    .find((path) => !existsSync(path))
}

function collect(folder: string, zones: Map<string, PowercapZone>, deeper: number): void {
  const inside: string[] = []
  for (const id of list(folder)) {
    if (CONTROL.test(id)) inside.push(id)
    if (zones.has(id)) continue
    const zone = readZone(join(folder, id), id)
    if (!zone) continue
    zones.set(id, zone)
    inside.push(id)
  }
  if (deeper > 0) for (const id of inside) collect(join(folder, id), zones, deeper - 1)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readZone(folder: string, id: string): PowercapZone | undefined {
  const match = ZONE.exec(id)
  if (!match || !existsSync(folder)) return undefined
  const range = readNumber(join(folder, 'max_energy_range_uj'))
  const ratedWatts = ratedPower(folder)
  return {
    control: match[1] as string,
    // The kernel numbers zones in hexadecimal: the eleventh is `a`.
    place: (match[2] as string).split(':').map((part) => Number.parseInt(part, 16)),
    name: readText(join(folder, 'name')) ?? '',
    energyFile: join(folder, 'energy_uj'),
    ...(range === undefined || range === 0 ? {} : { range }),
    ...(ratedWatts === undefined ? {} : { ratedWatts }),
  }
}

/** The largest of the zone's `constraint_N_max_power_uw` and `constraint_N_power_limit_uw`, in watts. */
function ratedPower(folder: string): number | undefined {
  const files = list(folder).filter((file) => /^constraint_\d+_(max_power|power_limit)_uw$/.test(file))
  const watts = files
    .map((file) => (readNumber(join(folder, file)) ?? 0) / 1e6)
    .filter((rating) => rating <= MOST_RATED_WATTS)
  const most = Math.max(0, ...watts)
  return most > 0 ? most : undefined
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** A whole number; undefined for what is none, or too large to be counted exactly. */
function readNumber(file: string): number | undefined {
  const text = readText(file)
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? -1) - (b[at] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
