/** What lies between two readings of a cumulative counter. */
export type CounterStep =
  | { readonly kind: 'energy'; readonly joules: number; readonly wraps: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'ambiguous' }

/** How a counter counts, and what it can plausibly have counted. */
export interface Counter {
  readonly joulesPerCount: number
  /** Modulus in counts. */
  readonly wrapsAt?: number | undefined
  /** Bound of plausibility in watts; absent: unbounded. */
  readonly maxWatts?: number | undefined
  /** Seconds between two changes of the counter's value. */
  readonly updatePeriod?: number | undefined
}

/**
 * The energy between two counts that are `seconds` apart.
 * Of the candidates `d + k * wrapsAt` (k >= 0) those are possible that a source of at most `maxWatts` could have
 * counted. Exactly one: that is the energy. None: the counter was reset. Several: nobody can tell.
 */
export function counterStep(previous: number, next: number, seconds: number, counter: Counter): CounterStep {
  const difference = next - previous
  const limit =
    counter.maxWatts === undefined
      ? Number.POSITIVE_INFINITY
      : (counter.maxWatts * (seconds + (counter.updatePeriod ?? 0))) / counter.joulesPerCount + 1
  if (counter.wrapsAt === undefined) {
    if (difference < 0 || difference > limit) return { kind: 'reset' }
    return { kind: 'energy', joules: difference * counter.joulesPerCount, wraps: 0 }
  }
  const fewest = difference >= 0 ? 0 : Math.ceil(-difference / counter.wrapsAt)
  const most = Math.floor((limit - difference) / counter.wrapsAt)
  if (most < fewest) return { kind: 'reset' }
  if (most > fewest) return { kind: 'ambiguous' }
  return {
    kind: 'energy',
    joules: (difference + fewest * counter.wrapsAt) * counter.joulesPerCount,
    wraps: fewest,
  }
}

/**
 * The longest time in seconds between two reads at which no wrap can be missed or doubted;
 * Infinity for a counter that does not wrap. Half of the time to a wrap leaves room for a late read.
 */
export function longestInterval(counter: Counter): number {
  if (counter.wrapsAt === undefined || counter.maxWatts === undefined) return Number.POSITIVE_INFINITY
  const toWrap = (counter.wrapsAt * counter.joulesPerCount) / counter.maxWatts
  return Math.max(0.001, toWrap / 2 - (counter.updatePeriod ?? 0))
}
