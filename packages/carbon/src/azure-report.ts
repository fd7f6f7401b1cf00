import { invalidReport, type ProviderReportRow, type ReportRecords } from './provider-report-row.ts'
import { isRecord, knownGrams, reportFigure, reportMonth, reportWord } from './report-figure.ts'

/** Azure tells kilograms. */
const GRAMS_PER_KILOGRAM = 1000
const SOURCE = 'Azure Carbon Optimization'
const SUBSCRIPTION = /^\/?(?:subscriptions\/)?([0-9a-f-]{36})$/i

/**
 * Rows of a reply of `carbonEmissionReports`, whose items are months, subscriptions, locations or resources, or of a CSV with columns
 * for them. It tells a sum of the scopes that were asked for, and not by which method. `month`: of items that have no date.
 * Source: https://learn.microsoft.com/rest/api/carbon/carbon-service/query-carbon-emission-reports.
 */
export function azureReportRows(records: ReportRecords, month?: string): ProviderReportRow[] {
  if ('csv' in records) return records.csv.map((row, index) => csvRow(row, month, index))
  const { json } = records
  const replies = Array.isArray(json) ? json : [json]
  return replies.flatMap((reply) => {
    if (!isRecord(reply) || !Array.isArray(reply['value'])) throw invalidReport('azure', 'expected "value"')
    return reply['value'].map((item, index) => itemRow(isRecord(item) ? item : {}, month, `value[${index}]`))
  })
}

function itemRow(item: Record<string, unknown>, given: string | undefined, where: string): ProviderReportRow {
  const { itemName, categoryType, date, latestMonthEmissions, subscriptionId, location } = item
  return rowOf({
    where,
    kilograms: latestMonthEmissions,
    month: date ?? given,
    account: subscriptionId ?? (categoryType === 'Subscription' ? itemName : undefined),
    region: location ?? (categoryType === 'Location' ? itemName : undefined),
  })
}

/** Columns go by many names, of which letters alone are compared. */
function csvRow(row: Record<string, string>, given: string | undefined, index: number): ProviderReportRow {
  const columns = Object.entries(row).map(([name, value]) => [
    name.toLowerCase().replace(/[^a-z0-9]/g, ''),
    value,
  ])
  const column = (pattern: RegExp) => columns.find(([name]) => pattern.test(name as string))?.[1]
  return rowOf({
    where: `row ${index + 2}`,
    kilograms: column(/^(latestmonth|total)?(carbon)?emissions?(kgco2e?)?$/),
    month: column(/^(usage)?(month|date)$/) || given,
    account: column(/^subscription(id|guid)?$/),
    region: column(/^(location|region)$/),
  })
}

function rowOf(told: {
  readonly where: string
  readonly kilograms: unknown
  readonly month: unknown
  readonly account: unknown
  readonly region: unknown
}): ProviderReportRow {
  const invalid = () => invalidReport('azure', `${told.where}: expected emissions in kgCO2E, a number as 0.5`)
  const total = reportFigure(told.kilograms, invalid)
  if (total === undefined) throw invalid()
  const month = reportMonth(told.month)
  if (month === undefined) {
    throw invalidReport(
      'azure',
      `${told.where}: it names no month, expected the month that was asked for: 2026-10`,
    )
  }
  const account = SUBSCRIPTION.exec(reportWord(told.account) ?? '')?.[1]?.toLowerCase()
  // `West Europe` is `westeurope`.
  const region =
    typeof told.region === 'string' ? reportWord(told.region.toLowerCase().replace(/\s/g, '')) : undefined
  return {
    provider: 'azure',
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    month,
    gramsCo2e: knownGrams({ total }, GRAMS_PER_KILOGRAM),
    source: SOURCE,
  }
}
