import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { LONGEST_LINE, parseEventLine, type TimedEvent } from './event-line.ts'
import { processName } from './process-identity.ts'

/** A client begins a new file at this size; a read one may go once a newer one is there. */
export const ROTATE_AT = 4 * 1024 * 1024

/** Seconds without growth after which a file is looked at more seldom. */
const IDLE_AFTER = 5
/** Seconds between two looks at an idle file. */
const IDLE_EVERY = 1
const MOST_FILES = 4096
/** Bytes of one file that are read at one look: one chatty client starves nobody. */
const MOST_AT_ONCE = 4 * 1024 * 1024

interface EventFile {
  readonly name: string
  readonly path: string
  readonly descriptor: number
  readonly decoder: StringDecoder
  /** Who speaks: until a `process` line says so, the file itself. */
  process: string
  position: number
  /** Bytes of the lines that were taken. */
  taken: number
  rest: string
  tooLong: boolean
  grewAt: number
  lookedAt: number
  lookAt: number
  /** When it was written to last, by the last look that found something new. */
  writtenAt: number
}

/** Where a line stands: its file's name, and the bytes up to its end. */
export interface LinePlace {
  readonly file: string
  readonly bytes: number
  /** About when it was written, in monotonic seconds: after the look before, and not later than its file was written to last. */
  readonly written: number
}

/** Called with each event, who said it, and where its line stands. */
export type EventListener = (event: TimedEvent, process: string, place: LinePlace) => void

/** Reads the event files of a directory as they grow. */
export class EventFiles {
  /** Lines that were no events, and files that were no files, so far. */
  bad = 0
  readonly #directory: string
  readonly #files = new Map<string, EventFile>()
  readonly #refused = new Set<string>()
  readonly #buffer = Buffer.alloc(64 * 1024)
  #polledAt = Number.NEGATIVE_INFINITY

  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Reads what was appended since the last look. `now`: monotonic seconds. With `thoroughly`, idle files are
   * looked at too; with `finally`, a last line without its end is taken as well. True when there was anything new.
   */
  poll(now: number, listener: EventListener, how: { thoroughly?: boolean; finally?: boolean } = {}): boolean {
    let grew = this.#findFiles(now)
    for (const file of this.#files.values()) {
      if (!how.thoroughly && !how.finally && now < file.lookAt) continue
      if (this.#read(file, now, listener, how.finally ? Number.POSITIVE_INFINITY : MOST_AT_ONCE)) grew = true
      // What was never ended may be a whole line all the same; if not, it is torn, and nobody's mistake.
      if (how.finally && parseEventLine(file.rest)) this.#take(file, file.rest, listener)
    }
    this.#polledAt = now
    this.#removeRead()
    return grew
  }

  /** Closes all files. */
  close(): void {
    for (const { descriptor } of this.#files.values()) closeSync(descriptor)
    this.#files.clear()
  }

  #findFiles(now: number): boolean {
    let names: string[]
    try {
      names = readdirSync(this.#directory)
    } catch {
      return false
    }
    const before = this.#files.size
    for (const name of names.sort()) {
      if (!name.endsWith('.ndjson') || this.#files.has(name) || this.#refused.has(name)) continue
      if (this.#files.size >= MOST_FILES) break
      const path = join(this.#directory, name)
      const descriptor = openRegular(path)
      if (descriptor === undefined) {
        this.#refused.add(name)
        this.bad++
        continue
      }
      const decoder = new StringDecoder('utf8')
      const times = { grewAt: now, lookedAt: this.#polledAt, lookAt: now, writtenAt: now }
      const start = { position: 0, taken: 0, rest: '', tooLong: false, ...times }
      this.#files.set(name, { name, path, descriptor, decoder, process: name, ...start })
    }
    return this.#files.size > before
  }

  #read(file: EventFile, now: number, listener: EventListener, most: number): boolean {
    let left = most
    let grew = false
    while (left > 0) {
      let length: number
      try {
        length = readSync(file.descriptor, this.#buffer, 0, this.#buffer.length, file.position)
      } catch {
        break
      }
      if (length === 0) break
      if (!grew) file.writtenAt = Math.max(file.lookedAt, now - secondsSinceWritten(file.descriptor))
      grew = true
      left -= length
      file.position += length
      this.#split(file, file.decoder.write(this.#buffer.subarray(0, length)), listener)
    }
    if (grew) file.grewAt = now
    file.lookedAt = now
    file.lookAt = now - file.grewAt > IDLE_AFTER ? now + IDLE_EVERY : now
    return grew
  }

  #split(file: EventFile, text: string, listener: EventListener): void {
    const lines = (file.rest + text).split('\n')
    file.rest = lines.pop() ?? ''
    for (const line of lines) this.#take(file, line, listener)
    if (file.rest.length > LONGEST_LINE) {
      file.rest = ''
      file.tooLong = true
    }
  }

  #take(file: EventFile, line: string, listener: EventListener): void {
    file.taken += Buffer.byteLength(line) + 1
    if (file.tooLong) {
      file.tooLong = false
      this.bad++
      return
    }
    if (line.trim() === '') return
    const timed = parseEventLine(line)
    if (!timed) {
      this.bad++
      return
    }
    if (timed.event.kind === 'process') {
      file.process = processName(timed.event)
    }
    listener(timed, file.process, { file: file.name, bytes: file.taken, written: file.writtenAt })
  }

  /** A file that its client has left for a newer one, and that is read to its end, may go. */
  #removeRead(): void {
    const names = [...this.#files.keys()]
    names.forEach((name, index) => {
      const file = this.#files.get(name)
      if (!file || file.position < ROTATE_AT) return
      const client = name.slice(0, name.indexOf('-') + 1)
      const newer = client !== '' && names.slice(index + 1).some((other) => other.startsWith(client))
      if (!newer || fstatSync(file.descriptor).size > file.position) return
      closeSync(file.descriptor)
      this.#files.delete(name)
      this.#refused.add(name)
      try {
        unlinkSync(file.path)
      } catch {
        // It stays until the directory goes.
      }
    })
  }
}

/** Rounded up: a line was not written later than that. Of a clock that was set meanwhile nothing is believed. */
function secondsSinceWritten(descriptor: number): number {
  return Math.max(0, Date.now() + 1 - fstatSync(descriptor).mtimeMs) / 1000
}

/** Opens without following links and without waiting for a FIFO's other end; only regular files are read. */
function openRegular(path: string): number | undefined {
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
    const descriptor = openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0))
    if (fstatSync(descriptor).isFile()) return descriptor
    closeSync(descriptor)
  } catch {
    // Gone, or not ours to read.
  }
  return undefined
}
