import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { MeterError } from '@ergometer/meter'

/** The first lines of `/proc/stat` and `/proc/meminfo` lie within; reading stops there, however many interrupts follow. */
const buffer = Buffer.allocUnsafe(1024)

/**
 * The first kilobyte of a file. Opened anew each time: 5 microseconds more than a kept descriptor, and always
 * the file that is there now.
 * @throws MeterError `ESTIMATE_UNREADABLE`, outcome retry
 */
export function readHead(path: string): string {
  return attempt(path, () => {
    const file = openSync(path, 'r')
    try {
      return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
    } finally {
      closeSync(file)
    }
  })
}

/**
 * A whole file.
 * @throws MeterError `ESTIMATE_UNREADABLE`, outcome retry
 */
export function readWhole(path: string): string {
  return attempt(path, () => readFileSync(path, 'latin1'))
}

/** What a file holds is not what was expected of it. */
export function unexpected(path: string, expected: string): MeterError {
  return new MeterError(`${path}: expected ${expected}`, { outcome: 'retry', code: 'ESTIMATE_UNREADABLE' })
}

function attempt(path: string, read: () => string): string {
  try {
    return read()
  } catch (cause) {
    throw new MeterError(`${path}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? cause})`, {
      outcome: 'retry',
      code: 'ESTIMATE_UNREADABLE',
      cause,
    })
  }
}
