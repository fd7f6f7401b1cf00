import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One zone of the kernel's power capping interface, as its files describe it. */
export interface PowercapZone {
  /** `intel-rapl`, or `intel-rapl-mmio`, which repeats it through another register. AMD goes by the first name too. */
  readonly control: string
  /** Place in the tree, from its hexadecimal id: `intel-rapl:a:0` is [10, 0]. */
  readonly place: readonly number[]
  /** What the zone is: `package-0`, `package-0-die-1`, `core`, `uncore`, `dram`, `psys`. */
  readonly name: string
  /** Path of its `energy_uj`. */
  readonly energyFile: string
  /** Microjoules at which the counter wraps; absent when it cannot be read. */
  readonly range?: number
  /** Largest rated or limiting power in watts; absent when none is told, or 0. */
  readonly ratedWatts?: number
}

const ZONE = /^(intel-rapl(?:-mmio)?):([0-9a-f]+(?::[0-9a-f]+)*)$/

/** The folder of all zones, flat, under a root of `/sys`. */
export function powercapFolder(sysRoot: string): string {
  return join(sysRoot, 'class/powercap')
}

/** The zones under a root of `/sys`, in the order of their places; none where there is no powercap. */
export function findZones(sysRoot: string): PowercapZone[] {
  const folders = [powercapFolder(sysRoot), ...treeFolders(sysRoot)]
  const zones = new Map<string, PowercapZone>()
  for (const folder of folders) {
    for (const id of list(folder)) {
      const zone = zones.has(id) ? undefined : readZone(folder, id)
      if (zone) zones.set(id, zone)
    }
  }
  return [...zones.values()].sort((a, b) =>
    a.control === b.control ? comparePlaces(a.place, b.place) : a.control < b.control ? -1 : 1,
  )
}

/** A container may be given the tree without the flat folder of links. */
function treeFolders(sysRoot: string): string[] {
  const root = join(sysRoot, 'devices/virtual/powercap')
  const controls = ['intel-rapl', 'intel-rapl-mmio'].map((control) => join(root, control))
  return controls.flatMap((control) => [
    control,
    ...list(control)
      .filter((id) => ZONE.test(id))
      .map((id) => join(control, id)),
  ])
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
  const name = readText(join(folder, id, 'name'))
  if (!match || !name) return undefined
  const range = readNumber(join(folder, id, 'max_energy_range_uj'))
  const ratedWatts = ratedPower(join(folder, id))
  return {
    control: match[1] as string,
    // The kernel numbers zones in hexadecimal: the eleventh is `a`.
    place: (match[2] as string).split(':').map((part) => Number.parseInt(part, 16)),
    name,
    energyFile: join(folder, id, 'energy_uj'),
    ...(range === undefined || range === 0 ? {} : { range }),
    ...(ratedWatts === undefined ? {} : { ratedWatts }),
  }
}

/** The largest of the zone's `constraint_N_max_power_uw` and `constraint_N_power_limit_uw`, in watts. */
function ratedPower(zone: string): number | undefined {
  const files = list(zone).filter((file) => /^constraint_\d+_(max_power|power_limit)_uw$/.test(file))
  const watts = Math.max(0, ...files.map((file) => (readNumber(join(zone, file)) ?? 0) / 1e6))
  return watts > 0 ? watts : undefined
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

function readNumber(file: string): number | undefined {
  const text = readText(file)
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? -1) - (b[at] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
