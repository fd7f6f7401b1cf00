export { default, default as redfish } from './redfish-meter.ts'
export type { RedfishOptions } from './redfish-options.ts'
