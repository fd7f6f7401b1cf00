import { redactText } from '@ergometer/core'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'

/** How OTLP is spoken. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc'

const PACKAGES: Readonly<Record<OtlpProtocol, string>> = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
}

/** The variables that name an endpoint; the first that is set counts. */
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT']

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
  const protocol = chosen === undefined ? protocolOf(env) : checkedProtocol(chosen, 'OTLP protocol')
  if (url !== undefined) checkEndpoint(url, 'OTLP endpoint')
  // The official exporter would take the usual place for one that makes no sense, and gRPC needs no scheme.
  else if (protocol !== 'grpc') {
    const name = ENDPOINTS.find((one) => env[one])
    if (name !== undefined) checkEndpoint(env[name] ?? '', name)
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

/** The endpoint of metrics below a base endpoint; one that is given whole stays. */
export function metricsUrl(base: string): string {
  const url = new URL(base)
  url.pathname = url.pathname.replace(/(\/v1\/metrics)?\/*$/, '/v1/metrics')
  return url.href
}

/** The protocol that the standard variables ask for. Throws an Error for one that does not exist. */
export function protocolOf(env: Readonly<Record<string, string | undefined>>): OtlpProtocol {
  const asked = env['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL']
  return asked ? checkedProtocol(asked, 'OTEL_EXPORTER_OTLP_PROTOCOL') : 'http/protobuf'
}

function checkedProtocol(asked: string, by: string): OtlpProtocol {
  if (Object.hasOwn(PACKAGES, asked)) return asked as OtlpProtocol
  throw new Error(`${by} '${asked}': expected ${Object.keys(PACKAGES).join(', ')}`)
}

function checkEndpoint(url: string, by: string): void {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return
  throw new Error(`${by} '${redactText(url)}': expected http://HOST:PORT or https://…`)
}

/** The endpoint of a target, as it is given: secrets of its address included. */
export function targetUrl({ url }: OtlpTarget, env: Readonly<Record<string, string | undefined>>): string {
  const name = ENDPOINTS.find((one) => env[one])
  return url ?? (name && env[name]) ?? 'http://localhost:4318'
}

/** Where metrics go, for a person: without secrets. */
export function targetText(target: OtlpTarget, env: Readonly<Record<string, string | undefined>>): string {
  return redactText(targetUrl(target, env))
}
