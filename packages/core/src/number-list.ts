/** Numbers that are appended one by one, 8 bytes each: in blocks, so that none is ever copied. */
export class NumberList {
  length = 0
  readonly #blocks: Float64Array[] = []

  /** The last number; undefined when there is none. */
  get last(): number | undefined {
    return this.length === 0 ? undefined : this.at(this.length - 1)
  }

  /** Appends a number. */
  push(value: number): void {
    const block = this.length >>> BITS
    // The first block is small: most journals are short.
    const known = this.#blocks[block]
    if (known === undefined) this.#blocks.push(new Float64Array(block === 0 ? SMALL : BLOCK))
    else if (block === 0 && this.length === SMALL) {
      const larger = new Float64Array(BLOCK)
      larger.set(known)
      this.#blocks[0] = larger
    }
    ;(this.#blocks[block] as Float64Array)[this.length & (BLOCK - 1)] = value
    this.length++
  }

  /** The number at an index below `length`. */
  at(index: number): number {
    return (this.#blocks[index >>> BITS] as Float64Array)[index & (BLOCK - 1)] as number
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

const BITS = 14
const BLOCK = 1 << BITS
const SMALL = 256
