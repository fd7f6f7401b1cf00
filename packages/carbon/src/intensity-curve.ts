import { CarbonError } from './carbon-error.ts'
import type { Intensity, IntensityBasis, IntensityKind } from './intensity.ts'
import type { IntensityStep } from './intensity-step.ts'

/** Joules that are spread evenly between two instants, in seconds since 1970 (UTC). */
export interface EnergyStretch {
  readonly from: number
  readonly to: number
  readonly joules: number
}

/** What an amount of energy emits, at a PUE of 1. */
export interface Emissions {
  /** Grams of CO2e of the joules whose intensity is known; absent where it is known of none. */
  readonly gramsCo2e?: number
  /** All the energy. */
  readonly joules: number
  /** The energy whose intensity is known: the rest has no grams. */
  readonly knownJoules: number
  /** Of the known, the energy whose intensity is an estimate, or a yearly figure that stands in. */
  readonly estimatedJoules: number
  /** Of the estimated, the energy for which a yearly figure stands in; absent where it does for none. */
  readonly standInJoules?: number
  /** `estimatedJoules` of `knownJoules`, 0 to 1; 0 where nothing is known. */
  readonly estimatedShare: number
  /** Grams per kilowatt-hour of the known energy, weighted by it; absent where there is none. */
  readonly gramsPerKilowattHour?: number
}

/** A step, and what is left of it after later ones were put over it. */
interface Piece {
  readonly from: number
  readonly to: number
  readonly step: IntensityStep
}

const JOULES_PER_KILOWATT_HOUR = 3.6e6

/**
 * The grid's intensity as a step function of wall time, I(t), of one kind and one basis: what is of another is
 * refused, for a sum of both would mean nothing. Of steps that overlap the one that was added last counts, so a late
 * revision replaces what was known before. `standIn`: a yearly figure for the times that no step covers.
 */
export class IntensityCurve {
  readonly kind: IntensityKind
  readonly basis: IntensityBasis
  readonly standIn: Readonly<Intensity> | undefined
  /** Disjoint and in order. */
  readonly #pieces: Piece[] = []

  /** Throws `INTENSITY_MIXED`, `INTENSITY_INVALID` for steps or a stand-in that cannot be used. */
  constructor(
    labels: { readonly kind: IntensityKind; readonly basis: IntensityBasis },
    steps: Iterable<IntensityStep> = [],
    standIn?: Readonly<Intensity>,
  ) {
    this.kind = labels.kind
    this.basis = labels.basis
    if (standIn) this.#refuseOthers(standIn)
    this.standIn = standIn
    for (const step of steps) this.add(step)
  }

  /** Puts a step over what is known. Throws `INTENSITY_MIXED`, `INTENSITY_INVALID`. */
  add(step: IntensityStep): void {
    const { from, to = Number.POSITIVE_INFINITY } = step
    this.#refuseOthers(step)
    if (!Number.isFinite(from) || !(to > from)) {
      throw new CarbonError(
        'INTENSITY_INVALID',
        `Carbon intensity from ${from} to ${to}: expected seconds since 1970, the end after the beginning`,
      )
    }
    const first = this.#indexAt(from)
    let after = first
    while (after < this.#pieces.length && (this.#pieces[after] as Piece).from < to) after++
    const head = this.#pieces[first]
    const tail = this.#pieces[after - 1]
    const replacement: Piece[] = [{ from, to, step }]
    if (after > first && head && head.from < from) replacement.unshift({ ...head, to: from })
    if (after > first && tail && tail.to > to) replacement.push({ ...tail, from: to })
    this.#pieces.splice(first, after - first, ...replacement)
  }

  /** What holds, as disjoint steps in order: a curve of these alone is the same, whatever was revised. */
  get steps(): IntensityStep[] {
    return this.#pieces.map(({ from, to, step: { to: _, ...figure } }) =>
      to === Number.POSITIVE_INFINITY ? { ...figure, from } : { ...figure, from, to },
    )
  }

  /** The step that holds at an instant, as `from <= instant < to`; undefined in a gap, whatever stands in there. */
  at(instant: number): IntensityStep | undefined {
    const piece = this.#pieces[this.#indexAt(instant)]
    return piece && piece.from <= instant ? piece.step : undefined
  }

  /** The times between two instants that no step covers, in order. */
  gaps(from: number, to: number): { from: number; to: number }[] {
    return [...this.#cover(from, to)]
      .filter(({ step }) => step === undefined)
      .map(({ from, to }) => ({ from, to }))
  }

  /**
   * The integral of I(t) over energy, each stretch spread evenly over its time; all of one without duration is
   * taken at its instant.
   */
  integrate(stretches: Iterable<EnergyStretch>): Emissions {
    let total = 0
    let known = 0
    let estimated = 0
    let standIn = 0
    let gramJoules = 0
    const take = (
      joules: number,
      figure: Readonly<Intensity> | IntensityStep | undefined,
      standsIn: boolean,
    ) => {
      if (figure === undefined) return
      known += joules
      gramJoules += joules * figure.gramsPerKilowattHour
      if (figure.estimated || standsIn) estimated += joules
      if (standsIn) standIn += joules
    }
    for (const { from, to, joules } of stretches) {
      total += joules
      if (to > from) {
        for (const part of this.#cover(from, to)) {
          const share = (part.to - part.from) / (to - from)
          take(joules * share, part.step ?? this.standIn, part.step === undefined)
        }
      } else {
        const step = this.at(from)
        take(joules, step ?? this.standIn, step === undefined)
      }
    }
    return {
      ...(known > 0 || total === 0 ? { gramsCo2e: gramJoules / JOULES_PER_KILOWATT_HOUR } : {}),
      joules: total,
      knownJoules: known,
      estimatedJoules: estimated,
      ...(standIn > 0 ? { standInJoules: standIn } : {}),
      estimatedShare: known > 0 ? Math.min(1, estimated / known) : 0,
      ...(known > 0 ? { gramsPerKilowattHour: gramJoules / known } : {}),
    }
  }

  /** Parts that tile the time between two instants, each with its step, or without in a gap. */
  *#cover(from: number, to: number): Generator<{ from: number; to: number; step?: IntensityStep }> {
    let time = from
    for (let index = this.#indexAt(from); time < to; index++) {
      const piece = this.#pieces[index]
      const begin = Math.min(piece?.from ?? to, to)
      if (begin > time) {
        yield { from: time, to: begin }
        time = begin
      }
      if (piece && time < to) {
        const end = Math.min(piece.to, to)
        yield { from: time, to: end, step: piece.step }
        time = end
      }
    }
  }

  /** Index of the first piece that ends after an instant. */
  #indexAt(instant: number): number {
    let low = 0
    let high = this.#pieces.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#pieces[middle] as Piece).to <= instant) low = middle + 1
      else high = middle
    }
    return low
  }

  #refuseOthers({ kind, basis, gramsPerKilowattHour }: Readonly<Intensity> | IntensityStep): void {
    if (kind !== this.kind || basis !== this.basis) {
      throw new CarbonError(
        'INTENSITY_MIXED',
        `Carbon intensity is ${kind} and ${basis}, where all else is ${this.kind} and ${this.basis}: the two are never mixed; take one source, or sources of one kind and basis`,
      )
    }
    if (!Number.isFinite(gramsPerKilowattHour) || gramsPerKilowattHour < 0) {
      throw new CarbonError(
        'INTENSITY_INVALID',
        `Carbon intensity ${gramsPerKilowattHour} is not usable: expected grams of CO2e per kWh, a finite number of at least 0`,
      )
    }
  }
}
