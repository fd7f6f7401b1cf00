// What exports take of OpenTelemetry's SDK, in one file: loaded only where something is exported.
export { LiveExport, otlp } from '@ergometer/otel/setup'
