import type { MeterContext } from '@ergometer/meter'
import { type TimeSeries, timeSeriesPage } from './google-reply.ts'
import type { MonitoringService } from './monitoring-service.ts'
import { addressOf } from './service-address.ts'

/** Which metric, of which resource. */
export interface GoogleMetric {
  /** `compute.googleapis.com/instance/cpu/utilization`. */
  readonly type: string
  /** `gce_instance`. */
  readonly resource: string
  /** Labels of the resource that must have these values. */
  readonly labels: Readonly<Record<string, string>>
}

/** Where to ask, and how. */
export interface GoogleMonitoring {
  readonly service: MonitoringService
  /** Base address. */
  readonly endpoint: string
  readonly project: string
  readonly log: MeterContext['log']
}

/** Seconds of a bucket: what most metrics are sampled with, and the shortest alignment there is. */
export const GOOGLE_PERIOD = 60
/** Points of one page. */
const PAGE_SIZE = 50_000
const MOST_PAGES = 500
const MOST_POINTS = 5_000_000

/**
 * The series of one metric from `from` to `to` (seconds since 1970), as means of whole minutes; those of one series may be in several
 * entries, as they were on several pages.
 * @throws MeterError, see `MonitoringService.get`
 */
export async function listTimeSeries(
  { service, endpoint, project, log }: GoogleMonitoring,
  metric: GoogleMetric,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<TimeSeries[]> {
  const url = addressOf(endpoint, `/v3/projects/${encodeURIComponent(project)}/timeSeries`)
  url.search = new URLSearchParams(parameters(metric, from, to)).toString()
  const found: TimeSeries[] = []
  const seen = new Set<string>()
  let points = 0
  for (;;) {
    const page = timeSeriesPage(await service.get(url, signal), GOOGLE_PERIOD)
    if (page === undefined) throw service.invalid('expected { timeSeries: [] }')
    if (page.errors > 0) {
      log(
        `Google Cloud Monitoring left out a part of ${metric.type}: it counts as unknown until it is told`,
        {
          severity: 'warning',
          code: 'cloud-reply-partial',
        },
      )
    }
    found.push(...page.series)
    points += page.series.reduce((sum, one) => sum + one.buckets.length, 0)
    const { nextPageToken } = page
    if (nextPageToken === undefined) return found
    if (seen.has(nextPageToken) || seen.size >= MOST_PAGES || points > MOST_POINTS) {
      throw service.invalid(`pages without end (${seen.size + 1})`)
    }
    seen.add(nextPageToken)
    url.searchParams.set('pageToken', nextPageToken)
  }
}

/** Periods are aligned to the end of the interval: on whole minutes each query cuts them alike. */
function parameters(
  { type, resource, labels }: GoogleMetric,
  from: number,
  to: number,
): Record<string, string> {
  const terms = [
    `metric.type = ${quoted(type)}`,
    `resource.type = ${quoted(resource)}`,
    ...Object.entries(labels).map(([name, value]) => `resource.labels.${name} = ${quoted(value)}`),
  ]
  return {
    filter: terms.join(' AND '),
    'interval.startTime': minute(Math.floor(from / GOOGLE_PERIOD)),
    'interval.endTime': minute(Math.ceil(to / GOOGLE_PERIOD)),
    'aggregation.alignmentPeriod': `${GOOGLE_PERIOD}s`,
    'aggregation.perSeriesAligner': 'ALIGN_MEAN',
    view: 'FULL',
    pageSize: String(PAGE_SIZE),
    prettyPrint: 'false',
  }
}

function minute(number: number): string {
  return new Date(number * GOOGLE_PERIOD * 1000).toISOString()
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
