import type {
  LiveTotals,
  PhaseOptions,
  Report,
  ReportForecast,
  RunExtension,
  WorthwhileRule,
} from '@ergometer/core'
import type { Domain } from '@ergometer/meter'

/** Increments of work: finite, not negative. */
export type WorkIncrements = Readonly<Record<string, number>>

/** Scores: a number, or a number and the direction that is better. */
export type ScoreValues = Readonly<Record<string, number | { value: number; better: 'higher' | 'lower' }>>

/** How far a run is to go: so many epochs (phases of that name), or so much work of a unit. */
export interface ForecastOptions {
  readonly totalEpochs?: number
  /** Name of the phase that repeats, `'epoch'` by default. */
  readonly phase?: string
  /** In place of epochs: `{ samples: 1_000_000 }`. */
  readonly totalWork?: Readonly<Record<string, number>>
}

/** When more training is no longer worth its energy. */
export interface WorthwhileOptions extends WorthwhileRule {
  /** Name of the score that says how well the model does. */
  readonly score: string
}

/** An open phase: `using phase = run.phase('epoch')`, or call `end()`. */
export interface Phase {
  /** Ends the phase; a second call does nothing. */
  end(): void
  [Symbol.dispose](): void
}

/** When a pushed reading was true: monotonic nanoseconds (`process.hrtime.bigint()`). */
export interface PushedTime {
  readonly time?: bigint
  /** Begin of the interval, for `interval-energy`. */
  readonly from?: bigint
}

/** A run that is being recorded. None of its calls throws, awaits or blocks, and none breaks a training. */
export interface Run {
  readonly id: string
  readonly name: string
  /** True where the run belongs to another process, and this one only joined it as a phase. */
  readonly attached: boolean
  /** True where the recorder exports the run (`otlp`, `prometheus`): then no adapter does it a second time. */
  readonly exported: boolean
  /** Environment for child processes that are to join this run. */
  readonly env: Readonly<Record<string, string>>
  /** Adds work: `run.work({ samples: 64 })`. */
  work(increments: WorkIncrements): void
  /** Notes the quality reached: `run.score({ accuracy: 0.93 })`. */
  score(values: ScoreValues): void
  /** Runs `fn` as a phase and returns what it returns; without `fn`, begins a phase that the caller ends. */
  phase<Result>(name: string, fn: () => Result, options?: PhaseOptions): Result
  phase(name: string, options?: PhaseOptions): Phase
  /** Adds tags: facts to find and compare runs by. */
  tag(tags: Readonly<Record<string, string | number | boolean>>): void
  /** Declares a domain whose readings this process pushes. */
  domain(declaration: Domain): void
  /** Pushes a reading of a declared domain: watts, counts, or joules, as it declared. */
  reading(domain: string, value: number, at?: PushedTime): void
  /** Marks the run as failed. */
  fail(reason?: unknown): void
  /** Aborts when the run's budget is spent; for the training to look at, or to hand on. Never aborts without a budget. */
  readonly signal: AbortSignal
  /** Totals so far, at most a second old, and the last ones once it is over; undefined while there are none. */
  live(): LiveTotals | undefined
  /**
   * What the whole run will take (joules, kWh, grams of CO2e, seconds), each with its 95 % interval, from what its epochs or
   * its work took so far. What cannot be told is absent, and `why` says why. Resolves within about a second, and never
   * rejects: it waits for the energy of the phase that has just ended.
   */
  forecast(options: ForecastOptions): Promise<ReportForecast>
  /**
   * False once `patience` scores in a row (3 by default) gained less per kWh than the minimum, over the best before them;
   * which direction is better is the score's. True while the energy is unknown: no training stops for want of a meter.
   */
  worthwhile(options: WorthwhileOptions): boolean
  /** Lets something accompany the run, such as an adapter that tells of it elsewhere. */
  extend(extension: RunExtension): void
  /** Says something to the user, once, in one line on stderr. */
  say(message: string): void
  /** Ends the run. Always resolves, within 2 s, with its report; a second call gives the same one. */
  end(): Promise<Report>
  [Symbol.asyncDispose](): Promise<void>
}
