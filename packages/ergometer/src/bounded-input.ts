import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { ErgometerError } from '@ergometer/core'

const STDIN = 0
const CHUNK = 2 ** 20

/**
 * The text of a file, or of stdin for `-`, of at most `mostBytes`.
 * @throws ErgometerError `FILE_UNREADABLE`
 */
export function boundedInput(path: string, mostBytes: number): string {
  const chunks: Buffer[] = []
  let file = STDIN
  try {
    file = path === '-' ? STDIN : openSync(path, 'r')
    if (path !== '-' && !fstatSync(file).isFile()) throw unreadable(path, 'is no file')
    for (let bytes = 0; ; ) {
      const chunk = Buffer.allocUnsafe(CHUNK)
      const read = readChunk(file, chunk)
      if (read === 0) return Buffer.concat(chunks).toString('utf8')
      bytes += read
      if (bytes > mostBytes) throw unreadable(path, `is larger than ${mostBytes / 2 ** 20} MiB`)
      chunks.push(chunk.subarray(0, read))
    }
  } catch (error) {
    if (error instanceof ErgometerError) throw error
    throw unreadable(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`, error)
  } finally {
    if (file !== STDIN) closeSync(file)
  }
}

/** A pipe that is not filled yet may say so (`EAGAIN`), and one that has ended too (`EOF` on Windows). */
function readChunk(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

function unreadable(path: string, why: string, cause?: unknown): ErgometerError {
  return new ErgometerError('FILE_UNREADABLE', `${path === '-' ? 'stdin' : path}: ${why}`, cause)
}
