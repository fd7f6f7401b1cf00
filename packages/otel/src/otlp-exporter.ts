import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'

/** How OTLP is spoken. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc'

const PACKAGES: Readonly<Record<OtlpProtocol, string>> = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
}

/** Where to send metrics. */
export interface OtlpTarget {
  /** Base endpoint, to which `/v1/metrics` is appended; absent: as the `OTEL_*` variables say, or `http://localhost:4318`. */
  readonly url?: string | undefined
  /** Absent: as the `OTEL_*` variables say, or `http/protobuf`. */
  readonly protocol?: OtlpProtocol | undefined
}

/**
 * The official exporter for a target; headers, certificates, compression and timeouts are those of the standard variables. Throws an
 * Error in one line: for a protocol that does not exist, or a package that is not installed.
 */
export async function otlpExporter(
  { url, protocol: chosen }: OtlpTarget,
  env: Readonly<Record<string, string | undefined>>,
): Promise<PushMetricExporter> {
  const protocol = chosen ?? protocolOf(env)
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw new Error(`OTLP endpoint '${withoutCredentials(url)}': expected http://HOST:PORT or https://…`)
  }
  const config = url === undefined ? {} : { url: protocol === 'grpc' ? url : metricsUrl(url) }
  try {
    if (protocol === 'grpc') {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc')
      return new OTLPMetricExporter(config)
    }
    if (protocol === 'http/json') {
      const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http')
      return new OTLPMetricExporter(config)
    }
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto')
    return new OTLPMetricExporter(config)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new Error(`OTLP over ${protocol}: npm install ${PACKAGES[protocol]}`, { cause })
  }
}

/** The endpoint of metrics below a base endpoint. */
export function metricsUrl(base: string): string {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/metrics`
  return url.href
}

/** The protocol that the standard variables ask for. Throws an Error for one that does not exist. */
export function protocolOf(env: Readonly<Record<string, string | undefined>>): OtlpProtocol {
  const asked = env['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL']
  if (!asked) return 'http/protobuf'
  if (Object.hasOwn(PACKAGES, asked)) return asked as OtlpProtocol
  throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL '${asked}': expected ${Object.keys(PACKAGES).join(', ')}`)
}

/** Where metrics go, for a person: without a user's name and password. */
export function targetText({ url }: OtlpTarget, env: Readonly<Record<string, string | undefined>>): string {
  const own = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT']
  const base = url ?? env['OTEL_EXPORTER_OTLP_ENDPOINT']
  return withoutCredentials(own && url === undefined ? own : (base ?? 'http://localhost:4318'))
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//***@')
}
