import type { Bucket } from './bucket.ts'
import { finite, instantOf, isRecord, isStretch, recordsIn } from './reply-fields.ts'

/** One series of a metric, with the dimensions that it is of. */
export interface MetricSeries {
  /** Their names in lower case, as Azure itself spells them in more than one way. */
  readonly dimensions: Readonly<Record<string, string>>
  readonly buckets: readonly Bucket[]
}

/** What a reply tells of one metric. */
export interface MetricReply {
  /** `westeurope`; absent where the reply does not say. */
  readonly region?: string
  /** `Percent`, `Count`; absent where the reply does not say. */
  readonly unit?: string
  readonly series: readonly MetricSeries[]
}

/** Aggregations that are asked for: the mean of a minute, or its sum. */
export type Aggregation = 'Average' | 'Total'

/** Time grains that Azure Monitor knows, in seconds. */
const GRAINS: Readonly<Record<string, number>> = {
  PT1M: 60,
  PT5M: 300,
  PT15M: 900,
  PT30M: 1800,
  PT1H: 3600,
  PT6H: 21_600,
  PT12H: 43_200,
  P1D: 86_400,
}

/** How Azure says that a metric has no unit. */
const NO_UNITS: ReadonlySet<string> = new Set(['', 'Unspecified'])

/**
 * What a reply of `Metrics - List` tells of a metric; undefined if it is none. A bucket begins at its `timeStamp` and lasts for one
 * grain; one that has nothing but its `timeStamp` is a gap.
 * Source: https://learn.microsoft.com/rest/api/monitor/metrics/list.
 */
export function metricReply(
  reply: unknown,
  metric: string,
  aggregation: Aggregation,
): MetricReply | undefined {
  if (!isRecord(reply) || !Array.isArray(reply['value'])) return undefined
  const { interval = 'PT1M', resourceregion: region, value } = reply
  const grain = typeof interval === 'string' && Object.hasOwn(GRAINS, interval) ? GRAINS[interval] : undefined
  if (grain === undefined) return undefined
  const told = recordsIn(value).filter((one) => nameOf(one).toLowerCase() === metric.toLowerCase())
  const unit = told.map((one) => one['unit']).find((one) => typeof one === 'string' && !NO_UNITS.has(one))
  const series = told.flatMap((one) =>
    recordsIn(one['timeseries']).map((ones) => ({
      dimensions: dimensionsOf(ones['metadatavalues']),
      buckets: recordsIn(ones['data']).flatMap((point) => bucketOf(point, grain, aggregation)),
    })),
  )
  return {
    ...(typeof region === 'string' && /^[a-z0-9]{1,64}$/.test(region) ? { region } : {}),
    ...(unit === undefined ? {} : { unit: unit as string }),
    series,
  }
}

function nameOf({ name }: Record<string, unknown>): string {
  const value = isRecord(name) ? name['value'] : name
  return typeof value === 'string' ? value : ''
}

function dimensionsOf(metadata: unknown): Record<string, string> {
  const pairs = recordsIn(metadata).flatMap((one): [string, string][] => {
    const { value } = one
    return typeof value === 'string' ? [[nameOf(one).toLowerCase().slice(0, 64), value.slice(0, 256)]] : []
  })
  return Object.fromEntries(pairs.slice(0, 16))
}

function bucketOf(point: Record<string, unknown>, grain: number, aggregation: Aggregation): Bucket[] {
  const from = instantOf(point['timeStamp'])
  const value = finite(point[aggregation === 'Average' ? 'average' : 'total'])
  if (from === undefined || value === undefined || !isStretch(from, from + grain)) return []
  return [{ from, to: from + grain, value }]
}
