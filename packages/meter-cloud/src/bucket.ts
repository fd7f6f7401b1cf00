import type { Interval } from './interval.ts'

/** A stretch of time for which a cloud's monitoring told one figure: the mean of a gauge, or the sum of an amount. */
export interface Bucket extends Interval {
  readonly value: number
}
