export { declaredDomain, declaredDomains } from './declared-domain.ts'
export {
  defineMeter,
  definitionOf,
  findMeter,
  isMeterFactory,
  type MeterFactory,
  type MeterReference,
  parseOptions,
  SPECIFICATION_VERSION,
} from './define-meter.ts'
export {
  DOMAIN_KINDS,
  type Domain,
  type DomainKind,
  METHODS,
  type Method,
  type Reads,
  type StandardUncertainty,
} from './domain.ts'
export { after } from './fine-timer.ts'
export { openIsolated, probeIsolated } from './isolated-meter.ts'
export { type ImportModule, type LoadedMeter, type LooseReference, loadMeter } from './load-meter.ts'
export type { Availability, EnergyMeter, MeterDefinition, ReadingTime, RecordReading } from './meter.ts'
export { type LogDetails, type MeterContext, monotonicSeconds, realContext } from './meter-context.ts'
export { asMeterError, MeterError, type Outcome } from './meter-error.ts'
export type { Gauge, MeterHandle, OpenOptions, Reading, ReadResult, Share, Stretch } from './meter-handle.ts'
export type { IsolationOptions } from './meter-process.ts'
export { openHere } from './open-here.ts'
export { type Probed, probeMeter } from './probe-meter.ts'
export { POWER_JITTER, secondsToGrid } from './read-grid.ts'
export { type Recorded, recordReadings } from './record-readings.ts'
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from './standard-schema.ts'
export { withTimeLimit } from './time-limit.ts'
