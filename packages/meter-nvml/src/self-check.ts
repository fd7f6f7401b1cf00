/** Seconds over which counter and power are compared, and seconds from one comparison to the next while they agree. */
const WINDOW = 5
const EVERY = 60
/** Power samples further apart than this are no window. */
const APART = 1
/** So much they may differ: part-time sensors and edges make up for less. */
const TOLERANCE = 0.15
/** So many windows in a row must disagree: a load that changes at an edge is no fault. */
const WINDOWS = 2

/** Counter and power of a GPU that contradict each other. */
export interface Disagreement {
  readonly counterWatts: number
  readonly powerWatts: number
  /** Their difference, as a share of the power. */
  readonly relative: number
}

/** Compares a counter with the integral of a power sensor, now and then. Pure: readings in, verdicts out. */
export class SelfCheck {
  #begin: { readonly time: number; readonly joules: number } | undefined
  #last: { readonly time: number; readonly watts: number } | undefined
  #integral = 0
  #strikes = 0
  #idleUntil = Number.NEGATIVE_INFINITY

  /** True while power samples are wanted. `now`: monotonic seconds. */
  wants(now: number): boolean {
    return now >= this.#idleUntil
  }

  /** Takes counter and power of an instant; the verdict, if they disagree for good. */
  add(time: number, joules: number, watts: number): Disagreement | undefined {
    const [begin, last] = [this.#begin, this.#last]
    if (!begin || !last || time - last.time > APART || joules < begin.joules) {
      this.#restart(time, joules, watts)
      return undefined
    }
    this.#integral += ((last.watts + watts) / 2) * (time - last.time)
    this.#last = { time, watts }
    const seconds = time - begin.time
    if (seconds < WINDOW) return undefined
    const counterWatts = (joules - begin.joules) / seconds
    const powerWatts = this.#integral / seconds
    const relative = Math.abs(counterWatts - powerWatts) / powerWatts
    this.#restart(time, joules, watts)
    this.#strikes = relative > TOLERANCE ? this.#strikes + 1 : 0
    if (this.#strikes === 0) this.#rest(time)
    return this.#strikes >= WINDOWS ? { counterWatts, powerWatts, relative } : undefined
  }

  #restart(time: number, joules: number, watts: number): void {
    this.#begin = { time, joules }
    this.#last = { time, watts }
    this.#integral = 0
  }

  #rest(time: number): void {
    this.#idleUntil = time + EVERY - WINDOW
    this.#begin = undefined
  }
}
