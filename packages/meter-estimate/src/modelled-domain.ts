import type { Domain, ReadingTime } from '@ergometer/meter'

/** A domain together with its way to a reading. */
export interface ModelledDomain {
  readonly domain: Domain
  /** Hands over the joules since the last reading that succeeded. Throws `MeterError`, outcome retry. */
  read(record: (joules: number, at: ReadingTime) => void): void
}

/** Seconds between two changes of a modelled domain: a utilisation wants some ticks of CPU time. */
export const UPDATE_SECONDS = 0.1
