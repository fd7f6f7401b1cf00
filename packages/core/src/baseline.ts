import type { Domain } from '@ergometer/meter'
import { EnergyCurve, type Segment } from './energy-curve.ts'

/** Power of one domain at rest. */
export interface IdlePower {
  readonly watts: number
  /** Of the mean, from the spread of its parts (GUM 4.2.3); absent where there were too few. */
  readonly standardUncertaintyWatts?: number
}

/** The mean is taken over so many parts of the baseline, whose spread tells its uncertainty. */
const PARTS = 10
/** A domain of which less than this share of the baseline is known has no idle power. */
const ENOUGH = 0.9

/** Idle power of one domain, from its readings between two times. Pure: readings in, watts out. */
export class Baseline {
  readonly #curve: EnergyCurve
  readonly #segments: Segment[] = []

  /** `interval`: seconds between two reads. */
  constructor(domain: Domain, interval: number) {
    this.#curve = new EnergyCurve(domain, interval)
  }

  /** Takes a reading. */
  add(time: number, value: number, from?: number): void {
    this.#segments.push(...this.#curve.add(time, value, from).segments)
  }

  /** Idle power between two times in seconds; undefined when too little of it is known. */
  between(from: number, to: number): IdlePower | undefined {
    const { joules, seconds } = this.#known(from, to)
    if (!(seconds >= ENOUGH * (to - from)) || seconds === 0) return undefined
    const watts = joules / seconds
    const length = (to - from) / PARTS
    const parts = Array.from({ length: PARTS }, (_, part) =>
      this.#known(from + part * length, from + (part + 1) * length),
    )
      .filter((part) => part.seconds > 0.5 * length)
      .map((part) => part.joules / part.seconds)
    if (parts.length < 2) return { watts }
    const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length
    const variance = parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / (parts.length - 1)
    return { watts, standardUncertaintyWatts: Math.sqrt(variance / parts.length) }
  }

  #known(from: number, to: number): { joules: number; seconds: number } {
    let joules = 0
    let seconds = 0
    for (const segment of this.#segments) {
      const overlap = Math.min(to, segment.to) - Math.max(from, segment.from)
      if (overlap <= 0) continue
      seconds += overlap
      joules += (segment.joules * overlap) / (segment.to - segment.from)
    }
    return { joules, seconds }
  }
}
