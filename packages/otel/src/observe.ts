import type { LiveTotals, RunExtension } from '@ergometer/core'
import {
  type BatchObservableResult,
  type Meter,
  type MeterProvider,
  metrics,
  type Observable,
} from '@opentelemetry/api'
import { METRICS, SCOPE } from './names.ts'
import { pointsOf } from './points.ts'
import { COUNTERS, Series } from './series.ts'

/** What is observed: the run that `startRun` resolves to, or whatever else knows totals. */
export interface Observed {
  /** Name of the run; absent for a node, of which hardware and meters are told alone. */
  readonly name?: string
  /** Totals so far; undefined while there are none. */
  live(): LiveTotals | undefined
  /** True for a run that somebody else's recorder records: its energy is not this process's to export. */
  readonly attached?: boolean
  /** True for a run whose recorder exports it. */
  readonly exported?: boolean
  /** Tells the user something, once, in one line. */
  say?(message: string): void
  /** Adds what is to happen with the run. */
  extend?(extension: RunExtension): void
}

/** Options of {@link observe}. */
export interface ObserveOptions {
  /** Whose meters are used; absent: the global provider, as it is at any time. */
  readonly meterProvider?: MeterProvider
  /**
   * Tell power too (`hw.power`, `hw.host.power`); by default it is not: with a cumulative reader, as most are, a gauge keeps its last
   * value for ever once its sensor has gone, and energy says it all.
   */
  readonly power?: boolean
}

/** An observation, which goes on until it is stopped. */
export interface Observation {
  /** Takes the instruments back: of this run nothing more is told. */
  stop(): void
}

type Key = keyof typeof METRICS

const POWER: readonly Key[] = ['hardwarePower', 'hostPower']
/** Milliseconds between two looks whether there is another global provider: one that is set later is found. */
const LOOK_EVERY = 1000

/**
 * Tells a run's energy, emissions, work and scores as OpenTelemetry metrics, through whatever SDK the application has set up, before or
 * after. Without one nothing happens. A run that its recorder exports, or that another process owns, is told by those alone: this is
 * said once, and nothing is observed.
 */
export function observe(run: Observed, options: ObserveOptions = {}): Observation {
  const why = run.attached
    ? 'belongs to another process, which exports it'
    : run.exported
      ? 'is exported by its recorder'
      : undefined
  if (why !== undefined) {
    run.say?.(`run '${run.name}' ${why}: it is not observed a second time`)
    return { stop: () => {} }
  }
  const { meterProvider, power = false } = options
  if (meterProvider) return observeWith(meterProvider, run, power)
  return followGlobal(run, power)
}

/** Observes with the global provider that there is, and with another one as soon as there is one. */
function followGlobal(run: Observed, power: boolean): Observation {
  let provider: MeterProvider | undefined
  let observation: Observation | undefined
  const look = (): void => {
    const now = metrics.getMeterProvider()
    if (now === provider) return
    provider = now
    observation?.stop()
    observation = observeWith(now, run, power)
  }
  look()
  const timer = setInterval(look, LOOK_EVERY)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      observation?.stop()
    },
  }
}

/** The instruments of one provider, and the runs that they tell of. */
interface Instruments {
  readonly runs: Set<Observed>
  readonly series: Series
}

const instrumentsOf = new WeakMap<MeterProvider, Map<boolean, Instruments>>()

function observeWith(provider: MeterProvider, run: Observed, power: boolean): Observation {
  const known = instrumentsOf.get(provider) ?? new Map<boolean, Instruments>()
  instrumentsOf.set(provider, known)
  const instruments = known.get(power) ?? makeInstruments(provider, power)
  known.set(power, instruments)
  instruments.runs.add(run)
  run.extend?.({
    // What it has told last is kept: its counters go on with the next run.
    ended: async () => {
      look(instruments)
      instruments.runs.delete(run)
    },
  })
  return {
    stop() {
      look(instruments)
      instruments.runs.delete(run)
    },
  }
}

function makeInstruments(provider: MeterProvider, power: boolean): Instruments {
  const meter = provider.getMeter(SCOPE.name, undefined, { schemaUrl: SCOPE.schemaUrl })
  const keys = (Object.keys(METRICS) as Key[]).filter((key) => power || !POWER.includes(key))
  const made = new Map(keys.map((key) => [key, instrument(meter, key)]))
  const instruments = { runs: new Set<Observed>(), series: new Series() }
  const observeAll = (result: BatchObservableResult): void => {
    look(instruments)
    for (const { metric, value, attributes } of instruments.series.points()) {
      const observable = made.get(metric)
      if (observable) result.observe(observable, value, attributes)
    }
  }
  meter.addBatchObservableCallback(observeAll, [...made.values()])
  return instruments
}

function instrument(meter: Meter, key: Key): Observable {
  const { name, ...options } = METRICS[key]
  return COUNTERS.has(key)
    ? meter.createObservableCounter(name, options)
    : meter.createObservableGauge(name, options)
}

/** Reads the totals of all runs: it changes nothing but what is known of them, however many readers ask. */
function look({ runs, series }: Instruments): void {
  series.begin()
  let hardware = true
  for (const run of runs) {
    const totals = run.live()
    if (!totals) continue
    series.take(run, pointsOf(totals, run.name), hardware)
    hardware = false
  }
}
