/** Why an export failed, as told by OpenTelemetry's own exporters. */
export interface ExportFailure {
  /** In a few words. */
  readonly what: string
  /** What the receiver, or the machine, says of it; may be anything. */
  readonly said: string
  /** What to do about it, where that is known. */
  readonly hint?: string | undefined
}

/** Makes words of an exporter's error. */
export function exportFailure(
  error: (Error & { readonly code?: unknown; readonly data?: unknown }) | undefined,
): ExportFailure {
  const { code, data, message = '' } = error ?? {}
  // gRPC numbers its failures from 1 to 16.
  if (typeof code === 'number' && code >= 300) {
    return { what: `it answered ${code}`, said: typeof data === 'string' ? data : '', hint: hintOf(code) }
  }
  if (/retryable status/.test(message)) {
    return { what: 'it is too busy, or down: it answered 429, 502, 503 or 504 each time', said: '' }
  }
  const up = 'see to it that the receiver is up, and try again'
  if (/ECONNREFUSED/.test(`${code} ${message}`)) return { what: 'nobody listens there', said: '', hint: up }
  if (/ENOTFOUND/.test(`${code} ${message}`)) return { what: 'no such host', said: '', hint: up }
  return { what: 'cannot be reached', said: message || String(code ?? '') }
}

/** What to do about an answer. */
function hintOf(status: number): string | undefined {
  if (status === 401 || status === 403) return 'check OTEL_EXPORTER_OTLP_HEADERS, and try again'
  if (status === 404) return 'give the base endpoint, to which /v1/metrics is appended, and try again'
  if (status !== 400 && status !== 415) return undefined
  return 'is it the base endpoint of a receiver that speaks this protocol (http/protobuf, http/json, grpc)? Then try again'
}
