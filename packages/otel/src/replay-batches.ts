import type { PastTotals } from '@ergometer/core'
import { type HrTime, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { hrTime } from './hr-time.ts'
import { METRICS, SCOPE } from './names.ts'
import { type Point, pointsOf } from './points.ts'
import { COUNTERS } from './series.ts'

/** Points of a run that go out together. */
export interface ReplayBatch {
  readonly scopeMetrics: ScopeMetrics
  readonly points: number
}

/** Points of one request: some 1 MB, a quarter of what the strictest receivers take. */
export const MOST_POINTS = 5000

/** A part of the run in wall time, in milliseconds since 1970. */
export interface ReplayWindow {
  readonly from?: number | undefined
  readonly until?: number | undefined
}

type DataPoints = Map<Point['metric'], DataPoint<number>[]>

/**
 * The metrics of a run at the times of its totals, in order of time, as the SDK would have collected them then: cumulative since the
 * begin of the run, whatever part of it is sent. A batch is all that is held in memory.
 */
export function* replayBatches(
  totals: Iterable<PastTotals>,
  runName: string,
  { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: ReplayWindow = {},
  mostPoints = MOST_POINTS,
): Generator<ReplayBatch> {
  let begin: HrTime | undefined
  let waiting: DataPoints = new Map()
  let points = 0
  for (const one of rising(totals)) {
    const endTime = hrTime(one.milliseconds)
    begin ??= endTime
    if (one.milliseconds < from || one.milliseconds > until) continue
    for (const { metric, value, attributes } of pointsOf(one, runName)) {
      const series = waiting.get(metric) ?? []
      waiting.set(metric, series)
      series.push({ startTime: begin, endTime, attributes: { ...attributes }, value })
      if (++points < mostPoints) continue
      yield batchOf(waiting, points)
      waiting = new Map()
      points = 0
    }
  }
  if (points > 0) yield batchOf(waiting, points)
}

/**
 * Totals whose wall time rises. Where the clock of the host was set back, times come twice: what they had first is told, since a counter
 * that seems to fall is taken for a new one. The last totals are told in any case.
 */
function* rising(totals: Iterable<PastTotals>): Generator<PastTotals> {
  let latest = Number.NEGATIVE_INFINITY
  let left: PastTotals | undefined
  for (const one of totals) {
    left = one.milliseconds > latest ? undefined : one
    if (left) continue
    latest = one.milliseconds
    yield one
  }
  if (left) yield { ...left, milliseconds: latest + 1 }
}

function batchOf(waiting: DataPoints, points: number): ReplayBatch {
  const metrics = [...waiting].map(([metric, dataPoints]): MetricData => {
    const common = {
      descriptor: { ...METRICS[metric], valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints,
    }
    return COUNTERS.has(metric)
      ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
      : { ...common, dataPointType: DataPointType.GAUGE }
  })
  return { scopeMetrics: { scope: { ...SCOPE }, metrics }, points }
}
