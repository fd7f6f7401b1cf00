import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse, lookAtRun, REPORT_FILE, type Report, runFolders } from '@ergometer/core'
import { recordedFactors } from './factors.ts'

/** Reports of all runs in a home, the oldest first; a run that cannot be read is left out. Nothing is written. */
export function listReports(home: string): Report[] {
  return runFolders(home).flatMap((folder) => {
    try {
      return [storedReport(folder) ?? readReport(folder)]
    } catch {
      return []
    }
  })
}

/** The report beside a journal; undefined where there is none, or it is no report. */
export function storedReport(folder: string): Report | undefined {
  try {
    const report = JSON.parse(readFileSync(join(folder, REPORT_FILE), 'utf8')) as Report
    return report.schema === 'ergometer.report/1' ? report : undefined
  } catch {
    return undefined
  }
}

function readReport(folder: string): Report {
  const { journal, running } = lookAtRun(folder)
  return analyse(journal, recordedFactors(journal), { running, folder })
}
