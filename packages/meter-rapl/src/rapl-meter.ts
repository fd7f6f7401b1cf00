import {
  defineMeter,
  type EnergyMeter,
  type MeterContext,
  MeterError,
  type StandardSchema,
} from '@ergometer/meter'
import * as z from 'zod/mini'
import { CounterFile } from './counter-file.ts'
import { type Duplicate, type ReadZone, withoutDuplicates } from './duplicate-zones.ts'
import { findZones, type PowercapZone, powercapFolder } from './powercap-zone.ts'
import { raplAvailability } from './rapl-availability.ts'
import { PSYS_FLAG } from './safe-fixes.ts'
import { type ZoneDomain, zoneDomains } from './zone-domain.ts'
import { ZoneReader } from './zone-reader.ts'

/** Options of the meter `rapl`. */
export interface RaplOptions {
  /** Count the platform (psys) in place of packages and memory; by default it is only recorded. */
  readonly psys?: boolean | undefined
  /** Relative standard uncertainty of the energy, common to all domains: 0.03 is 3 %. The makers state none. */
  readonly uncertainty?: number | undefined
}

const share = z
  .number('expected a number')
  .check(z.gt(0, 'expected more than 0'), z.lt(1, 'expected less than 1'))

const schema: StandardSchema<RaplOptions> = z.strictObject(
  { psys: z.optional(z.boolean('expected true or false')), uncertainty: z.optional(share) },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected psys, uncertainty`
        : 'expected an object',
  },
)

/** The meter `rapl`: CPU packages and DRAM, measured through Linux powercap. */
export default defineMeter(import.meta.url, {
  name: 'rapl',
  options: schema,
  interval: 0.1,
  probe: ({ psys = false }, { sysRoot }) => raplAvailability(sysRoot, psys),
  open: openRapl,
})

async function openRapl(
  { psys = false, uncertainty }: RaplOptions,
  context: MeterContext,
): Promise<EnergyMeter> {
  const { domains, unknown } = zoneDomains(findZones(context.sysRoot), psys, uncertainty)
  const files = new Map(domains.map(({ zone }) => [zone, new CounterFile(zone.energyFile)]))
  const fileOf = ({ zone }: ZoneDomain) => files.get(zone) as CounterFile
  const read: ReadZone = (zone) => {
    const time = context.clock()
    try {
      return { value: fileOf(zone).read(time), time }
    } catch {
      return undefined
    }
  }
  const { zones, duplicates } = await withoutDuplicates(domains, read)
  const kept = psys ? zones : withoutLonelyPlatform(zones, read)
  for (const zone of domains) if (!kept.includes(zone)) fileOf(zone).close()
  sayLeftOut(unknown, duplicates, context)
  if (kept.length < zones.length) sayPlatformAlone(context)
  if (psys && !kept.some(isPlatform)) sayNoPlatform(context)
  if (kept.length === 0) {
    throw new MeterError(`no RAPL zone to read in ${powercapFolder(context.sysRoot)}`, {
      outcome: 'fatal',
      code: 'RAPL_ABSENT',
    })
  }
  sayUnknownRanges(kept, context)
  return new ZoneReader(kept, kept.map(fileOf), context)
}

/** A platform figure that nobody asked for is there to be compared; alone it would become the total. */
function withoutLonelyPlatform(zones: readonly ZoneDomain[], read: ReadZone): readonly ZoneDomain[] {
  const others = zones.filter((zone) => !isPlatform(zone))
  return others.some(read) ? zones : others
}

function isPlatform({ domain }: ZoneDomain): boolean {
  return domain.kind === 'host'
}

function sayLeftOut(
  unknown: readonly PowercapZone[],
  duplicates: readonly Duplicate[],
  { log }: MeterContext,
): void {
  for (const { name, energyFile } of unknown) {
    const called = name === '' ? 'whose name cannot be read' : `'${name}'`
    log(`RAPL zone ${called} is unknown and not read: ${energyFile}`, {
      code: 'zone-unrecognised',
      domain: name || energyFile,
    })
  }
  for (const { zone, of } of duplicates) {
    log(`${zone.zone.energyFile} repeats ${of.zone.energyFile} and is left out`, {
      code: 'duplicate-zone',
      domain: zone.domain.id,
    })
  }
}

function sayPlatformAlone({ log }: MeterContext): void {
  log(
    `only psys can be read here; it covers more than the CPU and often reads too much: count it with ${PSYS_FLAG}`,
    { severity: 'warning', code: 'psys-only' },
  )
}

function sayNoPlatform({ log }: MeterContext): void {
  log('psys was asked for, and there is none: packages and memory are counted', {
    severity: 'warning',
    code: 'psys-absent',
  })
}

function sayUnknownRanges(zones: readonly ZoneDomain[], { log }: MeterContext): void {
  for (const { zone, domain } of zones) {
    if (zone.range !== undefined) continue
    log(`${domain.id}: nothing says where its counter wraps: when it does, that energy is unknown`, {
      code: 'range-unknown',
      domain: domain.id,
    })
  }
}
