import type { MeterContext } from '@ergometer/meter'
import type { Bucket } from './bucket.ts'
import type { Interval } from './interval.ts'

/** The buckets that have a part in `from` to `to` (seconds since 1970), each with its value multiplied. */
export function bucketsWithin(buckets: readonly Bucket[], from: number, to: number, scale = 1): Bucket[] {
  return buckets.flatMap((bucket) => {
    const value = bucket.value * scale
    return bucket.to > from && bucket.from < to && Number.isFinite(value) ? [{ ...bucket, value }] : []
  })
}

/** For how long a monitoring service keeps its figures. */
export interface Retention {
  readonly name: string
  readonly days: number
}

/** Where a query can begin that is to begin at `from` (seconds since 1970): what is no longer kept is said to be lost. */
export function keptFrom(
  from: number,
  now: number,
  { name, days }: Retention,
  log: MeterContext['log'],
): number {
  const oldest = now - days * 86_400
  if (from >= oldest) return from
  log(`${name} has forgotten what is older than ${days} days: it is a gap, and will stay one`, {
    severity: 'warning',
    code: 'cloud-data-expired',
  })
  return oldest
}

/** Seconds before now in which an account looks for what is there. */
const LOOK_BACK = 900

/** The time in which an account looks for what is there: that of the run which it is to tell of, or else the last quarter of an hour. */
export function lookAround(
  { window }: { readonly window?: { readonly from: Date; readonly to: Date } | undefined },
  now: number,
): Interval {
  return window
    ? { from: window.from.getTime() / 1000, to: window.to.getTime() / 1000 }
    : { from: now - LOOK_BACK, to: now }
}
