/** Power is sampled up to so much of an interval beside its grid, so as not to lock onto a training's own rhythm. */
export const POWER_JITTER = 0.2

/**
 * Seconds until the next multiple of `step` of the monotonic clock. All meters share that grid, so that the machine
 * wakes up once for all of them. With `jitter` the instant lies up to half of that share of a step beside its
 * multiple, either way; `chance`: 0 to 1.
 */
export function secondsToGrid(now: number, step: number, jitter = 0, chance = 0.5): number {
  const next = Math.floor(now / step + jitter / 2 + 1e-6) + 1
  return (next + jitter * (chance - 0.5)) * step - now
}
