import { cut, type Segment } from './energy-curve.ts'

/** What a statement takes the place of. */
export interface Replaced {
  readonly joules: number
  /** Of its seconds, how many had been told of. */
  readonly seconds: number
}

/** So many stretches are remembered of a domain: a monitoring service that is asked over and over tells the last ones again. */
const REMEMBERED = 4096
/** Times in a journal are microseconds. */
const SAME = 5e-7

/**
 * What has been told of a domain whose energy comes late: disjoint stretches in order, of which the last statement counts. Its size
 * does not grow with the run.
 */
export class LateStatements {
  readonly #told: Segment[] = []
  /** Of what lies before this time nothing is remembered. */
  #forgotten = Number.NEGATIVE_INFINITY

  /** Takes a statement. Answers with what it replaces; undefined if the very same has been told already. */
  take(segment: Segment): Replaced | undefined {
    const first = this.#indexAt(segment.from)
    let end = first
    while (end < this.#told.length && (this.#told[end] as Segment).from < segment.to) end++
    const overlapping = this.#told.slice(first, end)
    const [only] = overlapping
    if (only && overlapping.length === 1 && isSame(only, segment)) return undefined
    let joules = 0
    let seconds = 0
    const kept: Segment[] = [segment]
    for (const other of overlapping) {
      const piece = cut(other, Math.max(other.from, segment.from), Math.min(other.to, segment.to))
      joules += piece.joules
      seconds += piece.to - piece.from
      if (other.from < segment.from) kept.unshift(cut(other, other.from, segment.from))
      if (other.to > segment.to) kept.push(cut(other, segment.to, other.to))
    }
    this.#told.splice(first, end - first, ...kept)
    if (segment.from < this.#forgotten) {
      // Whether it was known before cannot be said any more: then nothing is counted twice.
      const piece = cut(segment, segment.from, Math.min(segment.to, this.#forgotten))
      joules = Math.min(segment.joules, joules + piece.joules)
      seconds = Math.min(segment.to - segment.from, seconds + piece.to - piece.from)
    }
    while (this.#told.length > REMEMBERED) {
      this.#forgotten = Math.max(this.#forgotten, this.#told.shift()?.to ?? this.#forgotten)
    }
    return { joules, seconds }
  }

  /** Index of the first stretch that ends after a time. */
  #indexAt(time: number): number {
    let low = 0
    let high = this.#told.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#told[middle] as Segment).to <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isSame(one: Segment, other: Segment): boolean {
  return (
    Math.abs(one.from - other.from) <= SAME &&
    Math.abs(one.to - other.to) <= SAME &&
    one.joules === other.joules
  )
}
