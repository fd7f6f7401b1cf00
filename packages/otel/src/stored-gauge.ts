import type { FleetScore } from '@ergometer/core'

/** What a gauge has shown. */
export class StoredGauge {
  #seen: Omit<FleetScore, 'name'> | undefined

  /** Absent before the first sample. */
  get seen(): Omit<FleetScore, 'name'> | undefined {
    return this.#seen
  }

  /** Takes a sample; one that is not later than those before tells nothing. */
  add(t: number, value: number): void {
    const seen = this.#seen
    if (!Number.isFinite(value) || (seen && t <= seen.last.t)) return
    this.#seen = {
      first: seen?.first ?? { t, value },
      last: { t, value },
      least: Math.min(value, seen?.least ?? value),
      most: Math.max(value, seen?.most ?? value),
    }
  }
}
