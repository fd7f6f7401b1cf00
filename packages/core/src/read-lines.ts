import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

const CHUNK = 1024 * 1024
/** No line of ours is longer; what is longer is damage. */
const LONGEST = 16 * 1024 * 1024

/** The lines of a file, one by one: a journal of a week is never in memory as a whole. */
export function* readLines(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.alloc(CHUNK)
    let rest = ''
    for (;;) {
      const length = readSync(file, buffer)
      if (length === 0) break
      const lines = (rest + decoder.write(buffer.subarray(0, length))).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST) rest = ''
      yield* lines
    }
    yield rest + decoder.end()
  } finally {
    closeSync(file)
  }
}
