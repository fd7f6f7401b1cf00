import { after, secondsToGrid } from '@ergometer/meter'
import { replaceIfPossible, TAKEN_FILE } from './event-directory.ts'
import { EventFiles, type EventListener, type LinePlace } from './event-files.ts'
import type { ClientEvent, TimedEvent } from './event-line.ts'
import type { Recording } from './recording.ts'
import { TakenFiles } from './taken-files.ts'

/** Seconds between two looks at the event files, and the most while nothing comes. */
const LOOK_EVERY = 0.1
const LOOK_IDLE = 0.5
/** Seconds without a look after which this process was held up: what waits to be read is older than the look. */
const HELD_UP = 1

/** The first moment of a run, in seconds: what happens at 0 came before it. */
const FIRST = 1e-6

/** Says that a training is over. */
export type EndEvent = Extract<ClientEvent, { kind: 'end' }>

/** The run whose event files are followed. */
export interface FollowedRun {
  /** Before each look. */
  looking(recording: Recording): void
  /** After each look: what was said is in the recording, and the rows that were due are written. */
  looked(recording: Recording): void
  /** The owner says that the run is over; `time`: monotonic seconds, absent: now. */
  ended(event: EndEvent, time: number | undefined): void
}

/** Follows the event files of a run, and lets its rows be written in time: none before the events of its second are read. */
export class EventFollower {
  readonly #directory: string
  readonly #owner: string | undefined
  readonly #run: FollowedRun
  readonly #clock: () => number
  readonly #files: EventFiles
  readonly #taken = new TakenFiles()
  #recording: Recording | undefined
  #origin = 0
  #endAt = Number.POSITIVE_INFINITY
  #lookEvery = LOOK_EVERY
  #lookedAt = 0
  #hearing = false
  #badSaid = 0
  #stopped = false
  #cancel: () => void = () => {}

  /** `owner`: name of the process whose `end` is the run's; `clock`: monotonic seconds of the host. */
  constructor(directory: string, owner: string | undefined, run: FollowedRun, clock: () => number) {
    this.#directory = directory
    this.#owner = owner
    this.#run = run
    this.#clock = clock
    this.#files = new EventFiles(directory)
  }

  /** From here on a look finds what to tell a recording; its run began at `origin`, in monotonic seconds. */
  begin(recording: Recording, origin: number): void {
    this.#recording = recording
    this.#origin = origin
    this.#lookedAt = this.#clock()
  }

  /** Looks again and again from now on. */
  tick(): void {
    if (this.#stopped) return
    this.#catchUp()
    this.#cancel = after(secondsToGrid(this.#clock(), this.#lookEvery), () => this.tick())
  }

  /** Something is waiting in the event files: looks now. */
  look(): void {
    this.#advance(true)
  }

  /** Readings were taken: looks if a row is due. */
  taken(): void {
    if (Math.floor(this.#now()) > (this.#recording?.settled ?? 0)) this.#catchUp()
  }

  /** No more looks but the last. */
  stop(): void {
    this.#cancel()
    this.#stopped = true
  }

  /** Hears what is left, down to a line without its end; `at`: the end of the run, in its seconds. */
  close(at: number): void {
    this.#endAt = at
    if (this.#recording) this.#poll(this.#recording, { finally: true })
    this.#files.close()
  }

  #now(): number {
    return this.#clock() - this.#origin
  }

  /** After a standstill the run may be over already: no row is written before what was said meanwhile is heard. */
  #catchUp(): void {
    if (this.#hearing) return
    if (this.#clock() - this.#lookedAt <= HELD_UP) {
      this.#advance()
      return
    }
    this.#hearing = true
    setImmediate(() =>
      setImmediate(() => {
        this.#hearing = false
        this.#advance()
      }),
    )
  }

  #advance(thoroughly = false): void {
    const recording = this.#recording
    if (!recording || this.#stopped) return
    this.#lookedAt = this.#clock()
    this.#run.looking(recording)
    // No row is written before the events of its second are read.
    const now = this.#now()
    const grew = this.#poll(recording, { thoroughly: thoroughly || now >= recording.settled + 1 })
    if (grew) this.#poll(recording, { thoroughly: true })
    // Its last event may have ended the run, at a time of its own.
    if (this.#stopped) return
    this.#lookEvery = grew ? LOOK_EVERY : Math.min(LOOK_IDLE, this.#lookEvery * 2)
    recording.settle(now)
    const taken = this.#taken.settle(recording.settled)
    if (taken !== undefined) replaceIfPossible(this.#directory, TAKEN_FILE, taken)
    this.#run.looked(recording)
  }

  #poll(recording: Recording, how: { thoroughly?: boolean; finally?: boolean }): boolean {
    const hear: EventListener = (event, client, place) => this.#hear(recording, event, client, place)
    const grew = this.#files.poll(this.#clock(), hear, how)
    const count = this.#files.bad - this.#badSaid
    this.#badSaid = this.#files.bad
    const message = 'event lines that could not be understood were left out (see docs/events.md)'
    if (count > 0) recording.health.add({ severity: 'warning', code: 'bad-event-line', message, count })
    return grew
  }

  #hear(recording: Recording, { event, time }: TimedEvent, client: string, place: LinePlace): void {
    const now = this.#now()
    const at = time === undefined ? this.#writtenAt(place) : time - this.#origin
    if (time === undefined) this.#taken.add(at, place)
    const told =
      event.kind === 'reading' && event.from !== undefined
        ? { ...event, from: event.from - this.#origin }
        : event
    if (!recording.addEvent(told, at, now, client)) {
      recording.health.add({
        severity: 'info',
        code: 'event-refused',
        message: `an event of kind '${event.kind}' made no sense (a phase that ends before it begins, a reading of an unknown domain) and was left out`,
      })
    }
    if (event.kind === 'end' && client === this.#owner) this.#run.ended(event, time)
  }

  /** What was written without a time before the run's end belongs to the run, though it is read after it. */
  #writtenAt({ written }: LinePlace): number {
    return Math.max(FIRST, Math.min(written - this.#origin, this.#endAt))
  }
}
