import type { Domain, LogDetails } from '@ergometer/meter'
import type { Channel } from './channel.ts'
import { type HwmonChip, isAsleep } from './hwmon-chip.ts'

/** A domain and how to read it. */
export interface Sensor {
  readonly domain: Domain
  /** Its value now, in what the domain `reads`; undefined: that cannot be told now. Throws MeterError. */
  read(): Promise<number | undefined>
}

/** What is left out, and why. */
export interface Note {
  readonly message: string
  readonly details: LogDetails
}

/** What was found of one kind. */
export interface Found {
  readonly sensors: readonly Sensor[]
  readonly notes: readonly Note[]
}

/** What a domain is, apart from how it is read. */
export type Placed = Pick<
  Domain,
  'id' | 'kind' | 'label' | 'identity' | 'within' | 'feeds' | 'standardUncertainty'
>

/** A channel of a chip as a sensor. A device that is powered down tells nothing, and is not woken to tell it. */
export function channelSensor(chip: HwmonChip, channel: Channel, placed: Placed): Sensor {
  return {
    domain: {
      ...placed,
      method: 'measured',
      reads: channel.reads,
      attributes: { chip: chip.name, sensor: channel.files.join(' * ') },
    },
    read: async () => ((await isAsleep(chip)) ? undefined : channel.read()),
  }
}

/** A note that something is left out; `domain`: what it would have been. */
export function leftOut(message: string, domain: string, severity: 'info' | 'warning' = 'info'): Note {
  return { message, details: { severity, code: 'sensor-left-out', domain } }
}
