/** A stretch of time for which a cloud's monitoring told one figure: the mean of a gauge, or the sum of an amount. */
export interface Bucket {
  /** Seconds since 1970. */
  readonly from: number
  /** Seconds since 1970, after `from`. */
  readonly to: number
  readonly value: number
}
