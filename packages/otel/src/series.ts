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

/**
 * The series of a process that has one run after another, or several at once: counters go on from run to run and never fall, gauges
 * are those of the runs that go on.
 */
export class Series {
  readonly #sums = new Map<string, Point>()
  readonly #seen = new WeakMap<object, Map<string, number>>()
  #gauges = new Map<string, Point>()

  /** Forgets the gauges: they are told anew with each look. */
  begin(): void {
    this.#gauges = new Map()
  }

  /** Takes the points of a run; `hardware`: whether it is the one that tells of the hardware. */
  take(run: object, points: readonly Point[], hardware: boolean): void {
    const seen = this.#seen.get(run) ?? new Map<string, number>()
    this.#seen.set(run, seen)
    for (const point of points) {
      const told = hardware || !OF_HARDWARE.has(point.metric)
      const key = keyOf(point)
      if (!COUNTERS.has(point.metric)) {
        if (told) this.#gauges.set(key, point)
        continue
      }
      const step = point.value - (seen.get(key) ?? 0)
      if (step < 0) continue
      seen.set(key, point.value)
      if (!told) continue
      this.#sums.set(key, { ...point, value: (this.#sums.get(key)?.value ?? 0) + step })
    }
  }

  /** All series by now. */
  *points(): Generator<Point> {
    yield* this.#sums.values()
    yield* this.#gauges.values()
  }
}

function keyOf({ metric, attributes }: Point): string {
  let key: string = metric
  for (const name in attributes) key += `\n${name}=${attributes[name]}`
  return key
}
