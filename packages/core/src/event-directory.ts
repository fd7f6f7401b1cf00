import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process-identity.ts'
import { isObject } from './untrusted.ts'

/** Name of the file that tells clients who records. */
export const RECORDER_FILE = 'recorder.json'
/** Name of the file with the totals of a running run. */
export const LIVE_FILE = 'live.json'

/** Name of the file that tells how far the event files are in the journal, should the recorder die. */
export const TAKEN_FILE = 'taken.json'

/** Who records, for clients that attach: `recorder.json`. */
export interface RecorderInfo {
  readonly v: 1
  readonly runId: string
  readonly pid: number
  readonly processStart?: string
  readonly bootId?: string
  readonly runFolder: string
  readonly versions: Readonly<Record<string, string>>
}

/** Names of event directories. */
export const EVENT_DIRECTORY = /^ergometer-\d+-[0-9a-f]{12}$/

/** A path for a new run's event directory, on a local disk. Nothing is made yet. */
export function newEventDirectory(): string {
  return join(tmpdir(), `ergometer-${process.pid}-${randomBytes(6).toString('hex')}`)
}

/** Makes the directory, unless whoever starts the recorder has; only the user may look inside. */
export function makeEventDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    const stat = lstatSync(directory, { throwIfNoEntry: false })
    if (!stat?.isDirectory() || (stat.mode & 0o077) !== 0) throw error
    if (process.getuid && stat.uid !== process.getuid()) throw error
  }
}

/** Replaces a file in one step, so that a reader sees the old or the new one. */
export function replaceFile(path: string, content: string): void {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, content, { mode: 0o600 })
  renameSync(temporary, path)
}

/** Replaces a file of an event directory, and says nothing where that cannot be: a full disk is said by the journal, a bad directory when it is made. */
export function replaceIfPossible(directory: string, name: string, content: string): void {
  try {
    replaceFile(join(directory, name), content)
  } catch {
    // What is read there is a convenience of clients.
  }
}

/** Removes the directory with all that is in it. */
export function removeEventDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

/**
 * The recorder behind an event directory, if one may be attached to: the directory belongs to this user, and
 * the recorder lives. Otherwise, as text, why not.
 */
export function findRecorder(directory: string): RecorderInfo | string {
  let info: unknown
  try {
    const stat = lstatSync(directory)
    if (!stat.isDirectory()) return 'it is no directory'
    if (process.getuid && stat.uid !== process.getuid()) return 'it belongs to another user'
    info = JSON.parse(readFileSync(join(directory, RECORDER_FILE), 'utf8'))
  } catch (error) {
    return error instanceof SyntaxError ? `its ${RECORDER_FILE} is damaged` : 'no recorder is there'
  }
  if (!isRecorderInfo(info)) return `its ${RECORDER_FILE} is damaged`
  return isAlive(info) ? info : 'its recorder has ended'
}

function isRecorderInfo(value: unknown): value is RecorderInfo {
  return (
    isObject(value) &&
    value['v'] === 1 &&
    typeof value['runId'] === 'string' &&
    typeof value['runFolder'] === 'string' &&
    Number.isSafeInteger(value['pid'])
  )
}
