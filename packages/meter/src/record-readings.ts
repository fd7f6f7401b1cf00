import type { ReadingTime, RecordReading } from './meter.ts'
import type { Gauge, Reading } from './meter-handle.ts'

/** What a meter has recorded and nobody has taken yet. */
export interface Recorded {
  readonly record: RecordReading
  /** Takes out what was recorded so far. */
  take(): { readings: Reading[]; gauges: Gauge[] }
}

/** So much may wait to be taken: a meter that records without end fills no memory. */
const MOST_WAITING = 100_000

/** Makes a meter's `record` function, which stamps what comes without a time. `clock`: monotonic seconds. */
export function recordReadings(clock: () => number): Recorded {
  let readings: Reading[] = []
  let gauges: Gauge[] = []
  const record = (domain: number, value: number, at?: ReadingTime): void => {
    if (readings.length >= MOST_WAITING) return
    const time = monotonic(at?.time, clock)
    readings.push(
      at?.from === undefined
        ? { domain, value, time }
        : { domain, value, time, from: monotonic(at.from, clock) },
    )
  }
  const gauge = (domain: number, name: string, value: number): void => {
    if (gauges.length < MOST_WAITING && Number.isFinite(value)) gauges.push({ domain, name, value })
  }
  return {
    record: Object.assign(record, { gauge, share: () => {} }),
    take() {
      const taken = { readings, gauges }
      readings = []
      gauges = []
      return taken
    },
  }
}

function monotonic(time: number | Date | undefined, clock: () => number): number {
  if (time === undefined) return clock()
  return typeof time === 'number' ? time : clock() - (Date.now() - time.getTime()) / 1000
}
