import type { EmbodiedChoice, IntensityStep, SourceLabels, WaterIntensity } from '@ergometer/carbon'
import type { Domain } from '@ergometer/meter'
import type { HealthEntry } from './health.ts'
import type { Plan } from './plan.ts'
import type { RunPlace } from './run-place.ts'

/** Version of the journal's format, in its start line. */
export const JOURNAL_VERSION = 1

/** Milliseconds may be lost to rounding, microseconds not: times in a journal are seconds of the run, 6 decimals. */
type RunSeconds = number

/** A number as lines tell it: six decimals. */
export function toMillionth(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** Cumulative figures of one domain, in a checkpoint. */
export interface CheckpointDomain {
  mJ: number
  wraps: number
  resets: number
  gaps: number
  peakWatts?: number
  /** Of a sensor of power: one sigma of what its samples leave open of the energy so far, in joules. */
  sampling?: number
}

/** Energy and work since the row before. Whole seconds carry `dJ`, edges (phases, scores, begin, end) `mJ`. */
export interface RowLine {
  t: RunSeconds
  /** Per domain, in units of 0.1 J; null where nothing is known. */
  dJ?: (number | null)[]
  /** Per domain, in units of 1 mJ; null where nothing is known. */
  mJ?: (number | null)[]
  /** Per domain, 0 to 1; holds until the next one. A null above is 0 in any case. */
  coverage?: number[]
  work?: Record<string, number>
}

/** Factors as a user gives them; absent: not given. */
export interface GivenFactors {
  zone?: string
  /** Grams of CO2e per kilowatt-hour, in place of the zone's. */
  intensity?: number
  pue?: number
  overhead?: number
  water?: WaterIntensity
  embodied?: EmbodiedChoice
  /** Parameters of the model that is trained. */
  parameters?: number
  /** Where intensity over time comes from; `intensity` lines hold what it told. */
  source?: GivenSource
}

/** A source of intensity as a user gives it, and what its figures are, where that is known of it. */
export interface GivenSource extends Partial<SourceLabels> {
  name: string
  /** Without secrets: those are never options. */
  options?: unknown
}

/** First line of a journal. */
export interface StartLine {
  kind: 'start'
  version: number
  runId: string
  name: string
  /** Monotonic seconds of the host at run second 0. */
  monotonic: number
  /** Wall time at run second 0, ISO 8601. */
  wall: string
  bootId?: string
  recorder: { pid: number; processStart?: string }
  /** Directory of the event files. */
  events?: string
  parent?: string
  group?: string
  factors: GivenFactors
  /** Scores to reach, by name. */
  targets?: Record<string, number>
  config: Record<string, unknown>
  versions: Record<string, string>
}

/** A domain: its index is its place among the domain lines. */
export interface DomainLine {
  kind: 'domain'
  t: RunSeconds
  id: string
  meter: string
  /** Seconds between two reads. */
  interval: number
  domain: Domain
}

/** Every other line of a journal, by its `kind`. */
export type KindLine =
  | StartLine
  | DomainLine
  | { kind: 'clock'; t: RunSeconds; monotonic: number; wall: string; boot?: number; note?: string }
  | { kind: 'provenance'; t: RunSeconds; provenance: Record<string, unknown> }
  | {
      kind: 'process'
      t: RunSeconds
      process: string
      pid: number
      rank?: number
      localRank?: number
      worldSize?: number
    }
  | { kind: 'tag'; t: RunSeconds; tags: Record<string, string> }
  | { kind: 'score'; t: RunSeconds; name: string; value: number; better?: 'higher' | 'lower' }
  | { kind: 'plan'; t: RunSeconds; plan: Plan }
  | { kind: 'begun'; t: RunSeconds; name: string; id: string; process: string; from: RunSeconds }
  | {
      kind: 'phase'
      t: RunSeconds
      name: string
      id: string
      process: string
      from: RunSeconds
      to: RunSeconds
    }
  | PhasesLine
  | { kind: 'work'; t: RunSeconds; work: Record<string, number> }
  | LateLine
  | {
      kind: 'checkpoint'
      t: RunSeconds
      domains: CheckpointDomain[]
    }
  | BaselineLine
  | CpuTimeLine
  | { kind: 'uncertainty'; t: RunSeconds; domain: number; relative: number }
  | ShareLine
  | IntensityLine
  | PlaceLine
  | ({ kind: 'health'; t: RunSeconds } & HealthEntry)
  | EndLine
  | AwaitedLine
  | SettledLine

/** Fast phases of one name within one second, folded into sums. */
export interface PhasesLine {
  kind: 'phases'
  t: RunSeconds
  name: string
  from: RunSeconds
  to: RunSeconds
  /** By process: how many ended. */
  counts: Record<string, number>
  /** Of the union of their intervals. */
  seconds: number
  /** Plain sum of their lengths. */
  processSeconds: number
  /** Per domain, over the union; null where nothing is known. */
  mJ: (number | null)[]
  /** Per domain, covered seconds of the union; absent: all. */
  covered?: number[]
  work: Record<string, number>
}

/** Power at rest, measured before the run and outside of it. */
export interface BaselineLine {
  kind: 'baseline'
  t: RunSeconds
  /** How long it was measured. */
  seconds: number
  /** Per domain; null where too little was known. */
  watts: (number | null)[]
  /** Of each mean. */
  standardUncertaintyWatts: (number | null)[]
}

/** Whose the energy of a domain was, of `from` to `t`: parts that add up to 1. */
export interface ShareLine {
  kind: 'share'
  t: RunSeconds
  domain: number
  from: RunSeconds
  /** The run's. */
  own: number
  /** Of other processes. */
  others: number
  /** Nobody's: no process was at work. */
  idle: number
}

/** What a source told of the grid's intensity. It holds in wall time; of lines that overlap the last written counts. */
export interface IntensityLine {
  kind: 'intensity'
  /** When it was told. */
  t: RunSeconds
  /** From and to in seconds since 1970; without `to`, until something else is told. */
  step: IntensityStep
}

/** Where the run is made: factors that nobody gave follow from it. The last written counts. */
interface PlaceLine {
  kind: 'place'
  /** When it became known. */
  t: RunSeconds
  place: RunPlace
}

/** CPU time since the run's begin. */
export interface CpuTimeLine {
  kind: 'cpu-time'
  t: RunSeconds
  /** Seconds of the run: its process tree, ended children included. */
  own: number
  /** Seconds of all processes of the host. */
  busy: number
  method: 'cgroup' | 'process-tree'
}

/** Replaces what earlier lines say of this domain between `from` and `to`. */
export interface LateLine {
  kind: 'late'
  domain: number
  from: RunSeconds
  to: RunSeconds
  joules: number
  coverage?: number
}

/** A meter that reports late and could not be opened in the run: what it has to tell is still to come. */
export interface AwaitedLine {
  kind: 'awaited'
  t: RunSeconds
  meter: string
  /** Seconds by which its readings come late. */
  lateBy: number
}

/** Written when a run that is over was asked for what its late meters owe. */
export interface SettledLine {
  kind: 'settled'
  /** Wall time of the asking, ISO 8601. */
  wall: string
  /** Per domain: up to which second its late readings had come; null where it does not report late, or had told nothing. */
  reached: (RunSeconds | null)[]
  /** True while something may still come. */
  owed: boolean
}

/** Last line of a closed journal, but for what is settled later. */
export interface EndLine {
  kind: 'end'
  t: RunSeconds
  status: 'completed' | 'failed' | 'aborted' | 'crashed'
  exitCode?: number
  signal?: string
  reason?: string
}

/** A line of a journal. */
export type JournalLine = RowLine | KindLine

/** True for a row of energy and work. */
export function isRow(line: JournalLine): line is RowLine {
  return !('kind' in line)
}
