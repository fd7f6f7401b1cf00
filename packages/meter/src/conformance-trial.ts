import { OPEN_DEADLINE, within } from './deadline.ts'
import { declaredDomains } from './declared-domain.ts'
import type { Domain } from './domain.ts'
import type { EnergyMeter, MeterDefinition, ReadingTime, RecordReading } from './meter.ts'
import { type LogDetails, realContext } from './meter-context.ts'
import { isIndex, isObject } from './untrusted.ts'
import type { World } from './world.ts'

/** A reading as the meter gave it, of whatever type, and as the recorder would understand it. */
export interface TrialReading {
  readonly domain: number
  readonly value: unknown
  /** Seconds of the world; NaN for what is no time. */
  readonly time: number
  readonly from?: number
  /** As it was given. */
  readonly given: ReadingTime
  /** Seconds of the world at which it was recorded. */
  readonly now: number
  /** The counter may have begun anew since the reading before. */
  readonly anew: boolean
  /** It came while a read was under way. */
  readonly awaited: boolean
}

/** An accompanying figure as the meter gave it. */
export interface TrialGauge {
  readonly domain: number
  readonly name: unknown
  readonly value: unknown
}

/** A share as the meter gave it, and at which read. */
export interface TrialShare {
  readonly domain: number
  readonly consumer: unknown
  readonly fraction: unknown
  readonly read: number
}

/** A line for health as the meter gave it. */
export interface TrialLine {
  readonly message: unknown
  readonly details: LogDetails | undefined
}

/** Longest time that a read may take, in seconds. */
const READ_SECONDS = 10

/** What `open` returned is no meter, or its domains are none. */
export class WrongDomains extends Error {
  override readonly name = 'WrongDomains'
}

/** A meter that is open in a world, and all that it has said. */
export class Trial {
  readonly world: World
  readonly interval: number
  /** As the meter declares them, checked; an uncertainty that cannot be is left out. */
  readonly domains: readonly Domain[]
  readonly readings: TrialReading[] = []
  readonly gauges: TrialGauge[] = []
  readonly shares: TrialShare[] = []
  readonly uncertainties: unknown[] = []
  readonly lines: readonly TrialLine[]
  readonly meter: EnergyMeter
  readonly #closing: AbortController
  readonly #record: RecordReading
  readonly #restarted = new Set<number>()
  #reads = 0
  #underWay = 0
  #closed = false

  /** Opens a meter. Throws what it throws, or an Error for what is no meter. */
  static async begin(definition: MeterDefinition, options: unknown, world: World): Promise<Trial> {
    const closing = new AbortController()
    const lines: TrialLine[] = []
    const context = realContext({
      ...world.context,
      clock: () => world.seconds,
      log: (message, details) => void lines.push({ message, details }),
      signal: closing.signal,
    })
    const opening = (async () => definition.open(options, context))()
    const meter = await within(OPEN_DEADLINE, opening, () => {
      closing.abort()
      throw new Error(`open: no answer within ${OPEN_DEADLINE} s`)
    })
    try {
      return new Trial(definition, meter, world, closing, lines)
    } catch (cause) {
      closing.abort()
      await meter?.close?.()
      throw cause
    }
  }

  private constructor(
    { interval = 1 }: MeterDefinition,
    meter: EnergyMeter,
    world: World,
    closing: AbortController,
    lines: readonly TrialLine[],
  ) {
    if (typeof meter?.read !== 'function') throw new WrongDomains('open: expected { domains, read }')
    const domains = declaredDomains(withoutWrongUncertainty(meter.domains))
    if (typeof domains === 'string') throw new WrongDomains(domains)
    this.meter = meter
    this.domains = domains
    this.interval = interval
    this.world = world
    this.lines = lines
    this.#closing = closing
    this.#record = this.#recordReading()
  }

  #recordReading(): RecordReading {
    const known = (domain: number): void => {
      if (isIndex(domain, this.domains.length)) return
      throw new RangeError(`domain ${domain} was recorded, expected an index below ${this.domains.length}`)
    }
    const record = (domain: number, value: number, given: ReadingTime = {}): void => {
      known(domain)
      const now = this.world.seconds
      const from = given.from === undefined ? {} : { from: this.#seconds(given.from) }
      const time = given.time === undefined ? now : this.#seconds(given.time)
      const anew = this.#restarted.delete(domain)
      this.readings.push({ domain, value, time, ...from, given, now, anew, awaited: this.#underWay > 0 })
    }
    return Object.assign(record, {
      gauge: (domain: number, name: string, value: number) => {
        known(domain)
        this.gauges.push({ domain, name, value })
      },
      share: (domain: number, consumer: string, fraction: number) => {
        known(domain)
        this.shares.push({ domain, consumer, fraction, read: this.#reads })
      },
      restart: (domain: number) => {
        known(domain)
        this.#restarted.add(domain)
      },
      uncertainty: (domain: number, relative: number) => {
        known(domain)
        this.uncertainties.push(relative)
      },
    })
  }

  /** A time that a meter gave, as seconds of the world. */
  #seconds(time: unknown): number {
    if (typeof time === 'number') return time
    if (Object.prototype.toString.call(time) !== '[object Date]') return Number.NaN
    const wall = this.world.now?.().getTime() ?? Date.now()
    return this.world.seconds - (wall - (time as Date).getTime()) / 1000
  }

  /** Reads once; what was recorded by it. Throws what the meter throws. */
  async read(signal: AbortSignal = new AbortController().signal): Promise<readonly TrialReading[]> {
    const before = this.readings.length
    this.#reads++
    this.#underWay++
    try {
      await this.meter.read(this.#record, signal)
    } finally {
      this.#underWay--
    }
    return this.readings.slice(before)
  }

  /** Reads once, within ten seconds; what was recorded by it, and what was thrown, if anything. */
  async tryRead(): Promise<{ readings: readonly TrialReading[]; thrown?: unknown; failed: boolean }> {
    const before = this.readings.length
    const deadline = new AbortController()
    try {
      const readings = await within(READ_SECONDS, this.read(deadline.signal), () => {
        deadline.abort()
        throw new Error(`read: no answer within ${READ_SECONDS} s`)
      })
      return { readings, failed: false }
    } catch (thrown) {
      return { readings: this.readings.slice(before), thrown, failed: true }
    }
  }

  /** Tells the meter that it is about to be closed. */
  abort(): void {
    this.#closing.abort()
  }

  /** Closes the meter, once. Throws what it throws, or an Error if it takes longer than so many seconds. */
  async close(patience: number): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.abort()
    await this.closeAgain(patience)
  }

  /** Calls the meter's `close`, whether it was called before or not. */
  async closeAgain(patience: number): Promise<void> {
    this.#closed = true
    await within(patience, Promise.resolve(this.meter.close?.()), () => {
      throw new Error(`close: not done within ${patience} s`)
    })
  }
}

function withoutWrongUncertainty(domains: unknown): unknown {
  if (!Array.isArray(domains)) return domains
  return domains.map((domain) => {
    if (!isObject(domain) || !isObject(domain['standardUncertainty'])) return domain
    const { standardUncertainty, ...rest } = domain
    return (standardUncertainty['relative'] as number) > 0 ? domain : rest
  })
}
