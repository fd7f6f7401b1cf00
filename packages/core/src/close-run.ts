import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type AnalysisOptions, analyse } from './analyse.ts'
import {
  EVENT_DIRECTORY,
  RECORDER_FILE,
  removeEventDirectory,
  replaceFile,
  TAKEN_FILE,
} from './event-directory.ts'
import { EventFiles } from './event-files.ts'
import type { TimedEvent } from './event-line.ts'
import type { Factors } from './factors.ts'
import { type Journal, readJournal } from './journal.ts'
import { isRow, type JournalLine } from './journal-line.ts'
import { encodeLine } from './journal-text.ts'
import { isAlive, isProcessIdentity, processName, readBootId } from './process-identity.ts'
import { readLines } from './read-lines.ts'
import { Recording } from './recording.ts'
import type { Report } from './report.ts'
import { JOURNAL_FILE, REPORT_FILE } from './run-folder.ts'
import { isObject } from './untrusted.ts'

const LINE_FEED = 0x0a

/** Reads the journal of a run folder. Throws what the file system throws. */
export function readRun(folder: string): Journal {
  return readJournal(readLines(join(folder, JOURNAL_FILE)))
}

/** A run as it is now; `running`: its recorder lives. Throws what the file system throws. */
export function lookAtRun(folder: string): { journal: Journal; running: boolean } {
  const journal = readRun(folder)
  if (journal.end) return { journal, running: false }
  if (isRecording(folder, journal)) return { journal, running: true }
  // It may have ended between the two looks: what is there now is its last word.
  return { journal: readRun(folder), running: false }
}

function isRecording(folder: string, { start }: Journal): boolean {
  if (!start) return isHeld(folder)
  const { pid, processStart } = start.recorder
  return isAlive({
    pid,
    ...(processStart ? { processStart } : {}),
    ...(start.bootId ? { bootId: start.bootId } : {}),
  })
}

/**
 * True while a recorder has a run's folder: before its run begins, when its meters are read, which takes them a while, and after its end,
 * until the report is stored. Who has it is told beside the journal.
 */
export function isHeld(folder: string): boolean {
  try {
    const told: unknown = JSON.parse(readFileSync(join(folder, RECORDER_FILE), 'utf8'))
    return isProcessIdentity(told) && isAlive(told)
  } catch {
    return false
  }
}

/**
 * The report of a run folder. A run whose recorder died is closed as `crashed` first, with the event files
 * that are left. `options`: of the analysis.
 */
export function reportRun(
  folder: string,
  factorsOf: (journal: Journal) => Factors,
  options: Pick<AnalysisOptions, 'interval' | 'targets'> = {},
): Report {
  const { journal, running, report } = openRun(folder, factorsOf)
  if (report && !options.interval && !options.targets) return report
  return analyse(journal, factorsOf(journal), { running, folder, ...options })
}

/** A run that was read. */
export interface OpenedRun {
  readonly journal: Journal
  /** True while its recorder lives. */
  readonly running: boolean
  /** Of a run that was closed just now, as it is stored. */
  readonly report?: Report
}

/**
 * Reads a run folder. A run whose recorder died is closed as `crashed` first, with the event files that are left, and its report stored:
 * with the factors that `factorsOf` says it was recorded with.
 */
export function openRun(folder: string, factorsOf: (journal: Journal) => Factors): OpenedRun {
  const { journal, running } = lookAtRun(folder)
  if (running || journal.end) return { journal, running }
  closeCrashed(folder, journal)
  const report = analyse(journal, factorsOf(journal), { folder })
  try {
    replaceFile(join(folder, REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`)
  } catch {
    // A run that cannot be written to can still be read.
  }
  return { journal, running, report }
}

function closeCrashed(folder: string, journal: Journal): void {
  const lines = leftLines(journal)
  for (const line of lines) journal.add(line)
  const path = join(folder, JOURNAL_FILE)
  try {
    endLastLine(path)
    appendFileSync(path, lines.map((line) => `${encodeLine(line)}\n`).join(''))
    const events = eventDirectory(journal)
    if (events) removeEventDirectory(events)
  } catch {
    // Read-only: the report is made from memory.
  }
}

/** The last line may be torn: the journal goes on behind the last whole one, which may lack only its end. */
export function endLastLine(path: string): void {
  const bytes = readFileSync(path)
  const whole = bytes.lastIndexOf(LINE_FEED) + 1
  try {
    if (whole < bytes.length) JSON.parse(bytes.toString('utf8', whole))
    else return
    appendFileSync(path, '\n')
  } catch {
    truncateSync(path, whole)
  }
}

/** What the event files say beyond the journal's last row, and its end. */
function leftLines(journal: Journal): JournalLine[] {
  const settled = journal.times.last ?? 0
  const origin = journal.start?.monotonic ?? 0
  const events: { told: TimedEvent; time: number; process: string }[] = []
  const directory = eventDirectory(journal)
  if (directory) {
    const files = new EventFiles(directory)
    const taken = takenFrom(directory)
    files.poll(
      0,
      (told, process, { file, bytes }) => {
        if (told.time !== undefined) events.push({ told, time: told.time - origin, process })
        // A line without a time that is not in the journal yet: at the latest when its file was written to.
        else if (bytes > (taken[file] ?? 0)) {
          events.push({
            told,
            time: Math.max(settled + 1e-6, writtenAt(join(directory, file), journal)),
            process,
          })
        }
      },
      { finally: true },
    )
    files.close()
  }
  events.sort((a, b) => a.time - b.time)
  const lines: JournalLine[] = []
  const fresh = (line: JournalLine) => isRow(line) || line.kind !== 'phase' || line.to > settled
  const recording = new Recording(
    (line) => {
      if (fresh(line)) lines.push(line)
    },
    undefined,
    { settled, processes: knownProcesses(journal) },
  )
  const until = Math.max(settled, events.at(-1)?.time ?? 0)
  for (const { told, time, process } of events) {
    const { kind } = told.event
    if (kind !== 'domain' && kind !== 'reading' && (time > settled || kind === 'phase')) {
      recording.addEvent(told.event, time, until, process)
    }
  }
  const ended = endOfBoth(journal, events)
  if (!ended) {
    const message = 'the recorder died: what it had not written yet is lost'
    recording.health.add({ severity: 'error', code: 'recorder-died', message })
  }
  recording.close(until, ended ?? { status: 'crashed', reason: 'the recorder died' })
  return lines
}

/** How the training ended by itself, where its recorder was a thread of it and ended with it. */
function endOfBoth({ start }: Journal, events: readonly { told: TimedEvent; process: string }[]) {
  const { recorder, bootId } = start ?? {}
  if (!recorder) return undefined
  const both = processName({ pid: recorder.pid, ...(bootId ? { bootId } : {}) })
  const said = events.findLast(({ told, process }) => told.event.kind === 'end' && process === both)
  if (said?.told.event.kind !== 'end') return undefined
  const { failed, aborted } = said.told.event
  return { status: failed ? 'failed' : aborted ? 'aborted' : 'completed' } as const
}

/** How much of each event file is in the journal. */
function takenFrom(directory: string): Record<string, number> {
  try {
    const taken = JSON.parse(readFileSync(join(directory, TAKEN_FILE), 'utf8'))
    return isObject(taken) ? (taken as Record<string, number>) : {}
  } catch {
    return {}
  }
}

/** When a file was last written to, in seconds of the run. */
function writtenAt(path: string, { start }: Journal): number {
  const since = statSync(path).mtimeMs - Date.parse(start?.wall ?? '')
  return Number.isFinite(since) ? since / 1000 : 0
}

/** Names that the journal gave to its processes, by what their event files call them. */
function knownProcesses(journal: Journal): Map<string, string> {
  const bootId = journal.start?.bootId
  const boot = bootId ? { bootId } : {}
  return new Map(journal.processes.map(({ pid, process }) => [processName({ pid, ...boot }), process]))
}

/** The run's event directory, if it is still there and this very run's: a journal may name anything. */
function eventDirectory({ start }: Journal): string | undefined {
  const directory = start?.events
  if (!start || !directory || start.bootId !== readBootId()) return undefined
  if (dirname(directory) !== tmpdir() || !EVENT_DIRECTORY.test(basename(directory))) return undefined
  try {
    const info = JSON.parse(readFileSync(join(directory, RECORDER_FILE), 'utf8'))
    return info.runId === start.runId ? directory : undefined
  } catch {
    return undefined
  }
}
