/**
 * What a counter that starts at 0 has counted, from its samples: the last one, and the last before each reset. Nothing is
 * extrapolated, unlike with `increase`: what the counter showed first was counted since its start too.
 */
export class StoredCounter {
  #carried = 0
  #last: number | undefined
  #seen = Number.NEGATIVE_INFINITY

  /** Absent before the first sample. */
  get total(): number | undefined {
    return this.#last === undefined ? undefined : this.#carried + this.#last
  }

  /** Takes a sample; one that is not later than those before tells nothing, nor does what no counter shows. */
  add(seconds: number, value: number): void {
    if (seconds <= this.#seen || !Number.isFinite(value) || value < 0) return
    if (this.#last !== undefined && value < this.#last) this.#carried += this.#last
    this.#last = value
    this.#seen = seconds
  }
}
