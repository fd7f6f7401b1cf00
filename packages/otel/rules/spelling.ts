import type { METRICS } from '../src/names.ts'

type Metric = (typeof METRICS)[keyof typeof METRICS]

/** What Prometheus' translation of OpenTelemetry names appends for a unit; nothing for an annotation in braces. */
const UNITS: Readonly<Record<string, string>> = { J: '_joules', W: '_watts', g: '_grams', '1': '_ratio' }

/**
 * The names under which a metric arrives in a store that speaks PromQL: as the Prometheus exporter of OpenTelemetry JS prints
 * it, without a unit, and as OTLP receivers translate it, with one.
 */
export function spellings(metric: Metric, kind: 'counter' | 'gauge'): readonly string[] {
  const stem = metric.name.replaceAll('.', '_')
  const unit = UNITS[metric.unit] ?? ''
  // A ratio is a suffix of gauges alone.
  const endings = kind === 'counter' ? ['_total', `${unit}_total`] : ['', unit]
  return [...new Set(endings.map((ending) => `${stem}${ending}`))]
}
