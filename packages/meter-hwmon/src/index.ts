export { default, default as hwmon, type HwmonOptions } from './hwmon-meter.ts'
