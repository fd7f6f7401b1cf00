import {
  after,
  type MeterError,
  type MeterHandle,
  POWER_JITTER,
  type ReadResult,
  type Stretch,
  secondsToGrid,
} from '@ergometer/meter'
import { longestInterval } from './counter-step.ts'

/** A meter that is to be read: how to open it, as often as needed. */
export interface MeterSource {
  /** For messages until the meter has told its own name. */
  readonly name: string
  /** True when somebody asked for it: that it cannot work here is then worth a word. */
  readonly wanted: boolean
  /** Seconds by which its readings come late, where that is known before it is opened: until it can be, they are still to come. */
  readonly lateBy?: number | undefined
  /** Calls `loaded` when its options are accepted. Rejects with a MeterError. */
  open(loaded: () => void): Promise<MeterHandle>
}

/** What a loop tells the recorder. */
export interface MeterLoopListener {
  /** The meter was opened, or opened anew; `interval`: seconds between two reads; `delay`: by which readings come late. */
  opened(handle: MeterHandle, interval: number, delay: number): void
  read(handle: MeterHandle, result: ReadResult): void
  /** Something went wrong: opening, or a read. */
  trouble(error: MeterError, handle: MeterHandle | undefined): void
}

/** Longest wait in seconds between two attempts. */
const LONGEST_BACK_OFF = 60
/** A meter in another process is asked for so many seconds of readings at once: each message costs more than a read. */
const STRETCH = 0.5
/** A read may take this many seconds, or its interval if that is longer, up to the most. */
const DEADLINE = 1
const MOST_DEADLINE = 10

/**
 * Reads one meter on a drift-free grid of its own, each read with a deadline, with back-off while it fails,
 * and opens it anew when its process has ended. Nothing it meets is ever thrown.
 */
export class MeterLoop {
  /** Settles when the meter's module and options are accepted; rejects with a MeterError when they are not. */
  readonly loaded: Promise<void>
  /** Settles when there is a first reading, or none is to be expected soon. */
  readonly first: Promise<void>
  /** Settles when the meter has been opened for the first time, or could not be. */
  readonly opened: Promise<void>
  handle: MeterHandle | undefined
  readonly #source: MeterSource
  readonly #listener: MeterLoopListener
  readonly #clock: () => number
  readonly #wanted: number | undefined
  #accept: (error?: MeterError) => void = () => {}
  #begun: () => void = () => {}
  #tried: () => void = () => {}
  #interval = 1
  #jitter = 0
  /** Reads and openings that failed since the last that did not. */
  failures = 0
  /** All that ever failed. */
  failed = 0
  #deaths = 0
  #openedAt = 0
  #cancel: () => void = () => {}
  #reading: Promise<void> | undefined
  #stopped = false
  #refused = false

  /** `interval`: seconds between two reads, if not the meter's own. `clock`: monotonic seconds. */
  constructor(
    source: MeterSource,
    listener: MeterLoopListener,
    clock: () => number,
    interval?: number | undefined,
  ) {
    this.#source = source
    this.#listener = listener
    this.#clock = clock
    this.#wanted = interval
    this.loaded = new Promise((resolve, reject) => {
      this.#accept = (error) => (error ? reject(error) : resolve())
    })
    this.loaded.catch(() => {})
    this.opened = new Promise((resolve) => {
      this.#tried = resolve
    })
    this.first = new Promise((resolve) => {
      this.#begun = resolve
    })
  }

  /** What the meter is called. */
  get name(): string {
    return this.handle?.name ?? this.#source.name
  }

  /** True while the meter has never been opened, and nothing has been heard of it. */
  get opening(): boolean {
    return this.#openedAt === 0 && this.failures === 0
  }

  /** Seconds by which readings come late of a meter that could not be opened so far, but may be later. */
  get awaited(): number | undefined {
    return this.#openedAt === 0 && !this.#refused ? this.#source.lateBy : undefined
  }

  get #stretches(): boolean {
    return this.handle?.cutShort !== undefined && this.#interval <= STRETCH / 2
  }

  /** Opens the meter and begins to read. */
  start(): void {
    void this.#open()
  }

  async #open(): Promise<void> {
    try {
      const handle = await this.#source.open(() => this.#accept())
      this.#accept()
      if (this.#stopped) {
        await handle.close()
        return
      }
      this.handle = handle
      this.#openedAt = this.#clock()
      this.#interval = gridOf(handle, this.#wanted)
      this.#jitter = handle.domains.some(({ reads }) => reads.quantity === 'power') ? POWER_JITTER : 0
      this.#listener.opened(handle, this.#interval, this.#stretches ? STRETCH : 0)
      this.#tried()
      await this.#tick()
    } catch (cause) {
      const error = cause as MeterError
      this.#accept(error)
      this.#fail(error)
      this.#tried()
      this.#refused = error.outcome !== 'retry'
      if (!this.#refused && !this.#stopped) this.#after(this.#backOff(1), () => this.#open())
    }
    this.#begun()
  }

  #after(seconds: number, action: () => Promise<void>): void {
    this.#cancel = after(seconds, () => void action())
  }

  #backOff(interval: number): number {
    return Math.min(LONGEST_BACK_OFF, interval * 2 ** Math.max(0, this.failures - 2))
  }

  #fail(error: MeterError): void {
    this.failures++
    this.failed++
    this.#listener.trouble(error, this.handle)
  }

  async #tick(stretch?: Stretch): Promise<void> {
    const ended = await this.read(Math.min(MOST_DEADLINE, Math.max(DEADLINE, this.#interval)), stretch)
    if (this.#stopped || ended) return
    if (this.handle && !this.handle.alive) {
      this.handle = undefined
      // One that dies again and again is opened ever more seldom, however well it reads in between.
      this.#deaths = this.#clock() - this.#openedAt < LONGEST_BACK_OFF ? this.#deaths + 1 : 1
      const wait = Math.min(1, this.#interval) * 2 ** (this.#deaths - 1)
      this.#after(Math.min(LONGEST_BACK_OFF, wait), () => this.#open())
      return
    }
    const now = this.#clock()
    if (this.failures === 0 && this.#stretches) {
      // One that answers too soon is not asked again before its time.
      const early = stretch === undefined ? 0 : Math.max(0, stretch.until - this.#interval - now)
      const until = now + early + secondsToGrid(now + early, STRETCH)
      this.#after(early, () => this.#tick({ every: this.#interval, until, jitter: this.#jitter }))
      return
    }
    // On its grid: what was missed is not caught up with.
    const step = this.failures === 0 ? this.#interval : this.#backOff(this.#interval)
    this.#after(secondsToGrid(now, step, this.#jitter, Math.random()), () => this.#tick())
  }

  /** Reads once, after a read that is under way. True when the meter has nothing more to give. */
  async read(deadline: number, stretch?: Stretch): Promise<boolean> {
    if (this.#reading) {
      this.handle?.cutShort?.()
      await this.#reading
    }
    const { handle } = this
    if (!handle?.alive) return false
    let ended = false
    this.#reading = handle.read(deadline, stretch).then((result) => {
      this.#listener.read(handle, result)
      if (result.error) this.#fail(result.error)
      // What was read although something failed is worth reading on time.
      if (!result.error || result.readings.length > 0) this.failures = 0
      ended = result.error !== undefined && result.error.outcome !== 'retry'
    })
    await this.#reading
    this.#reading = undefined
    this.#begun()
    return ended
  }

  /** Ends the schedule; the meter stays open for a last `read`. */
  stop(): void {
    this.#stopped = true
    this.#cancel()
    this.#begun()
  }
}

/**
 * Seconds between two reads: as wanted, but never so long that a wrap could be missed, and what reports late, where queries may be
 * billed, never more often than it asks for.
 */
function gridOf(handle: MeterHandle, wanted = handle.interval): number {
  const late = handle.domains.length > 0 && handle.domains.every(({ lateBy }) => lateBy !== undefined)
  const limits = handle.domains.map(({ reads, maxWatts, updatePeriod }) =>
    reads.quantity === 'energy'
      ? longestInterval({ ...reads, maxWatts, updatePeriod })
      : Number.POSITIVE_INFINITY,
  )
  return Math.min(late ? Math.max(wanted, handle.interval) : wanted, ...limits)
}
