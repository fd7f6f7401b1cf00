import { join } from 'node:path'
import { IntensityCurve, type SourceContext } from '@ergometer/carbon'
import {
  analyse,
  type Factors,
  findRun,
  type GivenFactors,
  type HealthEntry,
  type Interval,
  type Journal,
  openRun,
  type Report,
  RunClock,
  readJournal,
  reportRun,
  type ScoreTargets,
} from '@ergometer/core'
import { factorsFrom, recordedFactors, soundFactors, standInOf, withOthers } from './factors.ts'
import type { ChosenFactors } from './given-factors.ts'
import { openSource, REPLIES_FOLDER } from './open-source.ts'
import { withPlace } from './place-factors.ts'
import { asErgometerError, type ChosenSource } from './source-request.ts'

/** Seconds that a source may take for the history of a run. */
const SOURCE_PATIENCE = 90

/** The report of a run folder, with the factors that it was recorded with; of a part of it, or with other scores to reach. */
export function reportFolder(
  folder: string,
  options: { readonly interval?: Interval; readonly targets?: ScoreTargets } = {},
): Report {
  return reportRun(folder, recordedFactors, options)
}

/**
 * The report of a run as `RUN` names it, with other factors in the place of those that it was recorded with. A source is asked for
 * the time of the run, in the real `world` but for the parts that are given. `targets`: in place of those that it was recorded with. What is stored stays as it is.
 * @throws ErgometerError for a run that is not there, and for a source that cannot be opened
 */
export async function reportNamed(
  home: string,
  run: string | undefined,
  others: ChosenFactors = { given: {} },
  world: Partial<SourceContext> = {},
  targets?: ScoreTargets,
): Promise<Report> {
  const folder = findRun(home, run)
  const recomputed = [...(others.bundled ? ['source'] : []), ...Object.keys(others.given)]
  const aims = targets ? { targets } : {}
  if (recomputed.length === 0) return reportFolder(folder, aims)
  const { journal, running } = openRun(folder, recordedFactors)
  const given = withOthers(soundFactors(journal), others)
  const health: HealthEntry[] = []
  const factors = others.source
    ? await askSource(
        others.source,
        given,
        journal,
        { cacheFolder: join(home, REPLIES_FOLDER), ...world },
        health,
      )
    : factorsFrom(given, given.source ? journal.intensities : [], journal.place)
  return analyse(journal, { ...factors, recomputed }, { running, folder, health, ...aims })
}

/** Factors by what a source tells of the time of a run. What goes wrong is added to `health`. */
async function askSource(
  { request }: ChosenSource,
  given: GivenFactors,
  journal: Journal,
  world: Partial<SourceContext>,
  health: HealthEntry[],
): Promise<Factors> {
  const log = (message: string, { severity, code }: Pick<HealthEntry, 'severity' | 'code'>) => {
    if (!health.some((entry) => entry.message === message)) health.push({ severity, code, message })
  }
  const clock = new RunClock(journal)
  const placed = withPlace({ ...given, source: { name: request.name } }, journal.place).given
  const source = await openSource(request, placed.zone, {
    signal: AbortSignal.timeout(SOURCE_PATIENCE * 1000),
    ...world,
    log,
  }).catch((cause) => {
    throw asErgometerError(cause)
  })
  const curve = new IntensityCurve(source, [], standInOf(placed, source))
  const from = clock.milliseconds(0) / 1000
  const to = Math.max(from + 1e-3, clock.milliseconds(journal.until) / 1000)
  try {
    for (const step of await source.history(from, to)) curve.add(step)
  } catch (error) {
    log((error as Error).message, { severity: 'warning', code: 'intensity-source-failed' })
  }
  return { ...factorsFrom({ ...given, source: { name: request.name } }, [], journal.place), curve }
}

/** What is left to say of a run whose journal cannot be read: everything is unknown. */
export function unknownReport(id: string, name: string, why: string): Report {
  const report = analyse(readJournal([]), factorsFrom({}))
  const health = [{ severity: 'error' as const, code: 'recorder-lost', message: why }]
  return { ...report, run: { ...report.run, id, name }, health }
}
