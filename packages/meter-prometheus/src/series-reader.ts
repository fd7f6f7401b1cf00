import { type EnergyMeter, type MeterContext, MeterError, type RecordReading } from '@ergometer/meter'
import { describeSeries, type FoundDomain, partOf } from './find-domains.ts'
import { type Sample, type Series, seriesText } from './series.ts'
import { isKnown, type SeriesRule } from './series-rule.ts'
import type { SeriesSource } from './series-source.ts'

/** Series of which the meter is read, and how to tell those that are this host's. */
export interface Reading {
  readonly source: SeriesSource
  readonly rules: readonly SeriesRule[]
  readonly found: readonly FoundDomain[]
  /** Whether a series is one of those that the options ask for. */
  readonly isTaken: (series: Series) => boolean
}

/** Values by time, in milliseconds; those without one are of now. */
type Values = Map<number | undefined, Map<string, number>>

/** Reads the domains that were found from what a page or server tells now. */
export class SeriesReader implements EnergyMeter {
  readonly domains: EnergyMeter['domains']
  readonly #reading: Reading
  readonly #context: MeterContext
  /** By domain: the time of the newest sample that was recorded. */
  readonly #newest: number[]
  #readAt: number
  #begun = false

  constructor(reading: Reading, context: MeterContext) {
    this.domains = reading.found.map(({ domain }) => domain)
    this.#reading = reading
    this.#context = context
    this.#newest = reading.found.map(() => Number.NEGATIVE_INFINITY)
    this.#readAt = context.clock()
  }

  /** Throws a MeterError: what `fetchText` throws, or `PROMETHEUS_SERIES_ABSENT` when none of the domains is there. */
  async read(record: RecordReading, signal: AbortSignal): Promise<void> {
    const { source, isTaken, found } = this.#reading
    const now = this.#context.clock()
    const series = await source.series(now - this.#readAt, signal, 'retry')
    this.#readAt = now
    const values: Values[] = found.map(() => new Map())
    for (const one of series) if (isTaken(one)) this.#sort(one, values)
    if (values.every((one) => one.size === 0)) {
      const [first] = this.domains
      const which = `${first?.id}${found.length > 1 ? ` and ${found.length - 1} more` : ''}`
      throw absent(`${source.place}: no series of ${which} is there any more`, 'retry')
    }
    for (const [index, one] of values.entries()) this.#record(index, one, record)
    this.#begun = true
  }

  /** Puts the samples of a series to the domain that they are of. */
  #sort(series: Series, values: readonly Values[]): void {
    const { found, rules } = this.#reading
    for (const { rule, thing } of describeSeries(series, rules)) {
      const index = found.findIndex(({ things }) => things.has(thing.id))
      const part = partOf(thing)
      const own = found[index]
      if (own?.rule !== rule && own !== undefined) continue
      const known = series.samples.filter(({ value }) => isKnown(rule, value))
      if (own?.parts.has(part)) add(values[index] as Values, part, known)
      else if (known.length > 0) this.#sayAppeared(series, thing.id)
    }
  }

  #sayAppeared(series: Series, id: string): void {
    this.#context.log(`${seriesText(series)} was not there when the meter was opened: it is not counted`, {
      severity: 'warning',
      code: 'series-appeared',
      domain: id,
    })
  }

  /** Of what is added up every part has to be known; a sample that was recorded before is no news. */
  #record(index: number, values: Values, record: RecordReading): void {
    const { parts, rule } = this.#reading.found[index] as FoundDomain
    const { quantity, size } = rule.unit
    const whole = [...values].filter(([, each]) => each.size === parts.size)
    whole.sort(([one = 0], [other = 0]) => one - other)
    // Of what was before the meter was opened, the last sample says where it stood.
    for (const [time, each] of this.#begun ? whole : whole.slice(-1)) {
      if (time !== undefined && time <= (this.#newest[index] as number)) continue
      const sum = [...each.values()].reduce((one, other) => one + other, 0)
      if (time !== undefined) this.#newest[index] = time
      record(
        index,
        quantity === 'power' ? sum * size : sum,
        time === undefined ? undefined : { time: new Date(time) },
      )
    }
  }
}

/** Series that repeat each other: the first of them counts. */
function add(values: Values, part: string, samples: readonly Sample[]): void {
  for (const { value, time } of samples) {
    const each = values.get(time) ?? new Map<string, number>()
    values.set(time, each)
    if (!each.has(part)) each.set(part, value)
  }
}

/** The error of series that are not there. */
export function absent(message: string, outcome: 'retry' | 'fatal'): MeterError {
  return new MeterError(message, { outcome, code: 'PROMETHEUS_SERIES_ABSENT' })
}
