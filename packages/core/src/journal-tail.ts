import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { Journal } from './journal.ts'
import type { JournalLine } from './journal-line.ts'
import { decodeLine } from './journal-text.ts'

const CHUNK = 256 * 1024

/** A journal that is being written: each look takes in what has been appended since the one before. */
export class JournalTail {
  readonly #path: string
  readonly #journal = new Journal()
  readonly #decoder = new StringDecoder('utf8')
  #position = 0
  #rest = ''

  constructor(path: string) {
    this.#path = path
  }

  /** The journal as far as it is on the disk. Throws what the file system throws. */
  read(): Journal {
    const file = openSync(this.#path, 'r')
    try {
      const buffer = Buffer.alloc(CHUNK)
      for (;;) {
        const length = readSync(file, buffer, 0, CHUNK, this.#position)
        if (length === 0) return this.#journal
        this.#position += length
        this.#take(this.#decoder.write(buffer.subarray(0, length)))
      }
    } finally {
      closeSync(file)
    }
  }

  /** What has no line feed yet is not written to its end. */
  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const text of lines) {
      const line = text === '' ? undefined : decodeLine(text)
      if (line) this.#journal.add(line as JournalLine)
    }
  }
}
