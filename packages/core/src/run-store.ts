import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RECORDER_FILE } from './event-directory.ts'
import type { HealthEntry } from './health.ts'
import { JournalFile } from './journal-file.ts'
import type { JournalLine } from './journal-line.ts'
import { encodeLine } from './journal-text.ts'
import { processIdentity } from './process-identity.ts'
import { readLines } from './read-lines.ts'
import type { Report } from './report.ts'
import { JOURNAL_FILE, makeRunFolder, REPORT_FILE } from './run-folder.ts'

/**
 * Where a run is kept: its folder in the home, a temporary one if the home cannot be written, or memory. Nothing
 * here ever throws or blocks; what goes wrong is told.
 */
export class RunStore {
  /** The run's folder; undefined while there is none. */
  folder: string | undefined
  readonly #trouble: (entry: HealthEntry) => void
  readonly #clock: () => number
  /** Lines that came before the journal was open. */
  readonly #early: JournalLine[] = []
  #journal: JournalFile | undefined

  /** `trouble` is told what goes wrong; `clock`: monotonic seconds. */
  constructor(trouble: (entry: HealthEntry) => void, clock: () => number) {
    this.#trouble = trouble
    this.#clock = clock
  }

  /** Makes the run's folder and opens its journal. */
  async open(home: string, runId: string): Promise<void> {
    const why = await this.#openIn(home, runId)
    if (why !== undefined) {
      const otherwise = await this.#openElsewhere(runId)
      const message = `${home}: cannot be written (${why}): ${otherwise}`
      this.#trouble({ severity: 'error', code: 'home-unwritable', message })
    }
    this.#journal ??= await this.#openFile(undefined)
    for (const line of this.#early.splice(0)) this.#journal.append(line)
  }

  /** What becomes of a run whose home cannot be written. */
  async #openElsewhere(runId: string): Promise<string> {
    const spare = await mkdtemp(join(tmpdir(), 'ergometer-home-')).catch(() => undefined)
    const why = spare === undefined ? 'no temporary folder' : await this.#openIn(spare, runId)
    return why === undefined ? `the run lies in ${this.folder}` : 'the run is kept in memory only'
  }

  /** Why not, if it cannot be. */
  async #openIn(home: string, runId: string): Promise<string | undefined> {
    try {
      const folder = await makeRunFolder(home, runId)
      // Who reads the folder before the run begins must not take it for one that crashed.
      await writeFile(join(folder, RECORDER_FILE), JSON.stringify(processIdentity()), { mode: 0o600 })
      this.#journal = await this.#openFile(join(folder, JOURNAL_FILE))
      this.folder = folder
      return undefined
    } catch (error) {
      return reason(error)
    }
  }

  #openFile(path: string | undefined): Promise<JournalFile> {
    const trouble = (error: Error) =>
      this.#trouble({
        severity: 'error',
        code: 'journal-unwritable',
        message: `${path}: cannot be written (${reason(error)}): lines wait in memory`,
      })
    return JournalFile.open(path, trouble, this.#clock)
  }

  /** Appends a line to the journal. */
  write(line: JournalLine): void {
    if (this.#journal) this.#journal.append(line)
    else this.#early.push(line)
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    await this.#journal?.flush()
  }

  /** The journal's lines: from the disk, then those that are not there. */
  *lines(): Generator<string> {
    const unwritten = this.#journal?.unwritten ?? this.#early.map(encodeLine)
    if (this.folder) {
      try {
        yield* readLines(join(this.folder, JOURNAL_FILE))
      } catch {
        // What cannot be read back is missing from the report: its coverage says so.
      }
    }
    yield* unwritten
  }

  /** Puts the report beside the journal, whole, if it can be. */
  async writeReport(report: Report): Promise<void> {
    if (!this.folder) return
    const path = join(this.folder, REPORT_FILE)
    const part = `${path}.${process.pid}`
    try {
      await writeFile(part, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
      await rename(part, path)
    } catch {
      await rm(part, { force: true }).catch(() => {})
    }
  }

  /** Removes the folder of a run that does not begin. */
  async discard(): Promise<void> {
    await this.#journal?.close()
    if (this.folder) await rm(this.folder, { recursive: true, force: true }).catch(() => {})
  }

  /** Writes, syncs and closes the journal. */
  async close(): Promise<void> {
    await this.#journal?.close()
    if (this.folder) await rm(join(this.folder, RECORDER_FILE), { force: true }).catch(() => {})
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String((error as Error).message)
}
