import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { LONGEST_LINE, ROTATE_AT, readBootId } from '@ergometer/core'

/** So many bytes of lines wait while the event directory is not there yet. */
const MOST_WAITING = 1024 * 1024

/**
 * Appends event lines to a file of this client's own. An append is synchronous and costs microseconds: it works
 * from within a blocked event loop, and no reader can stall it. Trouble is told once and never thrown.
 */
export class EventWriter {
  readonly #directory: string
  readonly #trouble: (error: Error) => void
  #descriptor: number | undefined
  #size = 0
  #waiting: Buffer = Buffer.alloc(0)
  #broken = false

  constructor(directory: string, trouble: (error: Error) => void) {
    this.#directory = directory
    this.#trouble = trouble
    this.#put(processLine())
  }

  /** Appends an event of now; `t`: monotonic nanoseconds, if it happened earlier. */
  write(event: Record<string, unknown>, t: bigint = process.hrtime.bigint()): void {
    // A time in nanoseconds is a JSON number that may exceed what a double holds: it is written as text.
    let line: string
    try {
      line = `{"v":1,"t":${t},${JSON.stringify(event).slice(1)}\n`
    } catch (error) {
      this.#tell(error as Error)
      return
    }
    if (line.length > LONGEST_LINE) {
      this.#tell(new Error(`an event of ${line.length} characters is too long, at most ${LONGEST_LINE}`))
      return
    }
    this.#put(line)
  }

  /** Closes the file; what is written afterwards opens another. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #put(line: string): void {
    const bytes = Buffer.from(line)
    this.#waiting = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, bytes]) : bytes
    try {
      this.#descriptor ??= this.#open()
      // A full disk may take a part: the rest waits, so that no line is torn.
      while (this.#waiting.length > 0) {
        const written = writeSync(this.#descriptor, this.#waiting)
        this.#size += written
        this.#waiting = this.#waiting.subarray(written)
      }
      if (this.#size >= ROTATE_AT) this.#rotate()
    } catch (error) {
      // The recorder makes the directory; until then lines wait.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#tell(error as Error)
      if (this.#waiting.length > MOST_WAITING) this.#waiting = this.#waiting.subarray(0, 0)
    }
  }

  #rotate(): void {
    this.close()
    this.#size = 0
    this.#waiting = Buffer.from(processLine())
  }

  #open(): number {
    const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants
    const path = join(this.#directory, `${process.pid}-${randomBytes(6).toString('hex')}.ndjson`)
    return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0o600)
  }

  #tell(error: Error): void {
    if (!this.#broken) this.#trouble(error)
    this.#broken = true
  }
}

/** First line of a client: who it is, and its rank among those that train together. */
function processLine(): string {
  const bootId = readBootId()
  const told = {
    pid: process.pid,
    bootId: bootId ?? '',
    unixSeconds: Date.now() / 1000,
    ...fromEnvironment('rank', 'RANK'),
    ...fromEnvironment('localRank', 'LOCAL_RANK'),
    ...fromEnvironment('worldSize', 'WORLD_SIZE'),
  }
  return `{"v":1,"t":${process.hrtime.bigint()},"process":${JSON.stringify(told)}}\n`
}

function fromEnvironment(key: string, variable: string): Record<string, number> {
  const value = process.env[variable]
  return value !== undefined && /^\d+$/.test(value) ? { [key]: Number(value) } : {}
}
