import { acpiSensors, isAcpiMeter } from './acpi-sensors.ts'
import { findChannels, type PowerChip } from './channel.ts'
import { chosenSensors } from './chosen-sensors.ts'
import { gpuSensors, isGpu } from './gpu-sensors.ts'
import { findChips } from './hwmon-chip.ts'
import { isJetson, jetsonSensors } from './jetson-sensors.ts'
import { type Found, leftOut, type Note } from './sensor.ts'
import { supplySensors } from './supply-sensors.ts'

/** What of the sensors is to be metered. */
export interface Choice {
  /** Chips of which only the user knows what they measure: `NAME`, or `NAME/CHANNEL`. */
  readonly chips?: readonly string[] | undefined
  /** Batteries and UPSs: never, or also if they do not feed the host yet; by default if they do. */
  readonly battery?: boolean | undefined
}

/** What was found under a root of `/sys`, and what may not be read. */
export interface Findings extends Found {
  /** Paths that this user may not read. */
  readonly denied: readonly string[]
}

/** Finds the sensors under a root of `/sys` that are to be metered. */
export async function findSensors(sysRoot: string, { chips = [], battery }: Choice): Promise<Findings> {
  const all = await Promise.all(findChips(sysRoot).map(findChannels))
  const isKnown = (one: PowerChip) => isGpu(one) || isAcpiMeter(one) || isJetson(one)
  const parts: Found[] = [
    { sensors: gpuSensors(all.filter(isGpu)), notes: all.filter(isGpu).flatMap(withoutPower) },
    acpiSensors(all.filter(isAcpiMeter)),
    jetsonSensors(all.filter(isJetson)),
    chosenSensors(
      all.filter((one) => !isKnown(one)),
      chips,
    ),
    battery === false ? { sensors: [], notes: [] } : await supplySensors(sysRoot, battery === true),
  ]
  return {
    sensors: parts.flatMap(({ sensors }) => sensors),
    notes: parts.flatMap(({ notes }) => notes),
    denied: all.filter(isKnown).flatMap(({ denied }) => denied),
  }
}

function withoutPower({ chip, channels, denied }: PowerChip): Note[] {
  return channels.length > 0 || denied.length > 0 ? [] : [leftOut(`${chip.id} shows no power`, chip.id)]
}
