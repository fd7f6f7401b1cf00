export { type CpuConfiguration, type CpuLoad, type CpuPower, modelCpuPower } from './cpu-power.ts'
export { default, default as estimate, type EstimateOptions } from './estimate-meter.ts'
export type { InstanceEstimate } from './instance-estimate.ts'
export { type MemoryPower, modelMemoryPower } from './memory-power.ts'
