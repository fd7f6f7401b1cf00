/** Numbers that are appended one by one, 8 bytes each. */
export class NumberList {
  length = 0
  #values = new Float64Array(1024)

  /** The last number; undefined when there is none. */
  get last(): number | undefined {
    return this.length === 0 ? undefined : this.#values[this.length - 1]
  }

  /** Appends a number. */
  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(Math.ceil(this.length * 1.5))
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length++] = value
  }

  /** The number at an index below `length`. */
  at(index: number): number {
    return this.#values[index] as number
  }

  /** How many numbers are at most `value`, in a list that never falls. */
  countUpTo(value: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at(middle) <= value) low = middle + 1
      else high = middle
    }
    return low
  }
}
