import type { LiveTotals } from '@ergometer/core'
import type { BatchObservableResult, Meter, MeterProvider, Observable } from '@opentelemetry/api'
import { METRICS, SCOPE } from './names.ts'
import { type Point, pointsOf } from './points.ts'
import { COUNTERS, Series } from './series.ts'

type Key = keyof typeof METRICS

const POWER: ReadonlySet<Key> = new Set<Key>(['hardwarePower', 'hostPower'])
/** Milliseconds for which the last gauges of a run, such as its scores, are still told: readers come once a minute as a rule. */
const LAST_GAUGES = 90_000

/** Whatever knows totals, of a run if it has a name. */
interface Source {
  readonly name?: string
  live(): LiveTotals | undefined
}

interface Known {
  readonly power: boolean
  /** When it was over, in milliseconds of the monotonic clock. */
  over?: number
}

/** The instruments of one provider, and the runs that they tell of. */
export class Instruments {
  readonly #runs = new Map<Source, Known>()
  readonly #series = new Series()

  constructor(provider: MeterProvider) {
    const meter = provider.getMeter(SCOPE.name, undefined, { schemaUrl: SCOPE.schemaUrl })
    const made = new Map((Object.keys(METRICS) as Key[]).map((key) => [key, instrument(meter, key)]))
    const observeAll = (result: BatchObservableResult): void => {
      this.#look()
      this.#series.each((metric, value, attributes) => {
        result.observe(made.get(metric) as Observable, value, attributes)
      })
    }
    meter.addBatchObservableCallback(observeAll, [...made.values()])
  }

  /** Tells of a run from now on; `power`: whether of its power too. */
  add(run: Source, power: boolean): void {
    this.#forget()
    this.#runs.set(run, { power })
  }

  /** A run is over: its counters stay, its gauges for a while. */
  ended(run: Source): void {
    this.#look()
    const known = this.#runs.get(run)
    if (known) known.over ??= performance.now()
  }

  /** Tells no more of a run than its counters have got to. */
  remove(run: Source): void {
    this.#look()
    this.#runs.delete(run)
  }

  /** Reads the totals of all runs: it changes nothing but what is known of them, however many readers ask. */
  #look(): void {
    this.#forget()
    const known = this.#series.attributes
    this.#series.begin()
    // Those that are over first: what they say last gives way to what goes on.
    const runs = [...this.#runs].sort(
      ([, a], [, b]) => Number(b.over !== undefined) - Number(a.over !== undefined),
    )
    const owner = runs.find(([, { over }]) => over === undefined) ?? runs.at(-1)
    for (const one of runs) {
      const [run, { power }] = one
      const points = pointsOfSource(run, known)
      if (!points) continue
      this.#series.take(
        run,
        power ? points : points.filter(({ metric }) => !POWER.has(metric)),
        one === owner,
      )
    }
  }

  #forget(): void {
    const before = performance.now() - LAST_GAUGES
    for (const [run, { over }] of this.#runs) {
      if (over !== undefined && over < before) this.#runs.delete(run)
    }
  }
}

/** The points of what is known of a run; undefined: nothing is, or it makes no sense. */
function pointsOfSource(run: Source, known: Series['attributes']): Point[] | undefined {
  try {
    const totals = run.live()
    return totals && pointsOf(totals, run.name, known)
  } catch {
    return undefined
  }
}

function instrument(meter: Meter, key: Key): Observable {
  const { name, ...options } = METRICS[key]
  return COUNTERS.has(key)
    ? meter.createObservableCounter(name, options)
    : meter.createObservableGauge(name, options)
}
