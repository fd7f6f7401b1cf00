/** A stretch of wall time, in seconds since 1970. */
export interface Interval {
  readonly from: number
  /** After `from`. */
  readonly to: number
}
