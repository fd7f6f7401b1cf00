export { createMeterPackage, type MeterPackage, meterPackage } from './create-meter-package.ts'
