import { appendFileSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EventFiles } from '../src/event-files.ts'

let directory: string
let files: EventFiles

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ergometer-test-'))
  files = new EventFiles(directory)
})
afterEach(() => {
  files.close()
  rmSync(directory, { recursive: true })
})

/** Appends a line to a file that was written to so many seconds before now. */
function write(secondsAgo: number, name = 'shell.ndjson'): void {
  const path = join(directory, name)
  appendFileSync(path, '{"v":1,"work":{"samples":1}}\n')
  const at = Date.now() / 1000 - secondsAgo
  utimesSync(path, at, at)
}

/** When the lines that a look at a monotonic second finds were written. */
function look(now: number): number[] {
  const times: number[] = []
  files.poll(now, (_event, _process, { written }) => times.push(written), { thoroughly: true })
  return times
}

describe('a line without a time was written', () => {
  test('not later than its file was written to, however much later it is seen', () => {
    write(0.4)
    const [written = Number.NaN] = look(1000)
    expect(written).toBeLessThanOrEqual(999.6)
    expect(written).toBeGreaterThan(900)
  })

  test('after the look before, whatever a clock says that was set meanwhile', () => {
    write(0)
    look(1000)
    write(3600)
    write(3600, 'other.ndjson')
    expect(look(1000.1)).toEqual([1000, 1000])
  })

  test('not in the future', () => {
    write(-3600)
    expect(look(1000)).toEqual([1000])
  })
})
