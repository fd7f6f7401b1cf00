import { join } from 'node:path'
import { analyse } from './analyse.ts'
import { replaceFile } from './event-directory.ts'
import type { Factors } from './factors.ts'
import type { HealthEntry } from './health.ts'
import { type Journal, readJournal } from './journal.ts'
import { type AwaitedLine, type GivenFactors, JOURNAL_VERSION, type JournalLine } from './journal-line.ts'
import { encodeLine } from './journal-text.ts'
import { processIdentity } from './process-identity.ts'
import { redactValue } from './redact.ts'
import { JOURNAL_FILE, makeRunFolder, newRunId, REPORT_FILE } from './run-folder.ts'
import type { RunPlace } from './run-place.ts'

/** A run that is over and that nobody recorded: somebody else tells of it. Its energy is told later, as late meters do. */
export interface PastRun {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly begin: Date
  readonly end: Date
  readonly status: 'completed' | 'failed' | 'aborted'
  readonly reason?: string | undefined
  /** All of it, done by the end. */
  readonly work?: Readonly<Record<string, number>> | undefined
  readonly place?: RunPlace | undefined
  readonly given: GivenFactors
  /** Settings, without secrets: the meters that may tell of it, too. */
  readonly config: Readonly<Record<string, unknown>>
  readonly versions: Readonly<Record<string, string>>
  readonly health: readonly HealthEntry[]
  /** Meters that have its energy to tell, and seconds by which they are late. */
  readonly awaited?: readonly Pick<AwaitedLine, 'meter' | 'lateBy'>[]
}

/**
 * Writes the folder of a run that is over, journal and report, as a recorder would have left them; answers with its path.
 * Throws what the file system throws.
 */
export async function storePastRun(
  home: string,
  run: PastRun,
  factorsOf: (journal: Journal) => Factors,
): Promise<string> {
  const runId = newRunId(run.name, run.begin)
  const texts = pastRunLines(runId, run).map(encodeLine)
  const folder = await makeRunFolder(home, runId)
  const journal = readJournal(texts)
  const report = analyse(journal, factorsOf(journal), { folder })
  // A folder without a journal is no run: the report comes first.
  replaceFile(join(folder, REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`)
  replaceFile(join(folder, JOURNAL_FILE), texts.map((text) => `${text}\n`).join(''))
  return folder
}

function pastRunLines(runId: string, run: PastRun): JournalLine[] {
  const { name, begin, end, status, reason, work, place, given, config, versions, health, awaited = [] } = run
  const { pid, processStart } = processIdentity()
  const t = Math.max(0, end.getTime() - begin.getTime()) / 1000
  const tags = redactValue({ ...run.tags }) as Record<string, string>
  return [
    {
      kind: 'start',
      version: JOURNAL_VERSION,
      runId,
      name,
      // Its seconds are of no host's clock: only wall times find their way into it.
      monotonic: 0,
      wall: begin.toISOString(),
      recorder: { pid, ...(processStart ? { processStart } : {}) },
      factors: given,
      config: redactValue({ ...config }) as Record<string, unknown>,
      versions: { ...versions },
    },
    ...(place ? [{ kind: 'place' as const, t: 0, place }] : []),
    ...(Object.keys(tags).length > 0 ? [{ kind: 'tag' as const, t: 0, tags }] : []),
    ...health.map((entry) => ({ kind: 'health' as const, t: 0, ...entry })),
    ...(work && Object.keys(work).length > 0 ? [{ kind: 'work' as const, t, work: { ...work } }] : []),
    ...awaited.map((one) => ({ kind: 'awaited' as const, t, ...one })),
    { kind: 'end', t, status, ...(reason === undefined ? {} : { reason }) },
  ]
}
