import type { MeterContext } from '@ergometer/meter'
import type { Bucket } from './bucket.ts'
import { bucketsWithin } from './bucket-window.ts'
import type { CloudSeries } from './cloud-account.ts'
import type { CloudDomain } from './cloud-series.ts'
import type { CloudWorld } from './cloud-world.ts'
import { domainName } from './domain-name.ts'
import { GOOGLE_PERIOD } from './google-monitoring.ts'
import type { GoogleOptions } from './google-options.ts'
import type { TimeSeries } from './google-reply.ts'
import { type GoogleSignal, scaleOf } from './google-signals.ts'
import type { Interval } from './interval.ts'

/** A domain, the signal that it is told by, and which of that signal's series are its own. */
export interface GoogleChannel {
  readonly series: CloudSeries
  readonly signal: GoogleSignal
  readonly pick: (found: readonly TimeSeries[]) => readonly TimeSeries[]
  /** Several series tell of one domain: the largest value of a bucket counts. By default the last. */
  readonly largest?: boolean
}

/** What is there to make channels of. */
export interface GoogleSurroundings {
  readonly options: GoogleOptions
  readonly model: CloudWorld['model']
  readonly log: MeterContext['log']
  /** The series that a signal has now. */
  readonly list: (signal: GoogleSignal) => Promise<readonly TimeSeries[]>
}

/** A domain's place: what it is called, how late it is, and where in the cloud it is. */
export function googleDomain(
  { options }: Pick<GoogleSurroundings, 'options'>,
  { lateBy, type }: GoogleSignal,
  domain: Pick<CloudDomain, 'id' | 'kind' | 'label' | 'identity' | 'maxWatts'>,
  found: readonly TimeSeries[] = [],
): CloudDomain {
  const { project, instanceId, instanceType, acceleratorType, job, tpu, thisHost = false } = options
  const resource = instanceId ?? job ?? tpu
  const region = regionOf(options, found)
  const hostType = instanceType ?? acceleratorType
  return {
    ...domain,
    id: domainName(resource, ...domain.id.split('/')),
    label: `${domain.label} of ${resource}`,
    ...(thisHost && domain.identity === undefined ? { identity: `this-host:${domain.id}` } : {}),
    updatePeriod: GOOGLE_PERIOD,
    lateBy,
    attributes: {
      'cloud.provider': 'gcp',
      'cloud.account.id': project,
      ...(region === undefined ? {} : { 'cloud.region': region }),
      ...(instanceId === undefined ? {} : { 'host.id': instanceId }),
      ...(hostType === undefined ? {} : { 'host.type': hostType }),
      ...(job === undefined ? {} : { 'ergometer.cloud.job': job }),
      ...(tpu === undefined ? {} : { 'ergometer.cloud.tpu': tpu }),
      'ergometer.cloud.metric': type,
    },
  }
}

/** A zone is its region and a letter: `us-central1-a`. */
function regionOf({ region, zone }: GoogleOptions, [first]: readonly TimeSeries[]): string | undefined {
  const place = zone ?? first?.resourceLabels['zone'] ?? first?.resourceLabels['location']
  return region ?? first?.resourceLabels['region'] ?? place?.replace(/-[a-z]$/, '')
}

/** The buckets of a channel, in the order of the replies, in watts or as fractions. What has a unit that it cannot have is left out. */
export function bucketsOf(
  { signal, pick, largest = false }: GoogleChannel,
  found: readonly TimeSeries[],
  { from, to }: Interval,
  log: MeterContext['log'],
): readonly Bucket[] {
  const buckets = pick(found).flatMap(({ buckets, unit }) => {
    const scale = scaleOf(signal, unit)
    if (scale !== undefined) return bucketsWithin(buckets, from, to, scale)
    log(`${signal.type} comes in '${unit?.slice(0, 32)}', expected ${signal.unit}: it is left out`, {
      severity: 'warning',
      code: 'cloud-unit-unknown',
    })
    return []
  })
  return largest ? largestOf(buckets) : buckets
}

function largestOf(buckets: readonly Bucket[]): Bucket[] {
  const byTime = new Map<string, Bucket>()
  for (const bucket of buckets) {
    const key = `${bucket.from} ${bucket.to}`
    const other = byTime.get(key)
    if (other === undefined || bucket.value > other.value) byTime.set(key, bucket)
  }
  return [...byTime.values()]
}
