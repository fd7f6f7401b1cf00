import { closeSync, existsSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Availability,
  defineMeter,
  type EnergyMeter,
  type MeterContext,
  MeterError,
  type StandardSchema,
} from '@ergometer/meter'
import * as z from 'zod/mini'
import { CounterFile } from './counter-file.ts'
import {
  agreeingDies,
  BETWEEN_INSTANTS,
  type Duplicate,
  type ReadZone,
  twinZones,
} from './duplicate-zones.ts'
import { findZones, type PowercapZone, powercapFolder } from './powercap-zone.ts'
import { safeFixes } from './safe-fixes.ts'
import { type ZoneDomain, zoneDomains } from './zone-domain.ts'

/** Options of the meter `rapl`. */
export interface RaplOptions {
  /** Count the platform (psys) in place of packages and memory; by default it is only recorded. */
  readonly psys?: boolean | undefined
}

const schema: StandardSchema<RaplOptions> = z.strictObject(
  { psys: z.optional(z.boolean('expected true or false')) },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected psys`
        : 'expected an object',
  },
)

/** The meter `rapl`: CPU packages and DRAM, measured through Linux powercap. */
export default defineMeter(import.meta.url, {
  name: 'rapl',
  options: schema,
  interval: 0.1,
  probe: (_options, context) => probe(context),
  open: (options, context) => openRapl(options, context),
})

function probe({ sysRoot, env }: MeterContext): Availability {
  const zones = findZones(sysRoot)
  const [first] = zones
  if (!first) {
    const folder = powercapFolder(sysRoot)
    return {
      available: false,
      why: `no RAPL zones in ${folder}: a virtual machine, a container that masks them, or the kernel module intel_rapl_msr is not loaded`,
      file: folder,
      fixes: ['sudo modprobe intel_rapl_msr', ...safeFixes(true).slice(0, 1)],
    }
  }
  const unreadable = zones.filter((zone) => !isReadable(zone))
  if (unreadable.length < zones.length) return { available: true }
  return {
    available: false,
    why: `RAPL is present but unreadable: ${first.energyFile} is only for root since Linux 5.10`,
    file: first.energyFile,
    fixes: safeFixes(existsSync('/.dockerenv') || env['container'] !== undefined),
  }
}

function isReadable({ energyFile }: PowercapZone): boolean {
  try {
    closeSync(openSync(energyFile, 'r'))
    return true
  } catch {
    return false
  }
}

async function openRapl({ psys = false }: RaplOptions, context: MeterContext): Promise<EnergyMeter> {
  const found = zoneDomains(findZones(context.sysRoot), psys)
  for (const { name } of found.unknown) {
    context.log(`RAPL zone '${name}' is unknown and not read`, { code: 'zone-unrecognised', domain: name })
  }
  const files = new Map(found.domains.map(({ zone }) => [zone, new CounterFile(zone.energyFile)]))
  const read: ReadZone = ({ zone }) => {
    const time = context.clock()
    try {
      return { value: (files.get(zone) as CounterFile).read(time), time }
    } catch {
      return undefined
    }
  }
  const zones = await withoutDuplicates(found.domains, read, context)
  const kept = withoutLonelyPlatform(zones, psys, context)
  if (kept.length === 0) {
    throw new MeterError(`no RAPL zone to read in ${powercapFolder(context.sysRoot)}`, {
      outcome: 'fatal',
      code: 'RAPL_ABSENT',
    })
  }
  const readers = kept.map(({ zone }) => files.get(zone) as CounterFile)
  return {
    domains: kept.map(({ domain }) => domain),
    read(record) {
      let failure: { path: string; error: unknown } | undefined
      for (let index = 0; index < readers.length; index++) {
        const reader = readers[index] as CounterFile
        // One zone's trouble is its own: the others are read all the same.
        try {
          record(index, reader.read(context.clock()))
        } catch (error) {
          failure ??= { path: reader.path, error }
        }
      }
      if (failure) throw unreadable(failure.path, failure.error)
    },
    close() {
      for (const file of files.values()) file.close()
    },
  }
}

/** The kernel says EINVAL when its driver fails: whatever it says, a failed read is no reading, and the next may succeed. */
function unreadable(path: string, cause: unknown): MeterError {
  const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
  return new MeterError(
    `${path}: cannot be read (${why}); the counter goes on and its next reading bridges the gap`,
    {
      outcome: 'retry',
      code: 'RAPL_UNREADABLE',
      cause,
    },
  )
}

async function withoutDuplicates(
  domains: readonly ZoneDomain[],
  read: ReadZone,
  context: MeterContext,
): Promise<ZoneDomain[]> {
  const twins = twinZones(domains, read)
  const single = without(domains, twins)
  const atFirst = agreeingDies(single, read)
  if (atFirst.length > 0) await sleep(BETWEEN_INSTANTS * 1000)
  const mirrors = agreeingDies(single, read).filter(({ zone }) =>
    atFirst.some((other) => other.zone === zone),
  )
  for (const { zone, of } of [...twins, ...mirrors]) {
    context.log(`${zone.zone.energyFile} repeats ${of.zone.energyFile} and is left out`, {
      code: 'duplicate-zone',
      domain: zone.domain.id,
    })
  }
  // What lies within a mirrored die mirrors what lies within the other.
  return without(single, mirrors).filter(
    ({ zone }) => !mirrors.some((mirror) => isInside(zone, mirror.zone.zone)),
  )
}

function without(domains: readonly ZoneDomain[], duplicates: readonly Duplicate[]): ZoneDomain[] {
  const gone = new Set(duplicates.map(({ zone }) => zone))
  return domains.filter((one) => !gone.has(one))
}

function isInside(zone: PowercapZone, outer: PowercapZone): boolean {
  return zone.control === outer.control && outer.place.every((part, at) => zone.place[at] === part)
}

/** A platform figure that nobody asked for is there to be compared; alone it would become the total. */
function withoutLonelyPlatform(
  zones: readonly ZoneDomain[],
  psys: boolean,
  context: MeterContext,
): ZoneDomain[] {
  const platform = zones.filter(({ domain }) => domain.kind === 'host')
  if (psys || platform.length < zones.length || platform.length === 0) return [...zones]
  context.log(
    `only psys can be read here; it covers more than the CPU and often reads too much: count it with --meter 'rapl={"psys":true}'`,
    {
      severity: 'warning',
      code: 'psys-only',
    },
  )
  return []
}
