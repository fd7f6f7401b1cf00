import type { ExportTargets } from './pipeline.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The exporters of metrics that the standard variables ask for, by their name there: `otlp`, unless they say otherwise. */
export function standardExporters(env: Environment): readonly string[] {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return []
  return (env['OTEL_METRICS_EXPORTER'] || 'otlp').split(',').map((name) => name.trim())
}

/** Where the standard variables want metrics to go: maybe nowhere. */
export function standardTargets(env: Environment): ExportTargets {
  const exporters = standardExporters(env)
  return { otlp: exporters.includes('otlp'), prometheus: exporters.includes('prometheus') }
}
