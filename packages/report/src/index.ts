export { type CheckedCase, checkLine, checkVerdict } from './check-text.ts'
export {
  type DoctorFindings,
  doctorText,
  type InstalledPackage,
  type MeterFinding,
  metersText,
  type PlaceFinding,
} from './doctor-text.ts'
export { markdownFleet, terminalFleet } from './fleet-text.ts'
export { type LiveFigures, liveLine } from './live-line.ts'
export { type LocalInstant, localInstant } from './local-instant.ts'
export { markdownReport } from './markdown-report.ts'
export { plainText } from './plain-text.ts'
export {
  formatCount,
  formatEnergy,
  formatGrams,
  formatJoules,
  formatNumber,
  formatSeconds,
  formatShare,
  formatWatts,
} from './quantity.ts'
export {
  type LeftOutRun,
  type ProviderFigures,
  type Reconciliation,
  type ReconciliationDifference,
  type ReconciliationRow,
  type RunsFigures,
  reconciliationText,
} from './reconciliation-text.ts'
export { type ListedRun, runsTable } from './runs-table.ts'
export { terminalReport } from './terminal-report.ts'
export type { TextOptions } from './text-lines.ts'
export { type WhenAnswer, type WhenOption, whenText } from './when-text.ts'
