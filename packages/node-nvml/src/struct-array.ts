import { INSUFFICIENT_SIZE } from './nvml-error.ts'

/** More than this many are never asked for, whatever the driver says that it has. */
const MOST = 65_536

/** Memory for an array of structures, which every call reuses and which grows when NVML has more to say. */
export class StructArray {
  readonly #stride: number
  readonly #count = new Uint32Array(1)
  #capacity: number
  #view: DataView

  constructor(stride: number, capacity: number) {
    this.#stride = stride
    this.#capacity = capacity
    this.#view = new DataView(new ArrayBuffer(stride * capacity))
  }

  /** Room for so many structures. */
  reserve(capacity: number): DataView {
    if (capacity > this.#capacity) {
      this.#capacity = capacity
      this.#view = new DataView(new ArrayBuffer(this.#stride * capacity))
    }
    return this.#view
  }

  /** What the last call filled. */
  get view(): DataView {
    return this.#view
  }

  /** How many it filled. */
  get length(): number {
    return Math.min(this.#count[0] as number, this.#capacity)
  }

  /** Calls NVML with room for the structures, and again with more room as long as it has more. Returns its code. */
  fill(call: (view: DataView, count: Uint32Array) => number): number {
    for (;;) {
      this.#count[0] = this.#capacity
      const code = call(this.#view, this.#count)
      if (code !== INSUFFICIENT_SIZE || this.#capacity === MOST) return code
      this.reserve(Math.min(MOST, Math.max(2 * this.#capacity, this.#count[0])))
    }
  }
}
