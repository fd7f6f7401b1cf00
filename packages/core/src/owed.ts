import type { Journal } from './journal.ts'
import type { LateLine } from './journal-line.ts'
import { RunClock } from './run-clock.ts'

/** So many times its `lateBy` after the run's end a meter is given up: what it has not told by then is a gap. */
const PATIENCE = 3
/** Wall times are milliseconds: what reaches to within one of the end, in seconds, has reached it. */
const REACHED = 1e-3

/** A domain that reports late and has not told of all of the run, or a meter that has none yet since it could not be opened. */
export interface OwedDomain {
  /** Place among the journal's domains; -1 where there is none yet. */
  readonly index: number
  /** `<meter>:<domain id>`, or the meter's name. */
  readonly id: string
  readonly meter: string
  /** Up to which second of the run it has told; 0 while it has told nothing. */
  readonly reached: number
  /** Wall time after which it is given up, in milliseconds since 1970. */
  readonly until: number
}

/**
 * The domains that still owe readings of a run, up to a second of it. A run is final when every late meter has reached its end,
 * or 3 times its `lateBy` has passed since. `at`: wall time in milliseconds since 1970; by default of the last asking that the
 * journal tells of, so that a report does not depend on when it is read.
 */
export function owedDomains(journal: Journal, end = journal.until, at = askedAt(journal)): OwedDomain[] {
  const wall = new RunClock(journal).milliseconds(end)
  const untilOf = (lateBy: number) => wall + PATIENCE * lateBy * 1000
  const known = journal.domains.flatMap(({ line, late }, index) => {
    const { lateBy } = line.domain
    if (lateBy === undefined) return []
    const reached = reachedBy(late)
    return reached >= end - REACHED
      ? []
      : [{ index, id: line.id, meter: line.meter, reached, until: untilOf(lateBy) }]
  })
  const awaited = journal.awaited.map(({ meter, lateBy }) => {
    return { index: -1, id: meter, meter, reached: 0, until: untilOf(lateBy) }
  })
  return [...known, ...awaited].filter(({ until }) => at < until)
}

/** Up to which second late lines tell; 0 if there are none. */
export function reachedBy(late: readonly LateLine[]): number {
  return late.reduce((latest, { to }) => Math.max(latest, to), 0)
}

function askedAt({ settled }: Journal): number {
  const at = Date.parse(settled?.wall ?? '')
  return Number.isFinite(at) ? at : Number.NEGATIVE_INFINITY
}
