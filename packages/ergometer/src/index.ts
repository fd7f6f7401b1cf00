export { ErgometerError, type LiveTotals, type Report, type ReportForecast } from '@ergometer/core'
export { measure } from './measure.ts'
export type {
  ForecastOptions,
  Phase,
  PushedTime,
  Run,
  ScoreValues,
  WorkIncrements,
  WorthwhileOptions,
} from './run.ts'
export { defineConfig, type MeterChoice, type Settings } from './settings.ts'
export { startRun } from './start-run.ts'
