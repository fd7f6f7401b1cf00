import { ErgometerError, type Report, reportElsewhere, reportEquivalents } from '@ergometer/core'

/** What a report has only when it is asked for. */
export interface ReportAdditions {
  /** Zones, with commas between them. */
  readonly whatIf?: string | undefined
  readonly equivalents?: boolean | undefined
}

/**
 * A report with what was asked for beyond it.
 * @throws ErgometerError `SETTINGS_INVALID`, and a CarbonError `ZONE_UNKNOWN` that names the zone
 */
export function withAdditions(report: Report, { whatIf: zones, equivalents }: ReportAdditions): Report {
  return {
    ...report,
    ...(zones === undefined ? {} : { whatIf: reportElsewhere(report, splitZones(zones)) }),
    ...(equivalents ? { equivalents: reportEquivalents(report) } : {}),
  }
}

function splitZones(text: string): string[] {
  const zones = text.split(',').map((zone) => zone.trim())
  if (zones.every((zone) => zone !== '')) return zones
  throw new ErgometerError(
    'SETTINGS_INVALID',
    `--what-if '${text}': expected zones with commas between them, such as FR,DE,US-CA,gcp:europe-north1`,
  )
}
