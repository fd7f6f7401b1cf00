import type { Interval } from './intervals.ts'

/** Work of several units: name to amount. */
export type Work = Record<string, number>

/** The work curves on their way into the journal. */
export class WorkLedger {
  /** All work so far. */
  readonly total: Work = {}
  #ahead: { time: number; work: Readonly<Work> }[] = []

  /** Takes an increment at a time ahead of the last line. */
  add(time: number, work: Readonly<Work>): void {
    this.#ahead.push({ time, work })
    this.addTotal(work)
  }

  /** Takes an increment behind the last line. */
  addTotal(work: Readonly<Work>): void {
    addWork(this.total, work)
  }

  /** Work in disjoint intervals `(from, to]`, in order, ahead of the last line. */
  within(intervals: readonly Interval[]): Work {
    const sum: Work = {}
    let index = 0
    for (const { time, work } of [...this.#ahead].sort((a, b) => a.time - b.time)) {
      while (index < intervals.length && (intervals[index] as Interval).to < time) index++
      if (time > (intervals[index]?.from ?? time)) addWork(sum, work)
    }
    return sum
  }

  /** Work since the last line, up to and with `to`. */
  settle(to: number): Work {
    const sum = this.within([{ from: Number.NEGATIVE_INFINITY, to }])
    this.#ahead = this.#ahead.filter(({ time }) => time > to)
    return sum
  }
}

/** Adds the amounts of `work` to `sum`. A name may be that of something that every object has. */
export function addWork(sum: Work, work: Readonly<Work>): void {
  for (const name of Object.keys(work)) {
    const before = Object.hasOwn(sum, name) ? (sum[name] as number) : 0
    sum[name] = Math.min(Number.MAX_VALUE, before + (work[name] as number))
  }
}
