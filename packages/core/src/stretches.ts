import type { Interval } from './intervals.ts'

/** A stretch of time with an amount that is spread evenly over it. */
export interface Stretch extends Interval {
  readonly amount: number
}

/** Disjoint stretches in order, and the amount that lies between any two times. */
export class Stretches {
  readonly list: readonly Stretch[]
  readonly #before: Float64Array

  /** `stretches`: disjoint and in order. */
  constructor(stretches: readonly Stretch[]) {
    this.list = stretches
    this.#before = new Float64Array(stretches.length + 1)
    stretches.forEach(({ amount }, index) => {
      this.#before[index + 1] = (this.#before[index] as number) + amount
    })
  }

  /** The amount up to a time. */
  upTo(time: number): number {
    const index = this.#indexAt(time)
    const stretch = this.list[index]
    const before = this.#before[index] as number
    if (!stretch || time <= stretch.from) return before
    return before + (stretch.amount * (time - stretch.from)) / (stretch.to - stretch.from)
  }

  /** The amount between two times. */
  between(from: number, to: number): number {
    return this.upTo(to) - this.upTo(from)
  }

  /** The stretch that holds a time, as `from < time < to`. */
  at(time: number): Stretch | undefined {
    const stretch = this.list[this.#indexAt(time)]
    return stretch && stretch.from < time ? stretch : undefined
  }

  /** Index of the first stretch that ends after a time. */
  #indexAt(time: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.list[middle] as Stretch).to <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** What is left of disjoint, ordered stretches outside of disjoint, ordered holes. */
export function outside(stretches: readonly Stretch[], holes: readonly Interval[]): Stretch[] {
  const left: Stretch[] = []
  let first = 0
  for (const stretch of stretches) {
    while (first < holes.length && (holes[first] as Interval).to <= stretch.from) first++
    let from = stretch.from
    for (let index = first; index < holes.length; index++) {
      const hole = holes[index] as Interval
      if (hole.from >= stretch.to) break
      if (hole.from > from) left.push(part(stretch, from, hole.from))
      from = Math.max(from, Math.min(hole.to, stretch.to))
    }
    if (from < stretch.to) left.push(part(stretch, from, stretch.to))
  }
  return left
}

function part(stretch: Stretch, from: number, to: number): Stretch {
  return { from, to, amount: (stretch.amount * (to - from)) / (stretch.to - stretch.from) }
}
