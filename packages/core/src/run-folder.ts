import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ErgometerError } from './ergometer-error.ts'

/** Name of the journal in a run folder. */
export const JOURNAL_FILE = 'journal.ndjson'
/** Name of the report in a run folder. */
export const REPORT_FILE = 'report.json'

/** A new run's id: sortable by time, readable, safe as a folder's name. */
export function newRunId(name: string, at: Date): string {
  const time = at.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-')
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 32)
  return `${time}-${slug || 'run'}-${randomBytes(3).toString('hex')}`
}

/** Where a home has a run, or, without its id, all of them. */
export function placeOfRuns(home: string, runId = ''): string {
  return join(resolve(home), 'runs', runId)
}

/** Makes the folder of a run in a home; only the user may look inside. */
export async function makeRunFolder(home: string, runId: string): Promise<string> {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(runId)) {
    throw new ErgometerError(
      'RUN_ID_INVALID',
      `run id '${runId}': expected letters, digits, '.', '_' and '-'`,
    )
  }
  const fresh = !existsSync(home)
  const folder = placeOfRuns(home, runId)
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  await mkdir(folder, { mode: 0o700 })
  // Runs are no part of the repository that the training lies in.
  if (fresh) await writeFile(join(home, '.gitignore'), '*\n').catch(() => {})
  return folder
}

/**
 * Folders of all runs in a home, the oldest first.
 * @throws ErgometerError `HOME_UNREADABLE`
 */
export function runFolders(home: string): string[] {
  const runs = placeOfRuns(home)
  let names: string[]
  try {
    names = readdirSync(runs)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new ErgometerError('HOME_UNREADABLE', `${runs}: cannot be read (${code})`, error)
  }
  return names
    .sort()
    .map((name) => join(runs, name))
    .filter(isRunFolder)
}

/**
 * The folder of a run, named by its id, a unique prefix, its folder, or `latest`.
 * @throws ErgometerError `RUN_UNKNOWN`, `RUN_AMBIGUOUS`
 */
export function findRun(home: string, run = 'latest'): string {
  const folders = runFolders(home)
  const where = placeOfRuns(home)
  if (run === 'latest') {
    const latest = newest(folders)
    if (latest) return latest
    throw new ErgometerError(
      'RUN_UNKNOWN',
      `no run in ${where}: record one with 'ergometer run -- CMD', or name another --home`,
    )
  }
  if (/[/\\]/.test(run) || run === '.') {
    const folder = resolve(run)
    if (isRunFolder(folder)) return folder
    throw new ErgometerError('RUN_UNKNOWN', `${folder}: expected a run folder with a ${JOURNAL_FILE} in it`)
  }
  const exact = folders.find((folder) => basename(folder) === run)
  if (exact) return exact
  const found = run === '' ? [] : folders.filter((folder) => basename(folder).startsWith(run))
  if (found.length === 1) return found[0] as string
  if (found.length > 1) {
    const names = found.map((folder) => basename(folder))
    throw new ErgometerError(
      'RUN_AMBIGUOUS',
      `run '${run}': ${found.length} runs begin so: ${names.slice(0, 5).join(', ')}`,
    )
  }
  if (isRunFolder(resolve(run))) return resolve(run)
  throw new ErgometerError(
    'RUN_UNKNOWN',
    `run '${run}' not found in ${where}: expected an id, a unique prefix of one, a run folder or 'latest'; 'ergometer runs' lists them`,
  )
}

function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, JOURNAL_FILE))
}

/** The run that began last: ids sort by the second, journals were born in order within one. */
function newest(folders: readonly string[]): string | undefined {
  const second = (folder: string) => basename(folder).slice(0, 15)
  const last = folders.at(-1)
  if (last === undefined) return undefined
  const born = (folder: string) => statSync(folder).birthtimeMs
  return folders
    .filter((folder) => second(folder) === second(last))
    .sort((a, b) => born(a) - born(b))
    .at(-1)
}
