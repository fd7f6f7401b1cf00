import type { Intensity } from './intensity.ts'

/** An intensity that holds for a while: one step of I(t). Times are wall time, in seconds since 1970 (UTC). */
export interface IntensityStep extends Omit<Readonly<Intensity>, 'period'> {
  readonly from: number
  /** The first instant at which it holds no more. Absent: it holds until something else is known. */
  readonly to?: number
}

/** A yearly figure or a constant as a step that holds from `from` on, until `to` if given. */
export function stepOf({ period: _, ...intensity }: Intensity, from: number, to?: number): IntensityStep {
  return { from, ...(to === undefined ? {} : { to }), ...intensity }
}
