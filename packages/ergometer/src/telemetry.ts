// What exports take of OpenTelemetry's SDK, in one file: loaded only where something is exported.
export { LiveExport } from '@ergometer/otel/setup'
