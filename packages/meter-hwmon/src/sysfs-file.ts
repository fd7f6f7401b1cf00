import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { MeterError } from '@ergometer/meter'

/** Longest text that is taken of a file whose value changes. */
const LONGEST = 64

/** The names in a folder; none where it cannot be listed. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The text of a file that its driver knows without asking the hardware, trimmed; undefined: empty, or not to be had. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** True if this user may read a file that is there. */
export function isReadable(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * What a file says now, by one bounded read: some drivers answer "try again" for as long as they are asked. Not
 * in the way of anything else, since firmware may take its time.
 * @throws MeterError `HWMON_UNREADABLE`
 */
export async function readNow(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0)
      return buffer.toString('utf8', 0, bytesRead).trim()
    } finally {
      await file.close()
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw unreadable(path, code ?? message, cause)
  }
}

/**
 * The whole number that a file says now.
 * @throws MeterError `HWMON_UNREADABLE`
 */
export async function readNumber(path: string): Promise<number> {
  const text = await readNow(path)
  if (/^-?\d+$/.test(text)) return Number(text)
  throw unreadable(path, `expected a whole number, found '${text}'`)
}

function unreadable(path: string, why: string, cause?: unknown): MeterError {
  return new MeterError(`${path}: cannot be read (${why}); until it can, what it measures is unknown`, {
    outcome: 'retry',
    code: 'HWMON_UNREADABLE',
    cause,
  })
}
