import { bundledSource } from './bundled-source.ts'
import { CarbonError } from './carbon-error.ts'
import { constantSource } from './constant-source.ts'
import { csvSource } from './csv-source.ts'
import { electricityMapsSource } from './electricity-maps-source.ts'
import { energiDataServiceSource } from './energi-data-service-source.ts'
import type { IntensitySourceFactory } from './intensity-source.ts'
import { prometheusSource } from './prometheus-source.ts'
import { ukSource } from './uk-source.ts'
import { wattTimeSource } from './watttime-source.ts'

export { type BundledOptions, bundledSource } from './bundled-source.ts'
export { type ConstantOptions, constantSource } from './constant-source.ts'
export { type CsvOptions, csvSource } from './csv-source.ts'
export { type ElectricityMapsOptions, electricityMapsSource } from './electricity-maps-source.ts'
export { type EnergiDataServiceOptions, energiDataServiceSource } from './energi-data-service-source.ts'
export { type PrometheusOptions, prometheusSource } from './prometheus-source.ts'
export { type UkOptions, ukSource } from './uk-source.ts'
export { type WattTimeOptions, wattTimeSource } from './watttime-source.ts'

/** The sources of this package, in the order in which they are best told of. */
export const intensitySources: readonly IntensitySourceFactory<never>[] = Object.freeze([
  bundledSource,
  constantSource,
  csvSource,
  electricityMapsSource,
  wattTimeSource,
  ukSource,
  energiDataServiceSource,
  prometheusSource,
])

/** The source of this package of that name. Throws `SOURCE_UNKNOWN`, naming those that there are. */
export function findIntensitySource(name: string): IntensitySourceFactory<never> {
  const found = intensitySources.find(({ sourceName }) => sourceName === name)
  if (found) return found
  const names = intensitySources.map(({ sourceName }) => sourceName).join(', ')
  throw new CarbonError(
    'SOURCE_UNKNOWN',
    `Unknown intensity source ${JSON.stringify(name.slice(0, 40))}: expected one of ${names}`,
  )
}
