import type { LiveTotals } from '@ergometer/core'
import type { HrTime } from '@opentelemetry/api'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { hrTime } from './hr-time.ts'

/** When what totals are of began: monotonic seconds of the host. */
export function beginOf(totals: Pick<LiveTotals, 't' | 'seconds'> | undefined): number | undefined {
  return totals && totals.t - totals.seconds
}

type Export = PushMetricExporter['export']

/**
 * An exporter of counters that start with what is recorded. The SDK takes its own first look for their start: a receiver would not know
 * that what they show by then was counted since. `age`: seconds since the start, asked until it is known.
 */
export function sinceBegin(exporter: PushMetricExporter, age: () => number | undefined): PushMetricExporter {
  const send: Export = exporter.export.bind(exporter)
  let begin: HrTime | undefined
  exporter.export = (metrics, done) => {
    begin ??= startOf(metrics, age())
    send(begin ? startedAt(metrics, begin) : metrics, done)
  }
  return exporter
}

/** By wall time: of the look that is exported, which was just now. */
function startOf({ scopeMetrics }: ResourceMetrics, age: number | undefined): HrTime | undefined {
  const end = scopeMetrics.flatMap(({ metrics }) => metrics).find(({ dataPoints }) => dataPoints.length > 0)
    ?.dataPoints[0]?.endTime
  if (age === undefined || end === undefined) return undefined
  const [seconds, nanoseconds] = end
  return hrTime((seconds - age) * 1000 + nanoseconds / 1e6)
}

function startedAt(metrics: ResourceMetrics, startTime: HrTime): ResourceMetrics {
  const started = (metric: MetricData): MetricData =>
    metric.dataPointType === DataPointType.SUM &&
    metric.aggregationTemporality === AggregationTemporality.CUMULATIVE
      ? { ...metric, dataPoints: metric.dataPoints.map((point) => ({ ...point, startTime })) }
      : metric
  return {
    ...metrics,
    scopeMetrics: metrics.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(started) })),
  }
}
