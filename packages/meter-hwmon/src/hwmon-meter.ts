import {
  type Availability,
  defineMeter,
  type EnergyMeter,
  type MeterContext,
  MeterError,
  type StandardSchema,
} from '@ergometer/meter'
import * as z from 'zod/mini'
import { findSensors } from './find-sensors.ts'
import { hwmonFolder } from './hwmon-chip.ts'
import { supplyFolder } from './power-supply.ts'
import type { Sensor } from './sensor.ts'

/** Options of the meter `hwmon`. */
export interface HwmonOptions {
  /**
   * Chips that are metered though they do not say of what: by name or id, with `/power1` and the like where a chip shows
   * several. They count beside all else: name what nothing else measures.
   */
  readonly chips?: readonly string[] | undefined
  /** Batteries and UPSs: `false`, never; `true`, also if they do not feed the host when the run begins. */
  readonly battery?: boolean | undefined
}

const schema: StandardSchema<HwmonOptions> = z.strictObject(
  {
    chips: z.optional(z.array(z.string('expected a name'), 'expected an array of names')),
    battery: z.optional(z.boolean('expected true or false')),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected chips or battery`
        : 'expected an object',
  },
)

/** A group of its own may read the sensors, not everybody: power traces leak secrets. */
const GROUP = [
  'sudo groupadd --system --force hwmon',
  'sudo usermod --append --groups hwmon "$USER"',
  `echo 'SUBSYSTEM=="hwmon", ACTION=="add", RUN+="/bin/chgrp -R hwmon /sys%p", RUN+="/bin/chmod -R g+rX /sys%p"' | sudo tee /etc/udev/rules.d/60-hwmon.rules`,
  'sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=hwmon --action=add',
  'log in again, so that the new group counts; the rule holds over reboots',
]

/** Health of a sensor that cannot be read while others can. */
const UNREADABLE = { severity: 'warning', code: 'sensor-unreadable' } as const

/** The meter `hwmon`: what Linux shows of power in hwmon and power_supply. */
export default defineMeter(import.meta.url, {
  name: 'hwmon',
  options: schema,
  interval: 1,
  probe: (options, context) => probe(options, context),
  open: (options, context) => openHwmon(options, context),
})

async function probe(options: HwmonOptions, { sysRoot }: MeterContext): Promise<Availability> {
  const { sensors, notes, denied } = await findSensors(sysRoot, options)
  if (sensors.length > 0) return { available: true }
  const [file] = denied
  if (file !== undefined) {
    const why = `a sensor of power is present but unreadable: ${file}`
    return { available: false, why, file, fixes: GROUP }
  }
  return { available: false, why: absence(sysRoot, notes), file: hwmonFolder(sysRoot) }
}

function absence(sysRoot: string, notes: readonly { message: string }[]): string {
  const where = `${hwmonFolder(sysRoot)} and ${supplyFolder(sysRoot)}`
  const seen = notes.map(({ message }) => message).join('; ')
  return seen === '' ? `no sensor of power in ${where}` : `no sensor of power to read in ${where}: ${seen}`
}

async function openHwmon(options: HwmonOptions, context: MeterContext): Promise<EnergyMeter> {
  const { sensors, notes, denied } = await findSensors(context.sysRoot, options)
  for (const { message, details } of notes) context.log(message, details)
  for (const path of denied) {
    context.log(`${path} may not be read`, { ...UNREADABLE, domain: path })
  }
  if (sensors.length === 0) {
    throw new MeterError(absence(context.sysRoot, notes), { outcome: 'fatal', code: 'HWMON_ABSENT' })
  }
  return openSensors(sensors, context)
}

/** The meter over any sensors. */
function openSensors(sensors: readonly Sensor[], { clock, log }: MeterContext): EnergyMeter {
  const failing = new Set<number>()
  return {
    domains: sensors.map(({ domain }) => domain),
    async read(record) {
      const readOne = async (sensor: Sensor, index: number): Promise<unknown> => {
        const before = clock()
        try {
          const value = await sensor.read()
          if (value !== undefined) record(index, value, { time: (before + clock()) / 2 })
          return undefined
        } catch (error) {
          return error
        }
      }
      const failures = await Promise.all(sensors.map(readOne))
      // Only then has the read itself failed: it would be tried ever more seldom, and with it the sensors that are well.
      if (failures.every((failure) => failure !== undefined)) throw failures[0]
      for (const [index, { domain }] of sensors.entries()) {
        const failure = failures[index]
        if (failure === undefined) failing.delete(index)
        else if (!failing.has(index)) {
          failing.add(index)
          log((failure as Error).message, { ...UNREADABLE, domain: domain.id })
        }
      }
    },
  }
}
