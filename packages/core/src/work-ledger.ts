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
    for (const name of Object.keys(work)) this.total[name] = (this.total[name] ?? 0) + (work[name] as number)
  }

  /** Work in `(from, to]` ahead of the last line. */
  between(from: number, to: number): Work {
    const sum: Work = {}
    for (const { time, work } of this.#ahead) if (time > from && time <= to) addWork(sum, work)
    return sum
  }

  /** Work since the last line, up to and with `to`. */
  settle(to: number): Work {
    const sum = this.between(Number.NEGATIVE_INFINITY, to)
    this.#ahead = this.#ahead.filter(({ time }) => time > to)
    return sum
  }
}

/** Adds the amounts of `work` to `sum`. */
export function addWork(sum: Work, work: Readonly<Work>): void {
  for (const name of Object.keys(work)) sum[name] = (sum[name] ?? 0) + (work[name] as number)
}
