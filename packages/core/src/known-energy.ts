import type { Segment } from './energy-curve.ts'
import type { Interval } from './intervals.ts'
import type { LateLine } from './journal-line.ts'
import { NumberList } from './number-list.ts'
import { outside, type Stretch, Stretches } from './stretches.ts'

/** One domain's rows, as they are read from a journal. */
export class EnergyRows {
  readonly joules = new NumberList()
  /** Stretches of which nothing, or not all, is known; the amount is the seconds that are missing. */
  readonly missing: { from: number; to: number; amount: number }[] = []
  coverage = 1

  /** Takes a row: joules, or null where nothing is known. */
  add(from: number, to: number, joules: number | null): void {
    this.joules.push((this.joules.last ?? 0) + (joules ?? 0))
    const lacking = joules === null ? 1 : 1 - this.coverage
    if (lacking <= 0) return
    const last = this.missing.at(-1)
    const even = last && last.to === from && Math.abs(last.amount / (last.to - last.from) - lacking) < 1e-9
    if (even) {
      last.to = to
      last.amount += (to - from) * lacking
    } else {
      this.missing.push({ from, to, amount: (to - from) * lacking })
    }
  }
}

/**
 * What a journal knows of one domain's energy: rows, with what became known later put in the place of what
 * they say. Between two rows, and within a late stretch, energy is spread evenly.
 */
export class KnownEnergy {
  readonly #times: NumberList
  readonly #rows: EnergyRows
  readonly #late: Stretches
  readonly #corrections: Stretches
  readonly #missing: Stretches

  /** `times`: of the rows, the first of them the run's begin. `until`: the run's end in seconds. */
  constructor(times: NumberList, rows: EnergyRows, late: readonly LateLine[], until: number) {
    this.#times = times
    this.#rows = rows
    const replacing = lastWritten(late)
    this.#late = new Stretches(replacing.map(({ from, to, joules }) => ({ from, to, amount: joules })))
    this.#corrections = new Stretches(
      replacing.map(({ from, to, joules }) => ({
        from,
        to,
        amount: joules - (this.#row(to) - this.#row(from)),
      })),
    )
    const end = times.last ?? 0
    const tail = until > end ? [{ from: end, to: until, amount: until - end }] : []
    const lateMissing = replacing
      .filter(({ coverage = 1 }) => coverage < 1)
      .map(({ from, to, coverage = 1 }) => ({ from, to, amount: (to - from) * (1 - coverage) }))
    const missing = outside([...rows.missing, ...tail], replacing)
    this.#missing = new Stretches([...missing, ...lateMissing].sort((a, b) => a.from - b.from))
  }

  /** Stretches that are not covered, and how many of their seconds. */
  get missing(): readonly Stretch[] {
    return this.#missing.list
  }

  /** Known joules between two times. */
  joules(from: number, to: number): number {
    return Math.max(0, this.#upTo(to) - this.#upTo(from))
  }

  /** Covered seconds between two times. */
  seconds(from: number, to: number): number {
    return Math.max(0, to - from - this.#missing.between(from, to))
  }

  /** The largest mean of a whole second between two times in watts, of those that are known in full. */
  peakWatts(from: number, to: number): number | undefined {
    let peak: number | undefined
    let last = Number.NaN
    const look = (second: number): void => {
      if (second === last || second < from || second + 1 > to) return
      last = second
      if (this.#missing.between(second, second + 1) > 1e-3) return
      peak = Math.max(peak ?? 0, this.joules(second, second + 1))
    }
    // Power only changes where a row or a late stretch begins or ends: no other second can stand out.
    const lookAt = (time: number): void => {
      look(Math.floor(time))
      look(Math.ceil(time))
    }
    lookAt(from)
    for (let row = this.#times.countUpTo(from); row < this.#times.length; row++) lookAt(this.#times.at(row))
    for (const late of this.#late.list) {
      lookAt(late.from)
      lookAt(late.to)
    }
    return peak
  }

  #upTo(time: number): number {
    const late = this.#late.at(time)
    const start = late?.from ?? time
    const known = this.#row(start) + this.#corrections.upTo(start)
    return late ? known + (late.amount * (time - late.from)) / (late.to - late.from) : known
  }

  #row(time: number): number {
    const after = this.#times.countUpTo(time)
    if (after === 0) return 0
    const joules = this.#rows.joules
    if (after === this.#times.length) return joules.at(after - 1)
    const from = this.#times.at(after - 1)
    const to = this.#times.at(after)
    const low = joules.at(after - 1)
    return low + ((joules.at(after) - low) * (time - from)) / (to - from)
  }
}

/**
 * Of what late lines, or stretches of a curve, say of one instant the last written counts: disjoint, in order. From the last line to the first, each
 * tells of what none after it does; what has been told of grows together, so that a week of minutes in any order is quick.
 */
export function lastWritten<Told extends Segment>(late: readonly Told[]): Told[] {
  const ordered = late.every((line, index) => index === 0 || line.from >= (late[index - 1] as Told).to)
  if (ordered) return [...late]
  const kept: Told[] = []
  const told: { from: number; to: number }[] = []
  for (const line of late.toReversed()) {
    const first = firstEndingFrom(told, line.from)
    let end = first
    let { from } = line
    for (; end < told.length && (told[end] as Interval).from <= line.to; end++) {
      const other = told[end] as Interval
      if (other.from > from) kept.push(shorten(line, from, other.from))
      from = Math.max(from, other.to)
    }
    if (from < line.to) kept.push(shorten(line, from, line.to))
    const touched = told.slice(first, end)
    told.splice(first, end - first, {
      from: Math.min(line.from, touched[0]?.from ?? line.from),
      to: Math.max(line.to, touched.at(-1)?.to ?? line.to),
    })
  }
  return kept.sort((a, b) => a.from - b.from)
}

/** Index of the first of disjoint intervals, in order, that ends at a time or after it. */
function firstEndingFrom(intervals: readonly Interval[], time: number): number {
  let low = 0
  let high = intervals.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((intervals[middle] as Interval).to < time) low = middle + 1
    else high = middle
  }
  return low
}

function shorten<Told extends Segment>(line: Told, from: number, to: number): Told {
  return { ...line, from, to, joules: (line.joules * (to - from)) / (line.to - line.from) }
}
