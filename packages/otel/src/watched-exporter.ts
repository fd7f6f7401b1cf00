import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics'

/** Of the results of an export, as both lines of the SDK number them. */
const SUCCESS = 0

type Export = PushMetricExporter['export']

/**
 * An exporter that tells how each export went: the SDK itself says nothing of a collector that is down. `told` is given the error,
 * or undefined after a success. `over`: whether everything has been sent, so that nothing more is: a reader that is shut down exports
 * once again, and where the collector is down that would keep the process alive.
 */
export function watched(
  exporter: PushMetricExporter,
  told: (error: Error | undefined) => void,
  over: () => boolean,
): PushMetricExporter {
  const send: Export = exporter.export.bind(exporter)
  exporter.export = (metrics: ResourceMetrics, done: Parameters<Export>[1]) => {
    if (over()) return done({ code: SUCCESS })
    send(metrics, (result) => {
      told(result.code === SUCCESS ? undefined : (result.error ?? new Error('the export failed')))
      done(result)
    })
  }
  return exporter
}
