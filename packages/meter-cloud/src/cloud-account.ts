import type { Domain } from '@ergometer/meter'
import type { Bucket } from './bucket.ts'

/** One domain, and how a bucket of its figures becomes energy. */
export interface CloudSeries {
  /** Reads `interval-energy`, and has `lateBy` and `updatePeriod`. */
  readonly domain: Domain
  /** Joules of a bucket; undefined where it makes no sense (a negative load). */
  joulesOf(bucket: Bucket): number | undefined
}

/** What a provider's monitoring knows of one resource: a machine or a job. */
export interface CloudAccount {
  readonly series: readonly CloudSeries[]
  /**
   * The buckets of each series that lie in `from` to `to` (seconds since 1970), by its index. In any order, and twice where the
   * provider said so: the last counts. What is missing is absent. Throws a MeterError.
   */
  read(from: number, to: number, signal: AbortSignal): Promise<readonly (readonly Bucket[])[]>
  /** Ends its connections. Absent: it has none of its own. */
  close?(): void
}
