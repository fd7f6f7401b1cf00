export { default, default as nvml } from './nvml-meter.ts'
export type { NvmlMeterOptions } from './nvml-options.ts'
