import { type EnergyMeter, type MeterContext, MeterError, type RecordReading } from '@ergometer/meter'
import type { CounterFile } from './counter-file.ts'
import type { ZoneDomain } from './zone-domain.ts'

/** The counters of zones, kept open. */
export class ZoneReader implements EnergyMeter {
  readonly domains: EnergyMeter['domains']
  readonly #files: readonly CounterFile[]
  readonly #context: MeterContext
  /** By zone: why its last read failed, and whether that was said. */
  readonly #failures: unknown[]
  readonly #said: boolean[]

  /** `files`: the counters of the zones, in their order. */
  constructor(zones: readonly ZoneDomain[], files: readonly CounterFile[], context: MeterContext) {
    this.domains = zones.map(({ domain }) => domain)
    this.#files = files
    this.#context = context
    this.#failures = files.map(() => undefined)
    this.#said = files.map(() => false)
  }

  /** Throws a MeterError `RAPL_UNREADABLE` when none of the zones can be read. */
  read(record: RecordReading): void {
    const now = this.#context.clock()
    let failed = 0
    for (let index = 0; index < this.#files.length; index++) {
      const value = this.#value(index, now)
      if (value === undefined) failed++
      else record(index, value)
    }
    if (failed > 0) this.#complain(failed === this.#files.length)
  }

  /** One zone's trouble is its own: the others are read all the same. */
  #value(index: number, now: number): number | undefined {
    try {
      const value = (this.#files[index] as CounterFile).read(now)
      if (this.#failures[index] !== undefined) this.#failures[index] = undefined
      return value
    } catch (error) {
      if (this.#failures[index] === undefined) this.#said[index] = false
      this.#failures[index] = error
      return undefined
    }
  }

  /**
   * Says once of each outage which zone it is. Only when nothing at all can be read the read itself has failed:
   * it would be tried ever more seldom, and with it the zones that are well.
   */
  #complain(all: boolean): void {
    if (all) {
      const message = this.#trouble(0)
      throw new MeterError(message, { outcome: 'retry', code: 'RAPL_UNREADABLE', cause: this.#failures[0] })
    }
    this.#failures.forEach((failure, index) => {
      if (failure === undefined || this.#said[index]) return
      this.#said[index] = true
      const domain = this.domains[index]?.id ?? ''
      this.#context.log(this.#trouble(index), { severity: 'warning', code: 'zone-unreadable', domain })
    })
  }

  /** The kernel says EINVAL when its driver fails: whatever it says, a failed read is no reading, and the next may succeed. */
  #trouble(index: number): string {
    const failure = this.#failures[index] as NodeJS.ErrnoException
    const why = failure.code ?? failure.message
    return `${this.#files[index]?.path}: cannot be read (${why}); once it can, its next reading bridges the gap`
  }

  /** Gives the descriptors back. */
  close(): void {
    for (const file of this.#files) file.close()
  }
}
