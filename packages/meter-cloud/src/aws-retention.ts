import type { Interval } from './interval.ts'

const HOUR = 3600
const DAY = 24 * HOUR
/**
 * CloudWatch keeps buckets of a length for so long, and answers a question that begins earlier only with longer ones. In seconds;
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const KEPT: readonly (readonly [period: number, age: number])[] = [
  [60, 15 * DAY],
  [300, 63 * DAY],
  [3600, 455 * DAY],
]
/** A question takes a while to get there, so that it begins earlier for CloudWatch than here. */
const MARGIN = 10 * 60

/** What can still be asked of a stretch of time: with which length of buckets in which part, and what is gone for good. */
export interface Kept {
  /** The newest first; both ends are multiples of `period`. */
  readonly parts: readonly (Interval & { readonly period: number })[]
  /** What CloudWatch has forgotten. */
  readonly gone?: Interval
}

/**
 * Cuts a stretch of time by how long CloudWatch keeps what. `period`: seconds of the buckets that are wanted, a multiple of 60;
 * `now`: seconds since 1970.
 */
export function cutByRetention({ from, to }: Interval, period: number, now: number): Kept {
  const rows = KEPT.map(([kept, age]) => ({ length: Math.ceil(period / kept) * kept, age })).filter(
    ({ length }, index, all) => all[index + 1]?.length !== length,
  )
  const parts: (Interval & { period: number })[] = []
  let end = to
  for (const [index, { length, age }] of rows.entries()) {
    if (end <= from) break
    const oldest = now - age + MARGIN
    // Where an older part goes on with longer buckets, one of those ends.
    const edge = commonMultiple(length, rows[index + 1]?.length ?? length)
    const begin = from >= oldest ? floor(from, length) : ceil(oldest, edge)
    if (begin >= end) continue
    parts.push({ from: begin, to: ceil(end, length), period: length })
    end = begin
  }
  return { parts, ...(end > from ? { gone: { from, to: end } } : {}) }
}

function floor(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step
}

function ceil(seconds: number, step: number): number {
  return Math.ceil(seconds / step) * step
}

function commonMultiple(a: number, b: number): number {
  let multiple = a
  while (multiple % b !== 0) multiple += a
  return multiple
}
