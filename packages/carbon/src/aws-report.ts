import { invalidReport, type ProviderReportRow, type ReportRecords } from './provider-report-row.ts'
import { isRecord, knownGrams, reportFigure, reportMonth, reportWord } from './report-figure.ts'

/** AWS tells metric tons. */
const GRAMS_PER_TON = 1e6
const UNIT = /^mtco2e$/i
const LONGEST_MONTH = 31.5 * 86_400

/** Names of the figures: in a data export, in a reply of the Sustainability API, and here. */
const FIGURES = [
  ['total_lbm_emissions', 'TOTAL_LBM_CARBON_EMISSIONS', 'locationBased'],
  ['total_mbm_emissions', 'TOTAL_MBM_CARBON_EMISSIONS', 'marketBased'],
  ['total_scope_1_emissions', 'TOTAL_SCOPE_1_CARBON_EMISSIONS', 'scope1'],
  ['total_scope_2_lbm_emissions', 'TOTAL_SCOPE_2_LBM_CARBON_EMISSIONS', 'scope2LocationBased'],
  ['total_scope_2_mbm_emissions', 'TOTAL_SCOPE_2_MBM_CARBON_EMISSIONS', 'scope2MarketBased'],
  ['total_scope_3_lbm_emissions', 'TOTAL_SCOPE_3_LBM_CARBON_EMISSIONS', 'scope3LocationBased'],
  ['total_scope_3_mbm_emissions', 'TOTAL_SCOPE_3_MBM_CARBON_EMISSIONS', 'scope3MarketBased'],
] as const

/**
 * Rows of a data export (https://docs.aws.amazon.com/cur/latest/userguide/carbon-emissions-columns.html) or of the Sustainability API
 * (https://docs.aws.amazon.com/sustainability/latest/APIReference/API_GetEstimatedCarbonEmissions.html).
 */
export function awsReportRows(records: ReportRecords): ProviderReportRow[] {
  if ('csv' in records) return latestModels(records.csv.map(exportRow))
  const { json } = records
  const replies = Array.isArray(json) ? json : [json]
  return replies.flatMap((reply) => {
    if (!isRecord(reply) || !Array.isArray(reply['Results'])) throw invalidReport('aws', 'expected "Results"')
    return reply['Results'].map(replyRow)
  })
}

type Versioned = ProviderReportRow & { readonly version: string }

function exportRow(row: Record<string, string>, index: number): Versioned {
  const where = `row ${index + 2}`
  const month = reportMonth(row['usage_period_start'])
  if (month === undefined) throw invalidReport('aws', `${where}: expected usage_period_start`)
  const grams = FIGURES.map(([column, , name]): [string, number | undefined] => {
    const value = reportFigure(row[`${column}_value`], () =>
      invalidReport('aws', `${where}, ${column}_value: expected a number, as 0.5`),
    )
    const unit = row[`${column}_unit`]
    if (value !== undefined && !UNIT.test(unit ?? '')) {
      throw invalidReport('aws', `${where}, ${column}_unit: expected MTCO2e`)
    }
    return [name, value]
  })
  const version = reportWord(row['model_version']) ?? ''
  return {
    ...rowOf(row['usage_account_id'], row['region_code'], month, Object.fromEntries(grams)),
    source: `AWS data export${version === '' ? '' : ` ${version}`}`,
    version,
  }
}

function replyRow(result: unknown, index: number): ProviderReportRow {
  const where = `Results[${index}]`
  const {
    TimePeriod: period,
    DimensionsValues: dimensions,
    EmissionsValues: values,
    ModelVersion,
  } = isRecord(result) ? result : {}
  const { Start, End } = isRecord(period) ? period : {}
  const month = reportMonth(Start)
  if (month === undefined || !isMonth(Start, End)) {
    throw invalidReport('aws', `${where}.TimePeriod: expected one month; ask with "Granularity": "MONTHLY"`)
  }
  const told = isRecord(values) ? values : {}
  const grams = FIGURES.map(([, key, name]): [string, number | undefined] => {
    const { Value, Unit } = isRecord(told[key]) ? (told[key] as Record<string, unknown>) : {}
    const value = reportFigure(Value, () =>
      invalidReport('aws', `${where}.EmissionsValues.${key}.Value: expected a number`),
    )
    if (value !== undefined && !(typeof Unit === 'string' && UNIT.test(Unit))) {
      throw invalidReport('aws', `${where}.EmissionsValues.${key}.Unit: expected MTCO2e`)
    }
    return [name, value]
  })
  const { USAGE_ACCOUNT_ID, REGION } = isRecord(dimensions) ? dimensions : {}
  const version = reportWord(ModelVersion)
  return {
    ...rowOf(USAGE_ACCOUNT_ID, REGION, month, Object.fromEntries(grams)),
    source: `AWS Sustainability${version === undefined ? '' : ` ${version}`}`,
  }
}

function rowOf(
  accountId: unknown,
  regionCode: unknown,
  month: string,
  tons: Record<string, number | undefined>,
): Omit<ProviderReportRow, 'source'> {
  const account = reportWord(accountId)
  const region = reportWord(regionCode)
  return {
    provider: 'aws',
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    month,
    gramsCo2e: knownGrams(tons, GRAMS_PER_TON),
  }
}

function isMonth(start: unknown, end: unknown): boolean {
  const [from, to] = [start, end].map((one) =>
    typeof one === 'number' ? one : Date.parse(String(one)) / 1000,
  )
  return (to as number) - (from as number) <= LONGEST_MONTH
}

/** A month that was computed anew with a later model is there once for each: the latest counts, not the sum. */
function latestModels(rows: readonly Versioned[]): ProviderReportRow[] {
  const latest = new Map<string, string>()
  for (const { month, version } of rows) {
    const other = latest.get(month)
    if (other === undefined || isLater(version, other)) latest.set(month, version)
  }
  return rows.flatMap(({ version, ...row }) => (latest.get(row.month) === version ? [row] : []))
}

function isLater(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) > 0
}
