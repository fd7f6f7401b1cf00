import { CarbonError } from './carbon-error.ts'

/** Grams of CO2e, by what they are: one figure for each method, never mixed (GHG Protocol, scope 2). */
export interface ProviderGrams {
  /** All scopes; of electricity, by the grid's average. */
  readonly locationBased?: number
  /** All scopes; of electricity, by contracts. */
  readonly marketBased?: number
  /** All that were asked for, by a method that the report does not name. */
  readonly total?: number
  readonly scope1?: number
  readonly scope2LocationBased?: number
  readonly scope2MarketBased?: number
  readonly scope3?: number
  readonly scope3LocationBased?: number
  readonly scope3MarketBased?: number
}

/** What a provider says of an account's month in a region. */
export interface ProviderReportRow {
  readonly provider: 'aws' | 'gcp' | 'azure'
  /** The account of AWS, Google's project, Azure's subscription; absent where the report does not tell them apart. */
  readonly account?: string
  /** Absent where the report does not tell them apart. */
  readonly region?: string
  /** `2026-10`. */
  readonly month: string
  readonly gramsCo2e: ProviderGrams
  /** Which report it is, with the version of its model. */
  readonly source: string
}

/** A report's records: those of a CSV, or of JSON. */
export type ReportRecords = { readonly csv: readonly Record<string, string>[] } | { readonly json: unknown }

/** The error of a report that is not as documented. */
export function invalidReport(provider: string, why: string): CarbonError {
  return new CarbonError('PROVIDER_REPORT_INVALID', `Carbon report of ${provider}: ${why}`)
}
