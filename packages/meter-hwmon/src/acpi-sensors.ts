import { join } from 'node:path'
import type { Domain } from '@ergometer/meter'
import type { Channel, PowerChip } from './channel.ts'
import { graceArea, graceSensors } from './grace-sensors.ts'
import { chipText, type HwmonChip } from './hwmon-chip.ts'
import { channelSensor, type Found, leftOut, type Note, type Sensor } from './sensor.ts'
import { listFolder } from './sysfs-file.ts'

/** What a system's own power meter measures, alone: the root of its devices, `\_SB` (ACPI 6.0, 10.4.8). */
const WHOLE_SYSTEM = 'LNXSYBUS:00'
/** An error that is only known to lie within +/- a limit has this share of it as its standard uncertainty (GUM, 4.3.7). */
const RECTANGULAR = 1 / Math.sqrt(3)

/** True for the power meters of ACPI. */
export function isAcpiMeter({ chip }: PowerChip): boolean {
  return chip.name === 'power_meter'
}

/** The sensors of ACPI's power meters: of a superchip's areas, or of a host. */
export function acpiSensors(chips: readonly PowerChip[]): Found {
  const areas = chips.flatMap(({ chip, channels: [channel] }) => {
    const area = graceArea(chipText(chip, 'power1_oem_info'))
    return area && channel ? [{ ...area, chip, channel }] : []
  })
  const batteries = chips.filter(({ chip }) => chipText(chip, 'power1_is_battery') === '1')
  const hosts = chips.flatMap(({ chip, channels: [channel] }) =>
    channel && ![...areas, ...batteries].some((other) => other.chip === chip) ? [{ chip, channel }] : [],
  )
  const meters = hosts.map(({ chip, channel }) => hostSensor(chip, channel, hosts.length === 1))
  return {
    sensors: [...graceSensors(areas), ...meters],
    notes: [
      ...batteries.map(({ chip }) => leftOut(`${chip.id} measures a battery`, chip.id)),
      ...meters
        .filter(({ domain }) => domain.feeds === undefined)
        .map(({ domain }) => scopeUnknown(domain.id)),
    ],
  }
}

function scopeUnknown(domain: string): Note {
  const message = `${domain} does not say that it alone measures this whole system: it is recorded, and counts only if nothing else does`
  return { message, details: { severity: 'info', code: 'scope-unknown', domain } }
}

function hostSensor(chip: HwmonChip, channel: Channel, alone: boolean): Sensor {
  const measured = listFolder(join(chip.device ?? chip.folder, 'measures'))
  const whole = alone && measured.length === 1 && measured[0] === WHOLE_SYSTEM
  return channelSensor(chip, channel, {
    id: chip.id,
    kind: 'host',
    label: whole ? 'ACPI power meter' : 'ACPI meter, scope unknown',
    ...(whole ? { feeds: 'this-host' as const } : {}),
    ...uncertaintyOf(chipText(chip, 'power1_accuracy')),
  })
}

/**
 * Standard uncertainty of a meter by its rated accuracy, `97.0%` for an error of at most 3 %. All of it means that
 * nobody rated it, and less than half that something else is meant: then it is unknown.
 */
function uncertaintyOf(accuracy: string | undefined): Pick<Domain, 'standardUncertainty'> {
  // The kernel prints thousandths of a percent after the point without leading zeros: 97.5% are 97.005 %.
  const [, percent, thousandths] = /^(\d+)\.(\d{1,3})%?$/.exec(accuracy ?? '') ?? []
  if (percent === undefined) return {}
  const limit = 1 - (Number(percent) + Number(thousandths) / 1000) / 100
  if (!(limit > 0 && limit < 0.5)) return {}
  return { standardUncertainty: { relative: limit * RECTANGULAR, shared: 'domain' } }
}
