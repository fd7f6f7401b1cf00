import { awsReportRows } from './aws-report.ts'
import { azureReportRows } from './azure-report.ts'
import { csvRecords } from './csv-table.ts'
import { gcpReportRows } from './gcp-report.ts'
import {
  invalidReport,
  type ProviderGrams,
  type ProviderReportRow,
  type ReportRecords,
} from './provider-report-row.ts'

const PARSERS = { aws: awsReportRows, gcp: gcpReportRows, azure: azureReportRows }

/**
 * The rows of a provider's own carbon report, in grams: services, resources and products of one account, region and month are added up.
 * What a part of a sum lacks, the sum lacks. `text`: of AWS the CSV of a data export (`CARBON_EMISSIONS`) or a reply of
 * `GetEstimatedCarbonEmissions`; of Google the carbon footprint export as CSV, JSON or JSON lines; of Azure a reply of
 * `carbonEmissionReports`, or a CSV. `month`: of what does not name one itself.
 * @throws CarbonError `PROVIDER_REPORT_INVALID`
 */
export function parseProviderReport(
  provider: ProviderReportRow['provider'],
  text: string,
  { month }: { readonly month?: string } = {},
): ProviderReportRow[] {
  // Tools of Windows begin a file with a byte order mark.
  const rows = PARSERS[provider](recordsOf(provider, text.replace(/^\uFEFF/, '')), month)
  if (rows.length === 0) throw invalidReport(provider, 'it has no rows')
  return addedUp(rows)
}

function recordsOf(provider: string, text: string): ReportRecords {
  const begin = text.trimStart()[0]
  if (begin === '{' || begin === '[') {
    const json = parseJson(text) ?? jsonLines(text)
    if (json === undefined) throw invalidReport(provider, 'it begins like JSON, and is none')
    return { json }
  }
  const csv = csvRecords(text)
  if (csv === undefined) throw invalidReport(provider, 'expected a CSV with a header, or JSON')
  return { csv }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One record a line, as BigQuery exports them. */
function jsonLines(text: string): unknown[] | undefined {
  const records = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseJson)
  return records.includes(undefined) ? undefined : records
}

function addedUp(rows: readonly ProviderReportRow[]): ProviderReportRow[] {
  const groups = new Map<string, ProviderReportRow[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.account, row.region, row.month, row.source])
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return [...groups.values()].map((group) => ({
    ...(group[0] as ProviderReportRow),
    gramsCo2e: sumOf(group.map(({ gramsCo2e }) => gramsCo2e)),
  }))
}

function sumOf(parts: readonly ProviderGrams[]): ProviderGrams {
  const names = Object.keys(parts[0] ?? {}) as (keyof ProviderGrams)[]
  const sums = names.flatMap((name): [string, number][] => {
    const known = parts.map((part) => part[name])
    return known.every((grams) => grams !== undefined)
      ? [[name, known.reduce<number>((sum, grams) => sum + (grams as number), 0)]]
      : []
  })
  return Object.fromEntries(sums)
}
