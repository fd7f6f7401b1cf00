import type { MeterContext } from '@ergometer/meter'
import { type Aggregation, type MetricReply, type MetricSeries, metricReply } from './azure-reply.ts'
import type { MonitoringService } from './monitoring-service.ts'
import { addressOf } from './service-address.ts'

/** Which metric, summed up how, and cut by which dimensions. */
export interface AzureMetric {
  /** `Percentage CPU`. */
  readonly name: string
  readonly aggregation: Aggregation
  /** Dimensions with the value that is asked for; `*`: a series for each. */
  readonly dimensions: Readonly<Record<string, string>>
  /** Units that its numbers can have. */
  readonly units: readonly string[]
}

/** Where to ask, and how. */
export interface AzureMonitor {
  readonly service: MonitoringService
  /** Base address. */
  readonly endpoint: string
  readonly resourceId: string
  readonly log: MeterContext['log']
}

/** Seconds of a bucket: the finest grain there is. */
export const AZURE_PERIOD = 60
const API_VERSION = '2023-10-01'
/** Seconds of one query: a day of minutes, so that replies stay small with many series. */
const MOST_SECONDS = 86_400
/** Series of one reply. Without it a query with dimensions tells of ten, and says nothing of the rest. */
const MOST_SERIES = 1000
const MOST_POINTS = 5_000_000

/**
 * A metric from `from` to `to` (seconds since 1970), minute by minute; a series may be in several entries, one for each query.
 * @throws MeterError, see `MonitoringService.get`
 */
export async function listMetric(
  { service, endpoint, resourceId, log }: AzureMonitor,
  metric: AzureMetric,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<MetricReply> {
  const url = addressOf(endpoint, `${resourceId}/providers/microsoft.insights/metrics`)
  const found: MetricSeries[] = []
  let region: string | undefined
  let points = 0
  const end = Math.ceil(to / AZURE_PERIOD) * AZURE_PERIOD
  for (let start = Math.floor(from / AZURE_PERIOD) * AZURE_PERIOD; start < end; start += MOST_SECONDS) {
    url.search = query(metric, start, Math.min(end, start + MOST_SECONDS))
    const reply = metricReply(await service.get(url, signal), metric.name, metric.aggregation)
    if (reply === undefined) throw service.invalid(`expected { interval, value: [] } of ${metric.name}`)
    region ??= reply.region
    if (!hasUnit(metric, reply, log)) continue
    found.push(...reply.series)
    points += reply.series.reduce((sum, one) => sum + one.buckets.length, 0)
    if (points > MOST_POINTS) throw service.invalid(`more than ${MOST_POINTS} figures of ${metric.name}`)
  }
  return { series: found, ...(region === undefined ? {} : { region }) }
}

function query({ name, aggregation, dimensions }: AzureMetric, from: number, to: number): string {
  const filter = Object.entries(dimensions).map(([dimension, value]) => `${dimension} eq '${value}'`)
  return new URLSearchParams({
    'api-version': API_VERSION,
    metricnames: name,
    timespan: `${instant(from)}/${instant(to)}`,
    interval: 'PT1M',
    aggregation,
    ...(filter.length === 0 ? {} : { $filter: filter.join(' and '), top: String(MOST_SERIES) }),
  }).toString()
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

function hasUnit({ name, units }: AzureMetric, { unit }: MetricReply, log: MeterContext['log']): boolean {
  if (unit === undefined || units.includes(unit)) return true
  log(`${name} comes in '${unit.slice(0, 32)}', expected ${units.join(' or ')}: it is left out`, {
    severity: 'warning',
    code: 'cloud-unit-unknown',
  })
  return false
}
