import type { Bucket } from './bucket.ts'
import { finite, instantOf, isRecord, isStretch, recordsIn, textsOf } from './reply-fields.ts'

/** One time series of a reply of `timeSeries.list`, with its labels and in its order. */
export interface TimeSeries {
  readonly metricLabels: Readonly<Record<string, string>>
  readonly resourceLabels: Readonly<Record<string, string>>
  /** Absent where the reply names none. */
  readonly unit?: string
  readonly buckets: readonly Bucket[]
}

/** One page. */
export interface TimeSeriesPage {
  readonly series: readonly TimeSeries[]
  readonly nextPageToken?: string
  /** How many parts of the answer are missing (`executionErrors`). */
  readonly errors: number
}

/**
 * A page of `projects.timeSeries.list`; undefined if it is none. Of the points of a gauge `startTime` equals `endTime`: aligned,
 * such a point is the mean of the `period` seconds before it. What is no finite number is left out.
 * Source: https://docs.cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list.
 */
export function timeSeriesPage(reply: unknown, period: number): TimeSeriesPage | undefined {
  if (!isRecord(reply)) return undefined
  const { timeSeries = [], nextPageToken, executionErrors = [], unit } = reply
  if (!Array.isArray(timeSeries)) return undefined
  return {
    series: recordsIn(timeSeries).map((one) => seriesOf(one, unit, period)),
    ...(typeof nextPageToken === 'string' && nextPageToken !== '' ? { nextPageToken } : {}),
    errors: Array.isArray(executionErrors) ? executionErrors.length : 1,
  }
}

function seriesOf(one: Record<string, unknown>, unitOfAll: unknown, period: number): TimeSeries {
  const unit = [one['unit'], unitOfAll].find((text) => typeof text === 'string' && text !== '')
  return {
    metricLabels: labelsOf(one['metric']),
    resourceLabels: labelsOf(one['resource']),
    ...(unit === undefined ? {} : { unit: unit as string }),
    buckets: recordsIn(one['points']).flatMap((point) => bucketOf(point, period)),
  }
}

function labelsOf(owner: unknown): Record<string, string> {
  return isRecord(owner) ? textsOf(owner['labels']) : {}
}

function bucketOf({ interval, value }: Record<string, unknown>, period: number): Bucket[] {
  if (!isRecord(interval) || !isRecord(value)) return []
  const to = instantOf(interval['endTime'])
  // Both are the same text for nearly all points, of which there may be very many.
  const start = interval['startTime'] === interval['endTime'] ? to : instantOf(interval['startTime'])
  const amount = numberOf(value)
  if (to === undefined || amount === undefined) return []
  const from = start === undefined || start === to ? to - period : start
  return isStretch(from, to) ? [{ from, to, value: amount }] : []
}

/** A 64-bit integer comes as text, since JSON's numbers are not exact beyond 2^53. */
function numberOf({ doubleValue, int64Value }: Record<string, unknown>): number | undefined {
  if (doubleValue !== undefined) return finite(doubleValue)
  if (typeof int64Value === 'string' && /^-?\d{1,19}$/.test(int64Value)) return Number(int64Value)
  return finite(int64Value)
}
