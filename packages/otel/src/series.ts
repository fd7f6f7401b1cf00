import { KnownAttributes, type PointAttributes } from './known-attributes.ts'
import type { METRICS } from './names.ts'
import type { Point } from './points.ts'

type Key = keyof typeof METRICS

/** Metrics whose values only rise; all others are gauges. */
export const COUNTERS: ReadonlySet<Key> = new Set([
  'hardwareEnergy',
  'hostEnergy',
  'runEnergy',
  'runEmissions',
  'runWork',
  'failures',
])

/** What the hardware takes, whichever runs go on: of runs at the same time only one tells it. */
const OF_HARDWARE: ReadonlySet<Key> = new Set([
  'hardwareEnergy',
  'hardwarePower',
  'hostEnergy',
  'hostPower',
  'failures',
  'coverage',
  'intensity',
])

/** Values by metric and attributes. */
class Values {
  readonly #values = new Map<Key, Map<PointAttributes, number>>()

  of(metric: Key): Map<PointAttributes, number> {
    const known = this.#values.get(metric)
    if (known) return known
    const values = new Map<PointAttributes, number>()
    this.#values.set(metric, values)
    return values
  }

  clear(): void {
    for (const values of this.#values.values()) values.clear()
  }

  each(told: (metric: Key, value: number, attributes: PointAttributes) => void): void {
    for (const [metric, values] of this.#values) {
      for (const [attributes, value] of values) told(metric, value, attributes)
    }
  }
}

/**
 * The series of a process that has one run after another, or several at once: counters go on from run to run and never fall, gauges
 * are those of the runs that go on.
 */
export class Series {
  /** To make the points with: equal attributes are one object. */
  readonly attributes = new KnownAttributes()
  readonly #sums = new Values()
  readonly #gauges = new Values()
  readonly #seen = new WeakMap<object, Values>()

  /** Forgets the gauges: they are told anew with each look. */
  begin(): void {
    this.#gauges.clear()
  }

  /** Takes the points of a run, made with `attributes`; `hardware`: whether it is the one that tells of the hardware. */
  take(run: object, points: readonly Point[], hardware: boolean): void {
    const seen = this.#seen.get(run) ?? new Values()
    this.#seen.set(run, seen)
    for (const { metric, value, attributes } of points) {
      const told = hardware || !OF_HARDWARE.has(metric)
      if (!COUNTERS.has(metric)) {
        if (told) this.#gauges.of(metric).set(attributes, value)
        continue
      }
      const before = seen.of(metric)
      const step = value - (before.get(attributes) ?? 0)
      // A value that is not a number, or falls, makes no step.
      if (!(step >= 0)) continue
      before.set(attributes, value)
      if (!told) continue
      const sums = this.#sums.of(metric)
      sums.set(attributes, (sums.get(attributes) ?? 0) + step)
    }
  }

  /** Tells all series by now. */
  each(told: (metric: Key, value: number, attributes: PointAttributes) => void): void {
    this.#sums.each(told)
    this.#gauges.each(told)
  }
}
