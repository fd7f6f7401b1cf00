import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { now, program } from './figures.mjs'

// The recorder as it is, but for noting when it reads a counter: positional reads from the start of a file.

const MOST = 1_000_000
const times = new Float64Array(MOST)
let count = 0
const { readSync } = fs
fs.readSync = (...args) => {
  if (args[4] === 0 && count < MOST) times[count++] = now()
  return readSync(...args)
}
syncBuiltinESMExports()
process.once('exit', () => {
  fs.writeFileSync(process.env.BENCH_READS, times.subarray(0, count))
})
await import(program('recorder.js'))
