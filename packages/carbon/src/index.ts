export {
  bundledDataSet,
  bundledIntensity,
  bundledZones,
  type DataSet,
  type RowSource,
  rowSource,
  worldIntensity,
} from './bundled-intensity.ts'
export { CarbonError, type CarbonErrorCode } from './carbon-error.ts'
export { constantIntensity } from './constant-intensity.ts'
export type { Intensity } from './intensity.ts'
export { normaliseZone, parseZone } from './zone.ts'
