import type { ReadingTime, RecordReading } from './meter.ts'
import type {
  Gauge,
  Reading,
  Recordings,
  Restart,
  Share,
  WallTimes,
  WiderUncertainty,
} from './meter-handle.ts'
import { isFraction, isIndex, isNumber } from './untrusted.ts'

/** What a meter has recorded and nobody has taken yet. */
export interface Recorded {
  readonly record: RecordReading
  /** Takes out what was recorded so far. */
  take(): Recordings
}

/** So many readings may wait to be taken: a week of minutes of many domains fits, and a meter that records without end fills no memory. */
export const MOST_WAITING = 500_000

/**
 * Makes a meter's `record` function, which stamps what comes without a time. `clock`: monotonic seconds. `domains`:
 * how many there are. A value or time that is no number is recorded as NaN, which core leaves out and says so.
 */
export function recordReadings(clock: () => number, domains = Number.POSITIVE_INFINITY): Recorded {
  let readings: Reading[] = []
  let gauges: Gauge[] = []
  let shares: Omit<Share, 'time'>[] = []
  let restarts: Restart[] = []
  let uncertainties: WiderUncertainty[] = []
  const known = (domain: number): void => {
    if (isIndex(domain, domains)) return
    throw new RangeError(`domain ${domain} was recorded, expected an index below ${domains}`)
  }
  const record = (domain: number, value: number, at?: ReadingTime): void => {
    known(domain)
    if (readings.length >= MOST_WAITING) return
    const wall = wallTimes(at)
    readings.push({
      domain,
      value: numberOrNaN(value),
      time: monotonic(at?.time, clock),
      ...(at?.from === undefined ? {} : { from: monotonic(at.from, clock) }),
      ...(wall ? { wall } : {}),
    })
  }
  const gauge = (domain: number, name: string, value: number): void => {
    known(domain)
    if (gauges.length < MOST_WAITING && isNumber(value)) gauges.push({ domain, name, value })
  }
  const share = (domain: number, consumer: string, fraction: number): void => {
    known(domain)
    if (shares.length < MOST_WAITING && isFraction(fraction) && typeof consumer === 'string') {
      shares.push({ domain, consumer, fraction })
    }
  }
  const restart = (domain: number): void => {
    known(domain)
    if (restarts.length < MOST_WAITING) restarts.push({ domain, time: clock() })
  }
  const uncertainty = (domain: number, relative: number): void => {
    known(domain)
    if (uncertainties.length < MOST_WAITING && relative > 0 && isNumber(relative)) {
      uncertainties.push({ domain, relative })
    }
  }
  return {
    record: Object.assign(record, { gauge, share, restart, uncertainty }),
    take() {
      // Shares of one read are of one instant: they add up.
      const time = shares.length > 0 ? clock() : 0
      const taken = {
        readings,
        gauges,
        ...(shares.length > 0 ? { shares: shares.map((share) => ({ ...share, time })) } : {}),
        ...(restarts.length > 0 ? { restarts } : {}),
        ...(uncertainties.length > 0 ? { uncertainties } : {}),
      }
      readings = []
      gauges = []
      shares = []
      restarts = []
      uncertainties = []
      return taken
    },
  }
}

function monotonic(time: number | Date | undefined, clock: () => number): number {
  if (time === undefined) return clock()
  const milliseconds = millisecondsOf(time)
  return milliseconds === undefined ? numberOrNaN(time) : clock() - (Date.now() - milliseconds) / 1000
}

/** Wall time of a reading, if all that is said of its time is. */
function wallTimes({ time, from }: ReadingTime = {}): WallTimes | undefined {
  const end = millisecondsOf(time)
  if (end === undefined || !Number.isFinite(end)) return undefined
  if (from === undefined) return { time: end }
  const begin = millisecondsOf(from)
  return begin === undefined || !Number.isFinite(begin) ? undefined : { time: end, from: begin }
}

function millisecondsOf(time: number | Date | undefined): number | undefined {
  // Not `instanceof`: a Date may come from another realm.
  return Object.prototype.toString.call(time) === '[object Date]' ? (time as Date).getTime() : undefined
}

/** A number as it is; NaN for all that is none. */
export function numberOrNaN(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN
}
