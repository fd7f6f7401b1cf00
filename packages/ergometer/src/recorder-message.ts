import type {
  Budget,
  BudgetUse,
  GivenFactors,
  HealthEntry,
  LiveTotals,
  Report,
  RunEnd,
  ScoreTargets,
} from '@ergometer/core'
import type { MeterRequest } from './meter-request.ts'
import type { SourceRequest } from './source-request.ts'

/** Where a run is exported to: a place, or, if true, the usual one. */
export interface ExportChoice {
  readonly otlp?: string | true
  readonly prometheus?: string | true
}

/** First message to a recorder: the run that it is to record. */
export interface StartMessage {
  readonly runId: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly home: string
  readonly events: string
  readonly readyBy: number
  readonly beginBy: number
  readonly meters: readonly MeterRequest[]
  readonly interval?: number
  /** Attribute a share of the CPUs' energy to the run's processes. */
  readonly attribute?: boolean
  /** Seconds of rest before the run. */
  readonly baseline?: number
  readonly budget?: Budget
  readonly given: GivenFactors
  readonly source?: SourceRequest
  readonly targets?: ScoreTargets
  readonly config: Readonly<Record<string, unknown>>
  readonly parent?: string
  readonly group?: string
  readonly command?: readonly string[]
  readonly owner?: number
  readonly health: readonly HealthEntry[]
  /** Send totals once a second. */
  readonly live?: boolean
  /** Where the recorder exports the run to. */
  readonly exports?: ExportChoice
  /** Variables that only meter processes need. */
  readonly environment?: Readonly<Record<string, string>>
}

/** What is said to a recorder, a line each; an empty line means: look into the event files now. */
export type ToRecorder = { readonly start: StartMessage } | { readonly end: RunEnd }

/** What a recorder says. */
export type FromRecorder =
  | { readonly ready: { readonly runFolder?: string } }
  | { readonly refused: { readonly code: string; readonly message: string } }
  | { readonly health: HealthEntry }
  | { readonly live: LiveTotals }
  | { readonly budget: BudgetUse }
  /** `totals`: the last ones, as in the report. */
  | { readonly report: Report; readonly totals: LiveTotals }
  /** The last export is made, or given up. */
  | { readonly exported: true }
