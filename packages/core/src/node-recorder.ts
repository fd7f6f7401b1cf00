import { after, secondsToGrid } from '@ergometer/meter'
import type { Factors } from './factors.ts'
import type { HealthEntry } from './health.ts'
import { LiveAccount } from './live-account.ts'
import type { LiveTotals } from './live-totals.ts'
import { MeterGroup } from './meter-group.ts'
import type { MeterSource } from './meter-loop.ts'
import { Recording } from './recording.ts'

/** Seconds that a named meter has for loading and checking its options. */
const REFUSAL = 10

/** What a node's recorder needs to know. */
export interface NodeRecorderOptions {
  readonly meters: readonly MeterSource[]
  /** Seconds between two reads, if not each meter's own. */
  readonly interval?: number | undefined
  readonly factors: Factors
}

/** Whom it tells. */
export interface NodeListener {
  /** Totals since its begin, once a second. */
  live(totals: LiveTotals): void
  health(entry: HealthEntry): void
}

/** Reads the meters of a node for as long as it is asked to, and keeps totals alone: there is no run, and nothing is written. */
export class NodeRecorder {
  readonly #meters: MeterGroup
  readonly #listener: NodeListener
  readonly #clock: () => number
  readonly #account: LiveAccount
  readonly #recording: Recording
  readonly #origin: number
  #cancel: () => void = () => {}
  /** What was said before it is known that nothing is refused: a refusal says it once. */
  readonly #early: HealthEntry[] = []
  #started = false

  /** `clock`: monotonic seconds of the host. */
  constructor(options: NodeRecorderOptions, listener: NodeListener, clock: () => number) {
    this.#listener = listener
    this.#clock = clock
    this.#origin = clock()
    this.#account = new LiveAccount(options.factors, undefined)
    this.#recording = new Recording(
      () => {},
      (entry) => {
        if (this.#started) listener.health(entry)
        else this.#early.push(entry)
      },
    )
    this.#meters = new MeterGroup(
      options.meters,
      { clock, soon: (action) => action(this.#recording, this.#origin), taken: () => {} },
      options.interval,
    )
  }

  /** Opens the meters. Resolves when each has told something, or cannot. Throws the MeterError of a named one that refuses its options. */
  async start(): Promise<void> {
    this.#meters.start()
    const refused = await this.#meters.refusal(REFUSAL)
    if (refused) {
      await this.#meters.close()
      throw refused
    }
    this.#started = true
    for (const entry of this.#early.splice(0)) this.#listener.health(entry)
    this.#tick()
    await this.#meters.firstReadings()
  }

  /** A line of a meter. */
  log(
    meter: string,
    message: string,
    { severity = 'info', code = 'meter-message' }: Partial<HealthEntry>,
  ): void {
    this.#recording.health.add({ severity, code, message, meter })
  }

  /** How many domains there are. */
  get domains(): number {
    return this.#recording.domains.length
  }

  #tick(): void {
    this.#publish()
    this.#cancel = after(secondsToGrid(this.#clock(), 1), () => this.#tick())
  }

  #publish(): void {
    const monotonic = this.#clock()
    const seconds = monotonic - this.#origin
    this.#recording.settle(seconds)
    const { failures: meters, opening } = this.#meters
    const live = this.#account.totals(this.#recording, { seconds, monotonic, meters, opening })
    if (live) this.#listener.live(live.totals)
  }

  /** Reads a last time, tells the totals, and gives the meters back. */
  async end(): Promise<void> {
    this.#cancel()
    const seconds = this.#clock() - this.#origin
    this.#meters.stop(this.#recording)
    await this.#meters.readLast(this.#recording, seconds)
    this.#publish()
    await this.#meters.close()
  }
}
