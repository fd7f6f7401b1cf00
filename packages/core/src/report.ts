import type {
  EmbodiedEmissions,
  Equivalent,
  Intensity,
  SciForAi,
  SciScore,
  WaterIntensity,
  WhatIf,
} from '@ergometer/carbon'
import type { Method } from '@ergometer/meter'
import type { Estimate } from './forecast.ts'
import type { HealthEntry } from './health.ts'
import type { RunPlace } from './run-place.ts'

/** How a run ended, or that it has not. */
export type RunStatus = 'completed' | 'failed' | 'aborted' | 'crashed' | 'running'

/** One domain in a report. */
export interface ReportDomain {
  /** `<meter>:<domain id>`. */
  id: string
  meter: string
  kind: string
  label: string
  method: Method
  /** Absent at coverage 0: unknown is not zero. */
  joules?: number
  /** Whether it is part of the total. */
  counted: boolean
  /** Id of the domain that contains it. */
  within?: string
  identity?: string
  /** Share of the run whose energy is known, 0 to 1. */
  coverage: number
  /** One sigma; absent where the meter does not state its own. */
  standardUncertaintyJoules?: number
  /** What the meter says of its gain, one sigma, and whether its other domains share it. */
  declaredUncertainty?: { relative: number; shared: 'domain' | 'meter' }
  wraps: number
  resets: number
  gaps: number
  /** Over the covered time. */
  meanWatts?: number
  /** Largest one-second mean. */
  peakWatts?: number
}

/** What of the packages' energy is the run's, by its share of the CPU time. */
export interface CpuAttribution {
  /** `cpu-time/cgroup` or `cpu-time/process-tree`. */
  method: string
  /** The run's part of all the energy, idle power included. */
  shareJoules: number
  /** One sigma of the share; absent where the packages do not state their own. CPU time as a measure is not in it. */
  shareStandardUncertaintyJoules?: number
  /** CPU time of the run, and of all processes, in seconds. */
  cpuSeconds: number
  busySeconds: number
  /** What the packages would have taken at rest, and its share of all that they took, 0 to 1. */
  idleJoules?: number
  idleShare?: number
  /** One sigma of the idle energy, from the baseline's spread. */
  idleStandardUncertaintyJoules?: number
  /** The run's part of what was taken beyond idle, and its share of all, 0 to 1. */
  netJoules?: number
  netShare?: number
  /** One sigma of the net energy; of the part that is known, where the packages do not state their own. */
  netStandardUncertaintyJoules?: number
  netKnownUncertaintyJoules?: number
}

/** What of the GPUs' energy is the run's, by their meters' account of who was at work; the three add up. */
export interface GpuAttribution {
  /** By what the meters share it, in their words. */
  method: string
  shareJoules: number
  /** Of other processes. */
  otherJoules: number
  /** While no process was at work. */
  idleJoules: number
  /** Of the sum of the three: idle, and the run's own; absent where that is 0. */
  idleShare?: number
  netShare?: number
}

/** All intervals of one phase name. */
export interface ReportPhase {
  name: string
  /** Largest of any one process. */
  count: number
  joules?: number
  /** One sigma; absent where a counted domain does not state its own. */
  standardUncertaintyJoules?: number
  /** Of the union of the intervals over all processes. */
  seconds: number
  /** Plain sum over all processes. */
  processSeconds: number
  gramsCo2e?: number
  work: Record<string, number>
  /** As of the run; absent below a coverage of 0.9, below resolution, and where no work was done. */
  efficiency?: Record<string, ReportEfficiency>
  coverage: number
  /** Shorter than the meters can resolve: good as part of a sum, not by itself. */
  belowResolution?: boolean
  /** How many had not ended when the run did. */
  unfinished?: number
}

/** A score at an instant, against the energy that it took. */
export interface ReportScorePoint {
  /** Seconds of the run. */
  seconds: number
  value: number
  /** Since the begin; absent where it is not known well enough. */
  joules?: number
  /** What was gained since the point before, per kilowatt hour: above 0 is better, whichever direction that is. */
  gainPerKilowattHour?: number
}

/** What it took to reach a score. */
export interface ReportScoreTarget {
  value: number
  reached: boolean
  /** Until the first score that was as good, from the begin; absent when none was. */
  seconds?: number
  /** Absent where the energy until then is not known well enough. */
  joules?: number
  kilowattHours?: number
  gramsCo2e?: number
}

/** First, last and best of a score. */
export interface ReportScore {
  first: number
  last: number
  best: number
  better: 'higher' | 'lower'
  /** `last` per kilowatt hour of the run; only where higher is better. */
  perKilowattHour?: number
  /** Present where a target was set. */
  target?: ReportScoreTarget
  /** In the order of time; of more than 200 scores, 200. */
  curve?: ReportScorePoint[]
}

/** What the whole run was to take, as it could be told at a time: absent is unknown. */
export interface ReportForecast {
  /** The phase that repeats, or the unit of work. */
  of: string
  /** How many there were by then, and how many there are to be. */
  done: number
  total: number
  /** Seconds of the run. */
  madeAt: number
  /** Of the whole run, each with an interval that holds the truth in 95 of 100 cases. */
  seconds?: Estimate
  joules?: Estimate
  kilowattHours?: Estimate
  gramsCo2e?: Estimate
  /** Why it lacks a figure. */
  why?: string
}

/** Work of one unit against energy. */
export interface ReportEfficiency {
  /** Units of work per joule. */
  perJoule: number
  /** Joules per unit of work. */
  joulesPer: number
  /** Grams of CO2e per unit of work. */
  gramsCo2ePer?: number
  /** One sigma of work per joule and of joules per unit, relative: that of the energy. */
  relativeStandardUncertainty?: number
  /** Joules of one unit times its seconds. */
  energyDelayJouleSeconds?: number
}

/** The intensity that was used: weighted by energy where it changed. `gramsPerKilowattHour` is absent where it is not known. */
export type ReportIntensity = Omit<Intensity, 'gramsPerKilowattHour'> &
  Partial<Pick<Intensity, 'gramsPerKilowattHour'>>

/** The other factors that were used. */
export interface ReportFactors {
  /** 1 where it is unknown. */
  pue: number
  /** For power supply, fans and board; 1 where it is unknown or does not apply. */
  overhead: number
  embodied?: EmbodiedEmissions
  /** Parameters of the model that was trained. */
  parameters?: number
  /** Which factors are others than those that the run was recorded with. */
  recomputed?: string[]
}

/**
 * The report of a run: `report.json`, schema `ergometer.report/1`. Absent means unknown; 0 means a measured
 * zero. Energies are joules, powers watts, times seconds.
 */
export interface Report {
  schema: 'ergometer.report/1'
  run: {
    id: string
    name: string
    status: RunStatus
    /** True while figures may still change. */
    provisional: boolean
    /** ISO 8601. */
    startedAt: string
    endedAt: string
    seconds: number
    exitCode?: number
    signal?: string
    reason?: string
    /** Id of the run within which this one ran; it is never added to it. */
    parent?: string
    group?: string
    tags: Record<string, string>
    /** The run's folder. */
    folder?: string
  }
  energy: {
    joules?: number
    kilowattHours?: number
    method?: Method | 'mixed'
    byMethod: Record<string, number>
    /** Share of the run during which every counted domain is known, 0 to 1. */
    coverage: number
    /** Of the total, one sigma; present when every counted domain states its own. */
    standardUncertaintyJoules?: number
    /** Of the part whose uncertainty is known, and that part's share. */
    knownUncertaintyJoules?: number
    knownShare?: number
    /** Mean watts times the time that is not covered: beside the total, never in it. */
    unobservedJoules?: number
    /** Counted domains only; adds up to `joules`. */
    byKind: Record<string, number>
    boundary: {
      level?: 'components' | 'module' | 'host' | 'model'
      missing: { kind: string; label: string; why: string }[]
    }
    domains: ReportDomain[]
    /** The run's own part of CPU packages and GPUs, beside the total; present where it was asked for. */
    attribution?: { cpu?: CpuAttribution; gpu?: GpuAttribution }
    /** Energy of the building for this run; absent when its PUE is unknown. */
    facility?: { pue: number; overhead?: number; joules: number; standardUncertaintyJoules?: number }
    /** Joules of the run times its seconds; absent below a coverage of 0.9. */
    energyDelayJouleSeconds?: number
  }
  carbon: {
    /** Equal to `operationalGrams`. */
    gramsCo2e?: number
    /** Of the energy, PUE and overhead included; location-based. */
    operationalGrams?: number
    /** Of making the hardware, for the time of the run; absent: unknown. Beside the above, never in it. */
    embodiedGrams?: number
    /** One sigma of what `uncertaintyOf` names. */
    standardUncertaintyGrams?: number
    /** The energy, and of the factors those that state their uncertainty. */
    uncertaintyOf?: ('energy' | 'intensity' | 'pue')[]
    /** Of the energy, times the share of it that has grams. */
    coverage: number
    /** Share of the energy that has grams whose grid intensity is an estimate, 0 to 1. */
    estimatedShare: number
    intensity: ReportIntensity
    factors?: ReportFactors
    /** Software Carbon Intensity (ISO/IEC 21031) per unit of work, and per `run`; absent where too little is known. */
    sci?: Record<string, SciScore>
    sciForAi?: SciForAi
  }
  /** Litres of water; absent where nothing is known of it. */
  water?: { litres: number } & WaterIntensity
  work: Record<string, number>
  scores: Record<string, ReportScore>
  efficiency: Record<string, ReportEfficiency>
  phases: ReportPhase[]
  /** The same energy in other zones; present where it was asked for. */
  whatIf?: WhatIf[]
  /** What it is as much as; present where it was asked for. */
  equivalents?: Equivalent[]
  /** Present where the run was asked for a forecast. */
  forecast?: ReportForecast
  health: HealthEntry[]
  provenance: {
    ergometer: string
    node: string
    os: string
    host: string
    bootId?: string
    cpu?: string
    gpus?: string[]
    /** As the cloud told. */
    place?: RunPlace
    command?: string[]
    git?: { commit: string; dirty: boolean }
    meters: { name: string; interval: number }[]
    dataSets: string[]
    config: Record<string, unknown>
    ranks?: { pid: number; rank?: number; localRank?: number; worldSize?: number }[]
  }
}
