import { relative } from 'node:path'
import type { Report } from '@ergometer/core'

/** A report for a person: its folder as it is shortest from here. */
export function readableReport(report: Report): Report {
  const { folder } = report.run
  if (folder === undefined) return report
  const near = relative(process.cwd(), folder)
  return near.length < folder.length ? { ...report, run: { ...report.run, folder: near } } : report
}
