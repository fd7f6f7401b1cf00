import { writeSync } from 'node:fs'

/** stderr as a place for people: stdout belongs to the command that is run. */
export const terminal = {
  /** How to draw for it. */
  options(stream: { isTTY?: boolean; columns?: number } = process.stderr): {
    color: boolean
    columns: number
  } {
    const color = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
    return { color, columns: stream.columns ?? 80 }
  },
  /** Writes at once, and never throws. */
  write(text: string): void {
    try {
      let bytes = Buffer.from(text)
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(2, bytes))
    } catch {
      // Nobody listens.
    }
  },
}
