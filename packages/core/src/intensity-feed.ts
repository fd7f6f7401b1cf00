import { IntensityCurve, type IntensitySource, type IntensityStep, yearlyStandIn } from '@ergometer/carbon'

/** Seconds between two questions to a source: what it tells is revised for a while, and the next figure comes. */
const LOOK_EVERY = 300
/** So many seconds are asked for again each time, for revisions. */
const LOOK_BACK = 6 * 3600
/** Gaps that are older are not asked for any more. */
const LONGEST_LOOK_BACK = 7 * 86_400
/** So many lines of intensity a journal takes. */
const MOST_STEPS = 20_000

/** A source that the recorder is to open, when its run has begun. */
export interface IntensityOrigin {
  readonly name: string
  /** `signal` is aborted when nobody waits for an answer any more. */
  open(signal: AbortSignal): Promise<IntensitySource>
}

/** What a feed is made of its world. */
export interface FeedWorld {
  /** Wall time, in seconds since 1970. */
  readonly wall: () => number
  /** Takes what is new, or revised. */
  readonly write: (step: IntensityStep) => void
  /** Is told what goes wrong, in one line. */
  readonly trouble: (message: string) => void
}

/**
 * Asks a source for the grid's intensity while a run is recorded. Nothing here ever throws, and nobody waits for it longer than
 * they say. What it came to know is `curve`.
 */
export class IntensityFeed {
  #curve: IntensityCurve
  readonly #origin: IntensityOrigin
  readonly #world: FeedWorld
  readonly #begin: number
  readonly #abort = new AbortController()
  readonly #told = new Map<number, string>()
  #source: IntensitySource | undefined
  #asking: Promise<void> | undefined
  #next = 0
  #last: IntensityStep | undefined

  /** `curve`: of nothing so far, with its stand-in. `begin`: of the run, in seconds since 1970. */
  constructor(origin: IntensityOrigin, curve: IntensityCurve, begin: number, world: FeedWorld) {
    this.#origin = origin
    this.#curve = curve
    this.#begin = begin
    this.#world = world
  }

  /** What is known so far. */
  get curve(): IntensityCurve {
    return this.#curve
  }

  /** Grams per kilowatt-hour by which live totals go: of now, else the last that is known, else what stands in. */
  get gramsPerKilowattHour(): number | undefined {
    const known = this.#curve.at(this.#world.wall()) ?? this.#last ?? this.#curve.standIn
    return known?.gramsPerKilowattHour
  }

  /** The stand-in has become known: that of `curve`, of whose kind and basis the figures are. */
  standInBy({ standIn }: IntensityCurve): void {
    const { kind, basis, steps } = this.#curve
    if (standIn?.kind === kind && standIn.basis === basis)
      this.#curve = new IntensityCurve({ kind, basis }, steps, standIn)
  }

  /** Asks if it is time to. */
  tick(): void {
    if (this.#world.wall() >= this.#next) void this.#ask()
  }

  /** The run is over: asks once more if something is missing. Settles when nothing can come any more. */
  async last(): Promise<void> {
    await this.#asking
    if (this.#curve.gaps(this.#begin, this.#now()).length > 0) await this.#ask()
  }

  /** Gives up whatever is still asked for. */
  close(): void {
    this.#abort.abort()
  }

  #now(): number {
    return Math.max(this.#world.wall(), this.#begin + 1)
  }

  #ask(): Promise<void> {
    this.#next = this.#world.wall() + LOOK_EVERY
    this.#asking ??= this.#look().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #look(): Promise<void> {
    const now = this.#now()
    const gap = this.#curve.gaps(this.#begin, now)[0]?.from ?? now
    const from = Math.max(this.#begin, Math.min(gap, now - LOOK_BACK), now - LONGEST_LOOK_BACK)
    try {
      const source = await this.#open()
      const steps = await source.history(from, now)
      if (!this.#abort.signal.aborted) for (const step of steps) this.#take(step)
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#world.trouble(this.#troubleText(error))
    }
  }

  async #open(): Promise<IntensitySource> {
    if (this.#source) return this.#source
    const source = await this.#origin.open(this.#abort.signal)
    const { kind, basis, zone } = source
    if (this.#curve.kind !== kind || this.#curve.basis !== basis) {
      this.#curve = new IntensityCurve(source, [], yearlyStandIn(zone, source))
    }
    this.#source = source
    return source
  }

  /** What is told again without a change is no news. */
  #take(step: IntensityStep): void {
    const text = JSON.stringify(step)
    if (this.#told.get(step.from) === text) return
    if (this.#told.size >= MOST_STEPS && !this.#told.has(step.from)) {
      this.#world.trouble(
        `Intensity source ${this.#origin.name}: more than ${MOST_STEPS} figures: the rest is left out`,
      )
      return
    }
    this.#curve.add(step)
    this.#told.set(step.from, text)
    if (!this.#last || step.from >= this.#last.from) this.#last = step
    this.#world.write(step)
  }

  /** What went wrong, and what is done about it. */
  #troubleText(error: unknown): string {
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0]
    const { standIn } = this.#curve
    const instead = standIn
      ? `${standIn.zone ?? 'the'} ${standIn.period === undefined ? 'figure' : `yearly figure of ${standIn.period}`} stands in where it tells nothing: ${standIn.gramsPerKilowattHour} g/kWh`
      : 'energy has no grams where it tells nothing'
    return `${why}; ${instead}`
  }
}
