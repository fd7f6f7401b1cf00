import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Seconds without a change after which it is worth asking whether the open file is still the one in the tree. */
const STANDSTILL = 1
const DIGITS = 32

/**
 * A file that holds one number, kept open and read at its start: no name is looked up and nothing is allocated
 * at a read. It is opened anew by its path after a failed read, and when the open file was unlinked.
 */
export class CounterFile {
  readonly path: string
  readonly #buffer = Buffer.alloc(DIGITS)
  #descriptor: number | undefined
  #value = -1
  #changedAt = 0

  constructor(path: string) {
    this.path = path
  }

  /** The number now. `now`: monotonic seconds. Throws what the file system throws, or an Error for what is no number. */
  read(now: number): number {
    try {
      const value = this.#readOpen()
      if (value !== this.#value) {
        this.#value = value
        this.#changedAt = now
      } else if (now - this.#changedAt > STANDSTILL) {
        this.#changedAt = now
        if (this.#isUnlinked()) return this.#readAnew()
      }
      return value
    } catch (error) {
      this.close()
      throw error
    }
  }

  #readAnew(): number {
    this.close()
    this.#value = this.#readOpen()
    return this.#value
  }

  #readOpen(): number {
    this.#descriptor ??= openSync(this.path, 'r')
    const length = readSync(this.#descriptor, this.#buffer, 0, DIGITS, 0)
    return parseDigits(this.#buffer, length)
  }

  #isUnlinked(): boolean {
    return this.#descriptor !== undefined && fstatSync(this.#descriptor).nlink === 0
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
const LINE_FEED = 10

/** The decimal number at the start of a buffer, up to a line feed or its end. */
function parseDigits(buffer: Buffer, length: number): number {
  let value = 0
  let at = 0
  for (; at < length; at++) {
    const byte = buffer[at] as number
    if (byte === LINE_FEED) break
    if (byte < ZERO || byte > NINE) throw new Error('expected a decimal number')
    value = value * 10 + (byte - ZERO)
  }
  if (at === 0) throw new Error('expected a decimal number, found nothing')
  return value
}
