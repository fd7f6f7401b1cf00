export { default, default as rapl, type RaplOptions } from './rapl-meter.ts'
