import { NumberList } from './number-list.ts'
import type { Work } from './work-ledger.ts'

/** Steps of one unit: when, and how much was done by then. */
interface Steps {
  times: NumberList
  sums: NumberList
  /** Steps that came out of order, until they are put in their places. */
  late: { time: number; amount: number }[]
}

/** The work curves of a journal, 16 bytes a step. */
export class WorkSteps {
  readonly #units = new Map<string, Steps>()

  /** Takes what was done at a time. */
  add(time: number, work: Readonly<Work>): void {
    for (const [name, amount] of Object.entries(work)) {
      let steps = this.#units.get(name)
      if (!steps) {
        steps = { times: new NumberList(), sums: new NumberList(), late: [] }
        this.#units.set(name, steps)
      }
      if (time < (steps.times.last ?? time)) steps.late.push({ time, amount })
      else append(steps, time, amount)
    }
  }

  /** Work in `(from, to]`, of the units of which there was any step. */
  between(from: number, to: number): Work {
    const work: Work = {}
    for (const [name, steps] of this.#units) {
      if (steps.late.length > 0) sort(steps)
      const first = steps.times.countUpTo(from)
      const last = steps.times.countUpTo(to)
      if (last <= first) continue
      const before = first === 0 ? 0 : steps.sums.at(first - 1)
      work[name] = Math.max(0, steps.sums.at(last - 1) - before)
    }
    return work
  }

  /** The last time up to another at which work of a unit was done, and how much was done by then; undefined if none was. */
  reached(unit: string, time: number): { time: number; done: number } | undefined {
    const steps = this.#units.get(unit)
    if (!steps) return undefined
    if (steps.late.length > 0) sort(steps)
    const count = steps.times.countUpTo(time)
    return count === 0 ? undefined : { time: steps.times.at(count - 1), done: steps.sums.at(count - 1) }
  }
}

function append({ times, sums }: Steps, time: number, amount: number): void {
  times.push(time)
  sums.push(Math.min(Number.MAX_VALUE, (sums.last ?? 0) + amount))
}

function sort(steps: Steps): void {
  const all = steps.late
  for (let index = 0; index < steps.times.length; index++) {
    const before = index === 0 ? 0 : steps.sums.at(index - 1)
    all.push({ time: steps.times.at(index), amount: steps.sums.at(index) - before })
  }
  all.sort((a, b) => a.time - b.time)
  Object.assign(steps, { times: new NumberList(), sums: new NumberList(), late: [] })
  for (const { time, amount } of all) append(steps, time, amount)
}
