import type { Emissions, EnergyStretch, Intensity, IntensityCurve } from '@ergometer/carbon'
import { type Factors, JOULES_PER_KILOWATT_HOUR } from './factors.ts'
import type { Interval } from './intervals.ts'
import type { ClockSection, RunClock } from './run-clock.ts'

/** Energy between two seconds of the run, in joules. */
export type EnergyBetween = (from: number, to: number) => number

/** Part of a run over which the intensity is one, as it is at an instant of wall time, in seconds since 1970: there, or before. */
interface Piece extends Interval {
  readonly instant: number
}

/**
 * What stretches of a run emit, at a PUE of 1: the integral of I(t) dE(t). The run is cut where the intensity changes; in between
 * the energy curve is read at both ends alone, so that nothing depends on how densely it was written.
 */
export class RunEmissions {
  readonly #clock: RunClock
  readonly #energy: EnergyBetween
  readonly #flat: Intensity
  readonly #curve: IntensityCurve | undefined
  readonly #pieces: readonly Piece[]

  /** `energy`: of all counted domains. `until`: the run's end in seconds. */
  constructor(
    { intensity, curve }: Pick<Factors, 'intensity' | 'curve'>,
    clock: RunClock,
    energy: EnergyBetween,
    until: number,
  ) {
    this.#clock = clock
    this.#energy = energy
    this.#flat = intensity
    this.#curve = curve
    this.#pieces = curve ? piecesOf(curve, clock, until) : []
  }

  /**
   * Of disjoint intervals, and of energies that are known by themselves, each spread evenly over its interval. `joules`: of all of it,
   * where they are known already.
   */
  of(
    intervals: readonly Interval[],
    apart: readonly (Interval & { joules: number })[] = [],
    joules?: number,
  ): Emissions {
    const curve = this.#curve
    if (!curve) return flatEmissions(joules ?? this.#sum(intervals, apart), this.#flat)
    return curve.integrate([
      ...intervals.flatMap((interval) => this.#stretches(interval)),
      ...apart.map(({ from, to, joules }) => ({ ...this.#wall(from, to), joules })),
    ])
  }

  #sum(intervals: readonly Interval[], apart: readonly { joules: number }[]): number {
    let sum = 0
    for (const { from, to } of intervals) sum += this.#energy(from, to)
    for (const { joules } of apart) sum += joules
    return sum
  }

  /** The mean intensity over the time between two seconds, in g/kWh; undefined where it is known of none. */
  meanOverTime(from: number, to: number): number | undefined {
    if (!this.#curve) return this.#flat.gramsPerKilowattHour
    return this.#curve.integrate([{ ...this.#wall(from, to), joules: 1 }]).gramsPerKilowattHour
  }

  /** Pieces of an interval, each at the instant since which its intensity holds: the integral is then of steps alone. */
  #stretches({ from, to }: Interval): EnergyStretch[] {
    const stretches: EnergyStretch[] = []
    for (let index = this.#indexAt(from); index < this.#pieces.length; index++) {
      const piece = this.#pieces[index] as Piece
      if (piece.from >= to) break
      const joules = this.#energy(Math.max(from, piece.from), Math.min(to, piece.to))
      stretches.push({ from: piece.instant, to: piece.instant, joules })
    }
    return stretches
  }

  #wall(from: number, to: number): Interval {
    const begin = this.#clock.milliseconds(from) / 1000
    return { from: begin, to: begin + to - from }
  }

  /** Index of the first piece that ends after a time. */
  #indexAt(time: number): number {
    let low = 0
    let high = this.#pieces.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#pieces[middle] as Piece).to <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Emissions at one intensity for all times. */
function flatEmissions(joules: number, { gramsPerKilowattHour, estimated }: Intensity): Emissions {
  return {
    gramsCo2e: (joules / JOULES_PER_KILOWATT_HOUR) * gramsPerKilowattHour,
    joules,
    knownJoules: joules,
    estimatedJoules: estimated ? joules : 0,
    estimatedShare: estimated ? 1 : 0,
    gramsPerKilowattHour,
  }
}

/** The run, cut wherever the intensity or the clock makes a step. */
function piecesOf(curve: IntensityCurve, clock: RunClock, until: number): Piece[] {
  const steps = [...new Set(curve.steps.flatMap(({ from, to = Number.POSITIVE_INFINITY }) => [from, to]))]
  const pieces: Piece[] = []
  let next = 0
  for (const section of clock.sections(0, until)) {
    const timeOf = (wall: number) => section.from + secondsFrom(section, wall)
    // Wall time may have stepped back.
    while (next > 0 && timeOf(steps[next - 1] as number) > section.from) next--
    while (next < steps.length && timeOf(steps[next] as number) <= section.from) next++
    let from = section.from
    const cut = (to: number): void => {
      // What holds since the step before holds here.
      const instant = steps[next - 1] ?? Number.NEGATIVE_INFINITY
      if (to > from) pieces.push({ from, to, instant })
      from = Math.max(from, to)
    }
    for (; next < steps.length; next++) {
      const time = timeOf(steps[next] as number)
      if (time >= section.to) break
      cut(time)
    }
    cut(section.to)
  }
  return pieces
}

/** Seconds from the begin of a section to an instant of wall time: of two large numbers, without losing what is small. */
function secondsFrom({ milliseconds }: ClockSection, wall: number): number {
  const whole = Math.floor(milliseconds / 1000)
  return wall - whole - (milliseconds - whole * 1000) / 1000
}
