import type { LiveTotals, Report } from '@ergometer/core'
import type { Domain } from '@ergometer/meter'

/** Increments of work: finite, not negative. */
export type WorkIncrements = Readonly<Record<string, number>>

/** Scores: a number, or a number and the direction that is better. */
export type ScoreValues = Readonly<Record<string, number | { value: number; better: 'higher' | 'lower' }>>

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
  /** Environment for child processes that are to join this run. */
  readonly env: Readonly<Record<string, string>>
  /** Adds work: `run.work({ samples: 64 })`. */
  work(increments: WorkIncrements): void
  /** Notes the quality reached: `run.score({ accuracy: 0.93 })`. */
  score(values: ScoreValues): void
  /** Runs `fn` as a phase and returns what it returns; without `fn`, begins a phase that the caller ends. */
  phase<Result>(name: string, fn: () => Result): Result
  phase(name: string): Phase
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
  /** Totals so far, at most a second old; undefined while there are none. */
  live(): LiveTotals | undefined
  /** Ends the run. Always resolves, within 2 s, with its report; a second call gives the same one. */
  end(): Promise<Report>
  [Symbol.asyncDispose](): Promise<void>
}
