import type { IntensityCurve } from './intensity-curve.ts'

/** A time to run, in seconds since 1970, and its mean intensity in g/kWh at even power. */
export interface StartOption {
  readonly from: number
  readonly to: number
  readonly gramsPerKilowattHour: number
}

/** When something that takes so many `seconds` may start: from `from` until `until`, both included. */
export interface StartWindow {
  readonly seconds: number
  readonly from: number
  readonly until: number
}

/** Means closer than this, relative to the larger, are equal: sums of floating-point numbers differ in the last digits. */
const TOLERANCE = 1e-9
/** Seconds; of instants since 1970, a double holds fractions of a microsecond. */
const TIME_TOLERANCE = 1e-6

/**
 * The start with the least mean intensity at even power; of equal ones the earliest. A start whose time is not known
 * to the end is none: `undefined` where there is no other. What stands in for gaps in the curve is not used.
 *
 * The integral over a window of fixed length is linear in its start between those at which either end passes a boundary
 * of the curve, so that its least value lies at one of them, or at an end of the time for starts.
 */
export function bestStart(curve: IntensityCurve, window: StartWindow): StartOption | undefined {
  const { seconds, from, until } = window
  const sums = new RunningSums(curve, from, until + seconds)
  const starts = new Set([from, until])
  for (const boundary of sums.boundaries) {
    for (const start of [boundary, boundary - seconds]) {
      if (start > from && start < until) starts.add(start)
    }
  }
  let best: StartOption | undefined
  for (const start of [...starts].sort((a, b) => a - b)) {
    const option = sums.option(start, seconds)
    if (option === undefined) continue
    const least = best?.gramsPerKilowattHour ?? Number.POSITIVE_INFINITY
    if (best === undefined || option.gramsPerKilowattHour < least * (1 - TOLERANCE)) best = option
  }
  return best
}

/** What it is to start at an instant; undefined where the curve has a gap in that time. */
export function startAt(curve: IntensityCurve, start: number, seconds: number): StartOption | undefined {
  return new RunningSums(curve, start, start + seconds).option(start, seconds)
}

/** Covered time, and intensity times time, since the beginning of a stretch of a curve. */
class RunningSums {
  readonly boundaries: number[]
  /** At each boundary. */
  readonly #covered: number[] = []
  readonly #sums: number[] = []
  /** From each boundary on; undefined: a gap. */
  readonly #levels: (number | undefined)[]

  constructor(curve: IntensityCurve, from: number, to: number) {
    const steps = curve.steps.map((step) => ({ ...step, to: step.to ?? Number.POSITIVE_INFINITY }))
    const edges = [from, to, ...steps.flatMap((step) => [step.from, step.to])]
    const inside = edges.filter((edge) => edge >= from && edge <= to)
    this.boundaries = [...new Set(inside)].sort((a, b) => a - b)
    this.#levels = this.boundaries.map((boundary) => curve.at(boundary)?.gramsPerKilowattHour)
    let covered = 0
    let sum = 0
    for (const [index, boundary] of this.boundaries.entries()) {
      this.#covered.push(covered)
      this.#sums.push(sum)
      const seconds = (this.boundaries[index + 1] ?? boundary) - boundary
      const level = this.#levels[index]
      covered += level === undefined ? 0 : seconds
      sum += (level ?? 0) * seconds
    }
  }

  option(start: number, seconds: number): StartOption | undefined {
    const begin = this.#at(start)
    const end = this.#at(start + seconds)
    if (end.covered - begin.covered < seconds - TIME_TOLERANCE) return undefined
    const gramsPerKilowattHour = Math.max(0, (end.sum - begin.sum) / seconds)
    return { from: start, to: start + seconds, gramsPerKilowattHour }
  }

  #at(instant: number): { covered: number; sum: number } {
    const index = this.#indexAt(instant)
    const rest = instant - (this.boundaries[index] as number)
    const level = this.#levels[index]
    return {
      covered: (this.#covered[index] as number) + (level === undefined ? 0 : rest),
      sum: (this.#sums[index] as number) + (level ?? 0) * rest,
    }
  }

  /** Index of the last boundary that is not after an instant. */
  #indexAt(instant: number): number {
    let low = 0
    let high = this.boundaries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.boundaries[middle] as number) <= instant) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
