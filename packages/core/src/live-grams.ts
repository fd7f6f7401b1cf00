import { JOULES_PER_KILOWATT_HOUR } from './factors.ts'

/**
 * Grams of a run while it goes on, where the intensity changes: each joule at the intensity at which it became known. They never
 * fall; what is revised later corrects the report. Energy that comes before any intensity waits for one.
 */
export class LiveGrams {
  #joules = 0
  #grams: number | undefined

  /** Grams for the joules so far; `gramsPerKilowattHour`: of now, with all other factors in it. Undefined while nothing is known. */
  upTo(joules: number, gramsPerKilowattHour: number | undefined): number | undefined {
    if (gramsPerKilowattHour === undefined) return this.#grams
    const fresh = Math.max(0, joules - this.#joules)
    this.#joules = Math.max(this.#joules, joules)
    this.#grams = (this.#grams ?? 0) + (fresh / JOULES_PER_KILOWATT_HOUR) * gramsPerKilowattHour
    return this.#grams
  }
}
