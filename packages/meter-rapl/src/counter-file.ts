import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** Seconds without a change after which it is worth asking whether the open file is still the one in the tree. */
const STANDSTILL = 1
/** More than any number has: what fills it is no number. */
const MOST_BYTES = 64

/**
 * A file that holds one number, kept open and read at its start: at a read no name is looked up, and no text or
 * object made. It is opened anew by its path after a failed read, and when another file has taken its place.
 */
export class CounterFile {
  readonly path: string
  readonly #buffer = Buffer.alloc(MOST_BYTES)
  #descriptor: number | undefined
  #value = -1
  #changedAt = 0

  constructor(path: string) {
    this.path = path
  }

  /** The number now. `now`: monotonic seconds. Throws what the file system throws, or an Error for what is no number. */
  read(now: number): number {
    if (this.#descriptor === undefined) return this.#readAnew(now)
    let value: number
    try {
      value = this.#readOpen(this.#descriptor)
    } catch {
      return this.#readAnew(now)
    }
    if (value !== this.#value) {
      this.#value = value
      this.#changedAt = now
    } else if (now - this.#changedAt > STANDSTILL) {
      this.#changedAt = now
      if (this.#isReplaced(this.#descriptor)) return this.#readAnew(now)
    }
    return value
  }

  #readAnew(now: number): number {
    this.close()
    const descriptor = openSync(this.path, 'r')
    this.#descriptor = descriptor
    try {
      this.#value = this.#readOpen(descriptor)
    } catch (error) {
      this.close()
      throw error
    }
    this.#changedAt = now
    return this.#value
  }

  #readOpen(descriptor: number): number {
    return parseDigits(this.#buffer, readSync(descriptor, this.#buffer, 0, MOST_BYTES, 0))
  }

  /** True when the path leads to another file than the open one, or nowhere. */
  #isReplaced(descriptor: number): boolean {
    const open = fstatSync(descriptor)
    const there = statSync(this.path, { throwIfNoEntry: false })
    return there === undefined || there.ino !== open.ino || there.dev !== open.dev
  }

  /** Gives the descriptor back; a later read opens the file again. */
  close(): void {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor === undefined) return
    try {
      closeSync(descriptor)
    } catch {
      // It is gone either way.
    }
  }
}

const ZERO = 48
const NINE = 57
const SPACE = 32

/** The decimal number at the start of a buffer, up to white space or its end. */
function parseDigits(buffer: Buffer, length: number): number {
  let value = 0
  let at = 0
  for (; at < length; at++) {
    const byte = buffer[at] as number
    if (byte <= SPACE) break
    if (byte < ZERO || byte > NINE) throw new Error('expected a decimal number')
    value = value * 10 + (byte - ZERO)
  }
  if (at === 0) throw new Error('expected a decimal number, found nothing')
  if (at === MOST_BYTES) throw new Error('expected a decimal number, found a longer text')
  return value
}
