import { invalidReport, type ProviderReportRow, type ReportRecords } from './provider-report-row.ts'
import { isRecord, knownGrams, reportFigure, reportMonth, reportWord } from './report-figure.ts'

/** Google tells kilograms. */
const GRAMS_PER_KILOGRAM = 1000

/** Names of the figures in the export, and here. */
const FIGURES = [
  ['carbon_footprint_total_kgCO2e.location_based', 'locationBased'],
  ['carbon_footprint_total_kgCO2e.market_based', 'marketBased'],
  ['carbon_footprint_kgCO2e.scope1', 'scope1'],
  ['carbon_footprint_kgCO2e.scope2.location_based', 'scope2LocationBased'],
  ['carbon_footprint_kgCO2e.scope2.market_based', 'scope2MarketBased'],
  ['carbon_footprint_kgCO2e.scope3', 'scope3'],
] as const

/**
 * Rows of the carbon footprint export of BigQuery, whose fields are nested in JSON and have dots or underscores in a CSV.
 * Source: https://docs.cloud.google.com/carbon-footprint/docs/data-schema.
 */
export function gcpReportRows(records: ReportRecords): ProviderReportRow[] {
  const rows = 'csv' in records ? records.csv : records.json
  return (Array.isArray(rows) ? rows : [rows]).map((row, index) => {
    const field = fieldsOf(row)
    const month = reportMonth(field('usage_month'))
    if (month === undefined) throw invalidReport('gcp', `row ${index + 1}: expected usage_month`)
    const figures = FIGURES.map(([name, own]): [string, number | undefined] => [
      own,
      reportFigure(field(name), () =>
        invalidReport('gcp', `row ${index + 1}, ${name}: expected a number, as 0.5`),
      ),
    ])
    if (figures.every(([, value]) => value === undefined)) {
      throw invalidReport(
        'gcp',
        `row ${index + 1}: expected carbon_footprint_total_kgCO2e or carbon_footprint_kgCO2e`,
      )
    }
    const account = reportWord(field('project.id'))
    const region = reportWord(field('location.region'))
    const version = reportWord(field('carbon_model_version'))
    return {
      provider: 'gcp',
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
      month,
      gramsCo2e: knownGrams(Object.fromEntries(figures), GRAMS_PER_KILOGRAM),
      source: `Google Carbon Footprint${version === undefined ? '' : ` model ${version}`}`,
    }
  })
}

/** A field by its path, however it is spelt. */
function fieldsOf(row: unknown): (path: string) => unknown {
  if (!isRecord(row)) return () => undefined
  return (path) => {
    const nested = path.split('.').reduce<unknown>((one, key) => (isRecord(one) ? one[key] : undefined), row)
    return nested ?? row[path] ?? row[path.replaceAll('.', '_')]
  }
}
