import { analyse, findRun, type Interval, type Report, readJournal, reportRun } from '@ergometer/core'
import { factorsFrom, type GivenFactors } from './factors.ts'

/** Factors that the caller gives in place of those that the run was recorded with. */
export type FactorOverrides = GivenFactors

/** The report of a run folder, with the factors it was recorded with, or others. */
export function reportFolder(folder: string, overrides: FactorOverrides = {}, interval?: Interval): Report {
  return reportRun(folder, (journal) => factorsFrom({ ...journal.start?.factors, ...overrides }), interval)
}

/** The report of a run as `RUN` names it. */
export function reportNamed(home: string, run: string | undefined, overrides: FactorOverrides): Report {
  return reportFolder(findRun(home, run), overrides)
}

/** What is left to say of a run whose journal cannot be read: everything is unknown. */
export function unknownReport(id: string, name: string, why: string): Report {
  const report = analyse(readJournal([]), factorsFrom({}))
  const health = [{ severity: 'error' as const, code: 'recorder-lost', message: why }]
  return { ...report, run: { ...report.run, id, name }, health }
}
