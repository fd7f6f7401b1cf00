import { writeSync } from 'node:fs'
import type { HealthEntry } from '@ergometer/core'
import { plainText } from '@ergometer/report'

/** Writes a line of ours to stderr. It never throws: stderr may be closed or full. */
export function say(message: string): void {
  try {
    writeSync(2, `ergometer: ${plainText(message)}\n`)
  } catch {
    // Nobody listens.
  }
}

/** Says what a user should know while the training runs; the rest stands in the report. */
export function sayHealth({ severity, message }: HealthEntry): void {
  if (severity !== 'info') say(message)
}
