import type { Report } from './report.ts'

/** How a phase is to be run, beyond its name. */
export interface PhaseOptions {
  /** Make a span of it, where the run is observed by OpenTelemetry; absent: as `observe` was told. */
  readonly withSpan?: boolean
}

/** The energy of a phase that has ended; absent: unknown. */
export interface PhaseEnergy {
  readonly joules?: number
  readonly gramsCo2e?: number
  /** 0 to 1. */
  readonly coverage: number
}

/** What accompanies one phase. */
export interface PhaseCompanion {
  /** Runs what the phase consists of. */
  within<Result>(fn: () => Result): Result
  /** The phase is over; `failure`: what it threw. */
  ended(failure?: { readonly error: unknown }): void
  /** Its energy has become known, a second or two later, at the end of the run at the latest; undefined: it has not. Absent: nobody asks. */
  told?(energy: PhaseEnergy | undefined): void
}

/** What accompanies a run in a process that speaks to its recorder. */
export interface RunExtension {
  /** A phase begins. Undefined: nothing accompanies it. */
  phase?(name: string, options: PhaseOptions): PhaseCompanion | undefined
  /** The run is over. The run's `end()` waits for it, but no longer than a second. */
  ended?(report: Report): Promise<void>
}
