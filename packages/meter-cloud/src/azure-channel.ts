import type { MeterContext } from '@ergometer/meter'
import { AZURE_PERIOD, type AzureMetric } from './azure-monitor.ts'
import type { AzureOptions } from './azure-options.ts'
import type { MetricReply, MetricSeries } from './azure-reply.ts'
import type { Bucket } from './bucket.ts'
import { bucketsWithin } from './bucket-window.ts'
import type { CloudSeries } from './cloud-account.ts'
import type { CloudDomain } from './cloud-series.ts'
import type { CloudWorld } from './cloud-world.ts'
import { domainName } from './domain-name.ts'
import type { Interval } from './interval.ts'

/** A domain, the metric that it is told by, and which of that metric's series are its own. */
export interface AzureChannel {
  readonly series: CloudSeries
  readonly metric: AzureMetric
  readonly pick: (found: readonly MetricSeries[]) => readonly MetricSeries[]
  /** What the metric's numbers are multiplied by: 0.01 makes fractions of percentages. */
  readonly scale: number
}

/** What is there to make channels of. */
export interface AzureSurroundings {
  readonly options: AzureOptions
  readonly model: CloudWorld['model']
  readonly log: MeterContext['log']
  /** What a metric has now. */
  readonly list: (metric: AzureMetric) => Promise<MetricReply>
}

/** Seconds by which figures may come late: https://learn.microsoft.com/azure/azure-monitor/metrics/data-platform-metrics. */
const LATE_BY = 300

/** A domain's place: what it is called, how late it is, and where in the cloud it is. */
export function azureDomain(
  { resourceId, workspace, runId, instanceType, region, thisHost = false }: AzureOptions,
  { name }: AzureMetric,
  domain: Pick<CloudDomain, 'id' | 'kind' | 'label' | 'maxWatts'>,
  told: string | undefined,
): CloudDomain {
  const id = resourceId ?? workspace ?? ''
  const place = region ?? told
  const resource = runId ?? id.split('/').at(-1)
  return {
    ...domain,
    id: domainName(resource, ...domain.id.split('/')),
    label: `${domain.label} of ${resource}`,
    ...(thisHost ? { identity: `this-host:${domain.id}` } : {}),
    updatePeriod: AZURE_PERIOD,
    lateBy: LATE_BY,
    attributes: {
      'cloud.provider': 'azure',
      'cloud.account.id': id.split('/')[2] ?? '',
      'cloud.resource_id': id,
      ...(place === undefined ? {} : { 'cloud.region': place }),
      ...(instanceType === undefined ? {} : { 'host.type': instanceType }),
      ...(runId === undefined ? {} : { 'ergometer.cloud.job': runId }),
      'ergometer.cloud.metric': name,
    },
  }
}

/** The buckets of a channel, in the order of the replies. */
export function azureBuckets(
  { pick, scale }: AzureChannel,
  found: readonly MetricSeries[],
  { from, to }: Interval,
): readonly Bucket[] {
  return pick(found).flatMap(({ buckets }) => bucketsWithin(buckets, from, to, scale))
}
