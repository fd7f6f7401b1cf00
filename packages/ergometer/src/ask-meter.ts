import type { MeterSource } from '@ergometer/core'
import type { Domain, MeterError, Reading } from '@ergometer/meter'

/** Seconds that a read of a whole run may take, and how many reads are made at most. */
const READ_DEADLINE = 120
const MOST_READS = 64
/** A read that failed is made again so often, after so many seconds each time more. */
const MOST_FAILURES = 3
const PAUSE = 1

/** What a meter that reports late has told of a run that is over. */
export interface AskedMeter {
  /** What the meter calls itself; absent if it could not be opened. */
  readonly name?: string
  readonly interval: number
  readonly domains: readonly Domain[]
  /** In the order in which they were recorded. */
  readonly readings: readonly Reading[]
  /** By index of the domain. */
  readonly relative: ReadonlyMap<number, number>
  /** Why it may not have told all. */
  readonly error?: MeterError
}

/**
 * Opens a meter and reads it until it has told what there is: a read that brings nothing new, or after which `isAll` is true, is the
 * last one. One that does not report late is only opened. Never rejects.
 */
export async function askMeter(
  source: MeterSource,
  isAll: (domains: readonly Domain[], readings: readonly Reading[]) => boolean,
  sleep: (seconds: number) => Promise<void>,
): Promise<AskedMeter> {
  const readings: Reading[] = []
  const relative = new Map<number, number>()
  let asked: AskedMeter = { interval: 1, domains: [], readings, relative }
  try {
    const handle = await source.open(() => {})
    const { name, interval, domains } = handle
    asked = { ...asked, name, interval, domains }
    const heard = new Set<string>()
    let failures = 0
    try {
      for (let reads = 0; domains.some(isLate) && reads < MOST_READS; reads++) {
        const result = await handle.read(READ_DEADLINE)
        const before = heard.size
        for (const reading of result.readings) {
          heard.add(keyOf(reading))
          readings.push(reading)
        }
        for (const { domain, relative: wider } of result.uncertainties ?? []) {
          relative.set(domain, Math.max(wider, relative.get(domain) ?? 0))
        }
        const { error } = result
        if (error?.outcome === 'ended') break
        if (error) {
          asked = { ...asked, error }
          if (error.outcome === 'fatal' || ++failures >= MOST_FAILURES || !handle.alive) break
          await sleep(PAUSE * failures)
          continue
        }
        failures = 0
        asked = withoutError(asked)
        if (heard.size === before || isAll(domains, readings)) break
      }
    } finally {
      await handle.close()
    }
  } catch (error) {
    asked = { ...asked, error: error as MeterError }
  }
  return asked
}

function withoutError({ error: _, ...asked }: AskedMeter): AskedMeter {
  return asked
}

/** True for a domain whose readings may come after the run's end. */
export function isLate({ lateBy }: Domain): boolean {
  return lateBy !== undefined
}

function keyOf({ domain, value, time, from, wall }: Reading): string {
  return wall ? `${domain} ${value} ${wall.from} ${wall.time}` : `${domain} ${value} ${from} ${time} m`
}
