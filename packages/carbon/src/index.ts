export { bestStart, type StartOption, type StartWindow, startAt } from './best-start.ts'
export {
  bundledDataSet,
  bundledIntensity,
  bundledZones,
  cloudDataSet,
  type DataSet,
  type RowSource,
  rowSource,
  stateDataSet,
  worldIntensity,
} from './bundled-intensity.ts'
export { CarbonError, type CarbonErrorCode } from './carbon-error.ts'
export { bundledHardware } from './cloud-hardware.ts'
export { type CloudPue, cloudPue } from './cloud-pue.ts'
export { constantIntensity } from './constant-intensity.ts'
export { type EmbodiedChoice, type EmbodiedEmissions, embodiedEmissions, embodiedGrams } from './embodied.ts'
export { type Equivalent, equivalentsOf } from './equivalents.ts'
export { parseInstant } from './instant.ts'
export type { Intensity, IntensityBasis, IntensityKind } from './intensity.ts'
export { type Emissions, type EnergyStretch, IntensityCurve } from './intensity-curve.ts'
export {
  checkSourceOptions,
  defineIntensitySource,
  type IntensitySource,
  type IntensitySourceDefinition,
  type IntensitySourceFactory,
  type IntensitySourceReference,
  isIntensitySourceFactory,
  type OpenContext,
  openIntensitySource,
  probeIntensitySource,
  SOURCE_VERSION,
  type SourceAvailability,
  type SourceLabels,
} from './intensity-source.ts'
export { type IntensityStep, stepOf } from './intensity-step.ts'
export { PoliteFetch, type PoliteRequest } from './polite-fetch.ts'
export { parseProviderReport } from './provider-report.ts'
export type { ProviderGrams, ProviderReportRow } from './provider-report-row.ts'
export { readForecast } from './read-forecast.ts'
export { readIntensity, type StandIn, yearlyStandIn } from './read-intensity.ts'
export { type SciForAi, type SciParts, type SciScore, sciForAi, sciScore, sciScores } from './sci.ts'
export { realSourceContext, type SourceContext, type SourceLogDetails } from './source-context.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts'
export { type WaterIntensity, waterLitres } from './water.ts'
export { type WhatIf, type WhatIfRun, whatIf } from './what-if.ts'
export { parseZone } from './zone.ts'
export { cloudZone, normaliseZone } from './zone-name.ts'
