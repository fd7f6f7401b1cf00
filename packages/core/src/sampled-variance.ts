import { type Stretch, Stretches } from './stretches.ts'

/** Up to when, and the variance up to there in J². */
export interface VarianceUntil {
  readonly t: number
  readonly variance: number
}

/**
 * What sampling leaves open of one domain's energy over a run of `until` seconds, in J². Between two of the times at which it
 * is known it is spread evenly; beyond the last it goes on as it went on average.
 */
export function sampledVariance(known: readonly VarianceUntil[], until: number): Stretches {
  const stretches: Stretch[] = []
  let last: VarianceUntil = { t: 0, variance: 0 }
  for (const next of known) {
    // A journal of unknown origin may go back.
    if (!(next.t > last.t && next.variance >= last.variance)) continue
    stretches.push({ from: last.t, to: next.t, amount: next.variance - last.variance })
    last = next
  }
  if (last.t > 0 && until > last.t) {
    stretches.push({ from: last.t, to: until, amount: (last.variance * (until - last.t)) / last.t })
  }
  return new Stretches(stretches)
}
