import type { MeterContext } from '@ergometer/meter'
import type { Bucket } from './bucket.ts'

/**
 * The buckets that end after `from` and not after `to`, each with its value multiplied. Windows that follow each other share none,
 * and a bucket that is still growing at `to` is left for the next.
 */
export function bucketsWithin(buckets: readonly Bucket[], from: number, to: number, scale = 1): Bucket[] {
  return buckets.flatMap((bucket) => {
    const value = bucket.value * scale
    return bucket.to > from && bucket.to <= to && Number.isFinite(value) ? [{ ...bucket, value }] : []
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
  log(`${name} keeps its figures for ${days} days: what is older can no longer be known`, {
    severity: 'warning',
    code: 'cloud-retention',
  })
  return oldest
}

/** Seconds before now in which an account looks for what is there. */
const LOOK_BACK = 900

/** The time in which an account looks for what is there: that of the run which it is to tell of, or else the last quarter of an hour. */
export function lookAround(
  { window }: { readonly window?: { readonly from: Date; readonly to: Date } | undefined },
  now: number,
): { readonly from: number; readonly to: number } {
  return window
    ? { from: window.from.getTime() / 1000, to: window.to.getTime() / 1000 }
    : { from: now - LOOK_BACK, to: now }
}
