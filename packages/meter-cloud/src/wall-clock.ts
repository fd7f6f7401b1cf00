import type { MeterContext } from '@ergometer/meter'

/**
 * Seconds since 1970. The monotonic clock does not go on while a machine sleeps, and the wall clock may be set back: the one
 * that is ahead counts, since asking a cloud for what lies ahead of now costs nothing and finds nothing.
 */
export function wallClock({ clock }: Pick<MeterContext, 'clock'>): () => number {
  const offset = Date.now() / 1000 - clock()
  return () => Math.max(Date.now() / 1000, clock() + offset)
}
