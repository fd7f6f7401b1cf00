import type { HealthEntry } from './health.ts'
import { type KindLine, toMillionth } from './journal-line.ts'
import { bootSeconds } from './process-identity.ts'

type ClockLine = Extract<KindLine, { kind: 'clock' }>

/** Seconds between two clock lines, and between two looks at the clocks. */
const LINE_EVERY = 60
const LOOK_EVERY = 1
/** Wall or boot time may stray from monotonic time by so many seconds before it is told. */
const JUMP = 1

/** What a look at the clocks found. */
export interface ClockFinding {
  readonly line: ClockLine
  /** When the machine was suspended. */
  readonly health?: HealthEntry
}

/** Compares the clocks: wall time that steps alone changes nothing, boot time that gains on monotonic time means suspend. */
export class ClockWatch {
  readonly #clock: () => number
  readonly #origin: number
  #last: { monotonic: number; wall: number; boot: number | undefined }
  #told: number
  #looked: number

  /** `clock`: monotonic seconds of the host; `origin`: of those, the run's second 0. */
  constructor(clock: () => number, origin: number) {
    this.#clock = clock
    this.#origin = origin
    this.#last = this.#now()
    this.#told = this.#looked = this.#last.monotonic
  }

  /** Wall time of the run's second 0. */
  get begin(): Date {
    return new Date((this.#last.wall - (this.#last.monotonic - this.#origin)) * 1000)
  }

  /** Wall time, in seconds since 1970. */
  get wall(): number {
    return Date.now() / 1000
  }

  /** A line, if one is due: every minute, and when a clock jumped. */
  look(): ClockFinding | undefined {
    if (this.#clock() - this.#looked < LOOK_EVERY) return undefined
    const before = this.#last
    const now = this.#now()
    this.#looked = now.monotonic
    this.#last = now
    const passed = now.monotonic - before.monotonic
    const stepped = Math.abs(now.wall - before.wall - passed) > JUMP
    const suspended =
      now.boot === undefined || before.boot === undefined ? 0 : now.boot - before.boot - passed
    if (suspended > JUMP) {
      const message = `the machine was suspended for ${suspended.toFixed(0)} s, which is not part of the run`
      return { line: this.line('suspended'), health: { severity: 'warning', code: 'suspended', message } }
    }
    if (stepped) return { line: this.line('wall clock stepped') }
    return now.monotonic - this.#told >= LINE_EVERY ? { line: this.line() } : undefined
  }

  /** A line of now. */
  line(note?: string): ClockLine {
    const { monotonic, wall, boot } = this.#now()
    this.#told = monotonic
    return {
      kind: 'clock',
      t: toMillionth(monotonic - this.#origin),
      monotonic,
      wall: new Date(wall * 1000).toISOString(),
      ...(boot === undefined ? {} : { boot }),
      ...(note ? { note } : {}),
    }
  }

  #now(): { monotonic: number; wall: number; boot: number | undefined } {
    return { monotonic: this.#clock(), wall: Date.now() / 1000, boot: bootSeconds() }
  }
}
