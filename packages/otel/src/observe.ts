import type { LiveTotals, RunExtension } from '@ergometer/core'
import { type MeterProvider, metrics } from '@opentelemetry/api'
import { Instruments } from './instruments.ts'
import { type SpanOptions, spanPhases } from './phase-span.ts'

/** What is observed: the run that `startRun` resolves to, or whatever else knows totals. */
export interface Observed {
  /** Of the run; spans of its phases have it. */
  readonly id?: string
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
export interface ObserveOptions extends SpanOptions {
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

/** Milliseconds between two looks whether there is another global provider: one that is set later is found. */
const LOOK_EVERY = 1000

/**
 * Tells a run's energy, emissions, work and scores as OpenTelemetry metrics, through whatever SDK the application has set up, before or
 * after, and makes spans of phases, where that is asked for. Without an SDK nothing happens. The metrics of a run that its recorder
 * exports, or that another process owns, are told by those alone: this is said once; its phases are this process's in any case.
 */
export function observe(run: Observed, options: ObserveOptions = {}): Observation {
  const { meterProvider, power = false } = options
  const metered = isOthers(run)
    ? undefined
    : meterProvider
      ? observeWith(meterProvider, run, power)
      : followGlobal(run, power)
  const spans = spanPhases(run, options)
  run.extend?.({ ended: async () => metered?.ended() })
  return {
    stop() {
      spans.stop()
      metered?.stop()
    },
  }
}

/** Runs of which it was said already that somebody else tells of them. */
const told = new WeakSet<Observed>()

/** Whether somebody else tells of a run, which is said once. */
function isOthers(run: Observed): boolean {
  const { attached, exported, name } = run
  if (!attached && !exported) return false
  if (told.has(run)) return true
  told.add(run)
  const why = attached
    ? 'belongs to another process, which may export it (ergometer run --otlp)'
    : 'is exported by its recorder'
  run.say?.(`run '${name}' ${why}: it is not observed a second time`)
  return true
}

/** Metrics of a run that are being told. */
interface Metered extends Observation {
  /** The run is over. */
  ended(): void
}

/** Observes with the global provider that there is, and with another one as soon as there is one. */
function followGlobal(run: Observed, power: boolean): Metered {
  let provider: MeterProvider | undefined
  let metered: Metered | undefined
  const look = (): void => {
    const now = metrics.getMeterProvider()
    if (now === provider) return
    provider = now
    metered?.stop()
    metered = observeWith(now, run, power)
  }
  look()
  const timer = setInterval(look, LOOK_EVERY)
  timer.unref()
  return {
    ended() {
      clearInterval(timer)
      look()
      metered?.ended()
    },
    stop() {
      clearInterval(timer)
      metered?.stop()
    },
  }
}

const instrumentsOf = new WeakMap<MeterProvider, Instruments>()

function observeWith(provider: MeterProvider, run: Observed, power: boolean): Metered {
  const instruments = instrumentsOf.get(provider) ?? new Instruments(provider)
  instrumentsOf.set(provider, instruments)
  instruments.add(run, power)
  return { ended: () => instruments.ended(run), stop: () => instruments.remove(run) }
}
