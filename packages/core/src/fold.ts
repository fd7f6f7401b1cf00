import type { Known } from './energy-ledger.ts'
import { type Interval, totalSeconds, union } from './intervals.ts'
import type { PhasesLine } from './journal-line.ts'
import type { FastPhases } from './phase-tracker.ts'
import { outside } from './stretches.ts'
import { addWork, type Work, type WorkLedger } from './work-ledger.ts'

/** Fast phases of one name within one second, on their way into one line of sums. */
export class Fold {
  readonly #name: string
  readonly #intervals: readonly Interval[]
  readonly #counts: Record<string, number> = {}
  readonly #processSeconds: number
  readonly #work: Work
  readonly #known: (Known | undefined)[] = []

  /** `work`: what is ahead of the journal. */
  constructor(name: string, { ended: phases, apart }: FastPhases, work: WorkLedger) {
    this.#name = name
    // What a line of its own tells of one process is no second time told here of another.
    this.#intervals = outside(
      union(phases).map(({ from, to }) => ({ from, to, amount: to - from })),
      union(apart),
    )
    for (const { process } of phases) addWork(this.#counts, { [process]: 1 })
    this.#processSeconds = totalSeconds(phases)
    this.#work = work.within(this.#intervals)
  }

  /** Begin of the first interval in seconds of the run; NaN when nothing is left to tell. */
  get from(): number {
    return this.#intervals[0]?.from ?? Number.NaN
  }

  /** End of the last. */
  get to(): number {
    return this.#intervals.at(-1)?.to ?? Number.NaN
  }

  /** The intervals as far as they lie between two times. */
  within(from: number, to: number): Interval[] {
    return this.#intervals
      .filter((interval) => interval.from < to && interval.to > from)
      .map((interval) => ({ from: Math.max(from, interval.from), to: Math.min(to, interval.to) }))
  }

  /**
   * Takes a domain's energy within one row: what the intervals know of it, what the whole row knows, and the
   * joules that the row tells. The part is told in that proportion, so that phases that tile a row add up to it.
   */
  add(domain: number, part: Known, row: Known, told: number): void {
    const share = row.joules > 0 ? part.joules / row.joules : row.seconds > 0 ? part.seconds / row.seconds : 0
    const { joules, seconds } = this.#known[domain] ?? { joules: 0, seconds: 0 }
    this.#known[domain] = { joules: joules + told * share, seconds: seconds + part.seconds }
  }

  /** The line; `t`: when it is written. */
  line(t: number): PhasesLine {
    const seconds = totalSeconds(this.#intervals)
    const known = Array.from(this.#known, (part) => part ?? { joules: 0, seconds: 0 })
    const whole = known.every((part) => seconds - part.seconds < 1e-6)
    return {
      kind: 'phases',
      t,
      name: this.#name,
      from: this.from || t,
      to: this.to || t,
      counts: this.#counts,
      seconds,
      processSeconds: this.#processSeconds,
      mJ: known.map((part) => (part.seconds > 0 ? part.joules * 1000 : null)),
      ...(whole ? {} : { covered: known.map((part) => part.seconds) }),
      work: this.#work,
    }
  }
}
