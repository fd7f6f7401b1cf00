export type { StandardSchema } from '@ergometer/meter'
export { type AnalysisOptions, analyse } from './analyse.ts'
export { attributeCpu, type PackageEnergy } from './attribution.ts'
export { type Boundary, type BoundaryDomain, chooseBoundary } from './boundary.ts'
export { type Budget, type BudgetUse, budgetMessage, budgetUse } from './budget.ts'
export { isHeld, lookAtRun, type OpenedRun, openRun, readRun, reportRun } from './close-run.ts'
export { CountedEnergy, energyErrorOf } from './counted-energy.ts'
export { type Counter, type CounterStep, counterStep, longestInterval } from './counter-step.ts'
export type { CpuTime } from './cpu-account.ts'
export { reportElsewhere, reportEquivalents } from './elsewhere.ts'
export {
  type EmissionUncertainty,
  emissionError,
  emissionUncertainty,
  type FactorUncertainties,
} from './emission-error.ts'
export { type CurveProblem, type CurveStep, EnergyCurve, type Segment } from './energy-curve.ts'
export { ErgometerError } from './ergometer-error.ts'
export {
  findRecorder,
  LIVE_FILE,
  makeEventDirectory,
  newEventDirectory,
  RECORDER_FILE,
  type RecorderInfo,
  removeEventDirectory,
  replaceFile,
} from './event-directory.ts'
export { ROTATE_AT } from './event-files.ts'
export {
  type Better,
  type ClientEvent,
  isEventName,
  LONGEST_LINE,
  parseEventLine,
  type TimedEvent,
} from './event-line.ts'
export {
  defineExporter,
  type Exporter,
  type ExporterContext,
  type ExporterDefinition,
  exporterOptions,
  type FinishedRun,
  findExporter,
} from './exporter.ts'
export { type Factors, facilityFactor, gramsOf, JOULES_PER_KILOWATT_HOUR } from './factors.ts'
export type { SystemRoots } from './find-gpus.ts'
export { type FleetEfficiency, type FleetNode, type FleetReport, fleetReport } from './fleet-report.ts'
export type { FleetRun, FleetScore } from './fleet-run.ts'
export { type Estimate, forecastTotal, type Taken } from './forecast.ts'
export type { HealthEntry } from './health.ts'
export type { IntensityOrigin } from './intensity-feed.ts'
export { type IntervalEnergy, intervalEnergy } from './interval-energy.ts'
export type { Interval } from './intervals.ts'
export { Journal, type JournalDomain, readJournal } from './journal.ts'
export {
  type DomainLine,
  type EndLine,
  type GivenFactors,
  type GivenSource,
  type IntensityLine,
  JOURNAL_VERSION,
  type JournalLine,
  type KindLine,
  type LateLine,
  type PhasesLine,
  type RowLine,
  type StartLine,
} from './journal-line.ts'
export { JournalTail } from './journal-tail.ts'
export { decodeLine, encodeLine } from './journal-text.ts'
export { KnownEnergy } from './known-energy.ts'
export type { LiveDomain, LiveIntensity, LiveTotals } from './live-totals.ts'
export type { MeterSource } from './meter-loop.ts'
export { type NodeListener, NodeRecorder, type NodeRecorderOptions } from './node-recorder.ts'
export { type OwedDomain, owedDomains } from './owed.ts'
export { type PastRun, storePastRun } from './past-run.ts'
export { type PastTotals, pastTotals } from './past-totals.ts'
export type { Plan } from './plan.ts'
export { isAlive, type ProcessIdentity, processIdentity, readBootId } from './process-identity.ts'
export { findGit } from './provenance.ts'
export { readLines } from './read-lines.ts'
export type { RecordedDomain } from './recorded-domain.ts'
export { Recorder, type RecorderListener, type RunEnd } from './recorder.ts'
export type { Placing, RecorderOptions } from './recorder-options.ts'
export { Recording } from './recording.ts'
export { redactArguments, redactText, redactValue } from './redact.ts'
export type {
  CpuAttribution,
  GpuAttribution,
  Report,
  ReportDomain,
  ReportEfficiency,
  ReportFactors,
  ReportForecast,
  ReportIntensity,
  ReportPhase,
  ReportScore,
  ReportScorePoint,
  ReportScoreTarget,
  RunStatus,
} from './report.ts'
export { reportError } from './report-error.ts'
export { RunClock } from './run-clock.ts'
export type { PhaseCompanion, PhaseEnergy, PhaseOptions, RunExtension } from './run-extension.ts'
export { findRun, JOURNAL_FILE, newRunId, placeOfRuns, REPORT_FILE, runFolders } from './run-folder.ts'
export { forecastRun } from './run-forecast.ts'
export type { RunPlace } from './run-place.ts'
export { type Score, type ScoreCosts, type ScoreTargets, scoresByName } from './scores.ts'
export { settleJournal, type ToldDomain } from './settlement.ts'
export { SettlingRun } from './settling-run.ts'
export {
  differenceUncertainty,
  energyError,
  type KnownError,
  ratioUncertainty,
  standardUncertainty,
  sumUncertainty,
  type UncertainEnergy,
} from './uncertainty.ts'
export { type PlacedReading, WallTime } from './wall-time.ts'
export { isWorthwhile, type WorthwhileRule } from './worthwhile.ts'
