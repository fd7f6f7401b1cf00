export { default, default as prometheus } from './prometheus-meter.ts'
export type { PrometheusOptions } from './prometheus-options.ts'
