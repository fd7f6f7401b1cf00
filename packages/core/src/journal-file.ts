import { type FileHandle, open } from 'node:fs/promises'
import type { JournalLine } from './journal-line.ts'
import { encodeLine } from './journal-text.ts'

/** Seconds between two fsyncs: what a power failure may cost. */
const SYNC_EVERY = 30
/** Characters that wait while the disk takes nothing; beyond, the oldest lines are given up. */
const MOST_WAITING = 64 * 1024 * 1024
/** Seconds between two attempts to write to a disk that took nothing. */
const RETRY_AFTER = 1

/**
 * Appends lines to a journal without ever blocking or throwing: the disk may stall or be full, and recording
 * goes on. What could not be written waits in memory and is tried again.
 */
export class JournalFile {
  readonly #file: FileHandle | undefined
  readonly #trouble: (error: Error) => void
  readonly #clock: () => number
  #waiting: string[] = []
  #underWay: string[] = []
  /** Characters that wait, without those under way. */
  #size = 0
  #writing: Promise<void> | undefined
  #lastSync: number
  #notBefore = 0
  #lost = 0

  private constructor(file: FileHandle | undefined, trouble: (error: Error) => void, clock: () => number) {
    this.#file = file
    this.#trouble = trouble
    this.#clock = clock
    this.#lastSync = clock()
  }

  /** Opens a new journal. Without a path its lines stay in memory. `clock`: monotonic seconds. */
  static async open(
    path: string | undefined,
    trouble: (error: Error) => void,
    clock: () => number,
  ): Promise<JournalFile> {
    const file = path === undefined ? undefined : await open(path, 'ax', 0o600)
    return new JournalFile(file, trouble, clock)
  }

  /** Lines that are not on disk. */
  get unwritten(): readonly string[] {
    return [...this.#underWay, ...this.#waiting]
  }

  /** Takes a line; it is written soon. */
  append(line: JournalLine): void {
    const text = encodeLine(line)
    this.#waiting.push(text)
    this.#size += text.length
    while (this.#size > MOST_WAITING) {
      this.#size -= this.#waiting.shift()?.length ?? 0
      if (this.#lost++ === 0)
        this.#trouble(new Error('the disk took nothing for so long that lines were given up'))
    }
    if (this.#clock() >= this.#notBefore) this.#write()
  }

  /** Waits until everything is written, or could not be. */
  async flush(): Promise<void> {
    this.#notBefore = 0
    this.#write()
    await this.#writing
  }

  /** Writes, syncs and closes. */
  async close(): Promise<void> {
    await this.flush()
    await this.#file?.sync().catch(() => {})
    await this.#file?.close().catch(() => {})
  }

  #write(): void {
    if (!this.#file || this.#waiting.length === 0) return
    this.#writing ??= this.#writeWaiting(this.#file).finally(() => {
      this.#writing = undefined
    })
  }

  async #writeWaiting(file: FileHandle): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        this.#underWay = this.#waiting
        this.#waiting = []
        this.#size = 0
        await appendWhole(file, Buffer.from(`${this.#underWay.join('\n')}\n`))
        this.#underWay = []
      }
      if (this.#clock() - this.#lastSync >= SYNC_EVERY) {
        this.#lastSync = this.#clock()
        file.datasync().catch(() => {})
      }
    } catch (error) {
      this.#waiting = [...this.#underWay, ...this.#waiting]
      this.#underWay = []
      this.#size = this.#waiting.reduce((sum, line) => sum + line.length, 0)
      this.#notBefore = this.#clock() + RETRY_AFTER
      this.#trouble(error as Error)
    }
  }
}

/** Appends all or nothing: of lines that were written in part, the part is taken back, or one would be torn. */
async function appendWhole(file: FileHandle, bytes: Buffer): Promise<void> {
  let written = 0
  try {
    while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten
  } catch (error) {
    if (written > 0) await file.truncate((await file.stat()).size - written)
    throw error
  }
}
