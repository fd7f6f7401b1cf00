import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { endLastLine } from './close-run.ts'
import { ErgometerError } from './ergometer-error.ts'
import { replaceFile } from './event-directory.ts'
import type { JournalLine } from './journal-line.ts'
import { encodeLine } from './journal-text.ts'
import { isAlive, isProcessIdentity, type ProcessIdentity, processIdentity } from './process-identity.ts'
import type { Report } from './report.ts'
import { JOURNAL_FILE, REPORT_FILE } from './run-folder.ts'

/** Name of the file that says who settles a run. */
const SETTLING_FILE = 'settling.json'

/** A run folder that one process writes to although its recorder has ended: nobody else does meanwhile. */
export class SettlingRun {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Takes a run for this process.
   * @throws ErgometerError `RUN_BEING_SETTLED` while another process has it, `RUN_UNWRITABLE`
   */
  static take(folder: string): SettlingRun {
    const path = join(folder, SETTLING_FILE)
    for (let tries = 0; tries < 3; tries++) {
      try {
        putNew(path, JSON.stringify(processIdentity()))
        return new SettlingRun(folder)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(folder, error)
        const other = holderOf(path)
        if (other && isAlive(other)) {
          const message = `${folder}: process ${other.pid} is settling it; try again when it is done`
          throw new ErgometerError('RUN_BEING_SETTLED', message)
        }
        // Whoever had it has died.
        rmSync(path, { force: true })
      }
    }
    throw new ErgometerError('RUN_BEING_SETTLED', `${folder}: somebody else settles it; try again`)
  }

  /**
   * Appends lines to the journal: all of them or none.
   * @throws ErgometerError `RUN_UNWRITABLE`
   */
  append(lines: readonly JournalLine[]): void {
    const path = join(this.#folder, JOURNAL_FILE)
    const bytes = Buffer.from(lines.map((line) => `${encodeLine(line)}\n`).join(''))
    try {
      endLastLine(path)
      const file = openSync(path, 'a')
      const { size } = fstatSync(file)
      try {
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
        fsyncSync(file)
      } catch (error) {
        ftruncateSync(file, size)
        throw error
      } finally {
        closeSync(file)
      }
    } catch (error) {
      throw unwritable(this.#folder, error)
    }
  }

  /**
   * Puts a report in the place of the stored one, if it is another.
   * @throws ErgometerError `RUN_UNWRITABLE`
   */
  storeReport(report: Report): void {
    const path = join(this.#folder, REPORT_FILE)
    const text = `${JSON.stringify(report, null, 2)}\n`
    try {
      if (textOf(path) !== text) replaceFile(path, text)
    } catch (error) {
      throw unwritable(this.#folder, error)
    }
  }

  /** Gives the run back. */
  release(): void {
    rmSync(join(this.#folder, SETTLING_FILE), { force: true })
  }
}

/** Makes a file that is there with all its content at once, or throws `EEXIST`. */
function putNew(path: string, content: string): void {
  const part = `${path}.${process.pid}`
  try {
    writeFileSync(part, content, { mode: 0o600 })
    linkSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}

function holderOf(path: string): ProcessIdentity | undefined {
  try {
    const told: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isProcessIdentity(told) ? told : undefined
  } catch {
    return undefined
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function unwritable(folder: string, cause: unknown): ErgometerError {
  const why = (cause as NodeJS.ErrnoException).code ?? String((cause as Error).message)
  return new ErgometerError(
    'RUN_UNWRITABLE',
    `${folder}: cannot be written (${why}): nothing is settled`,
    cause,
  )
}
