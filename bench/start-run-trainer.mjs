import childProcess from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { now } from './figures.mjs'

// One fresh process of start-run.mjs: imports the package, starts a run, ends it, prints its times.

const stampsFile = join(tmpdir(), `ergometer-bench-${process.pid}.json`)
process.env.ERGOMETER_BENCH_STAMPS = stampsFile
const stamps = {}
const { spawn } = childProcess
childProcess.spawn = (...args) => {
  stamps.spawnBegins = now()
  const child = spawn(...args)
  stamps.spawned = now()
  return child
}
syncBuiltinESMExports()

const beforeImport = now()
const { startRun } = await import('../packages/ergometer/dist/index.js')
const called = now()
const run = await startRun(...(process.argv[2] === 'bare' ? [] : [{ name: 'start' }]))
const resolved = now()
await new Promise((resolve) => setTimeout(resolve, 100))
const ending = now()
await run.end()
const ended = now()

let recorder = {}
if (process.env.ERGOMETER_RECORDER) {
  await new Promise((resolve) => setTimeout(resolve, 700))
  // A recorder that is late has written nothing yet: this round explains nothing.
  if (existsSync(stampsFile)) {
    recorder = JSON.parse(readFileSync(stampsFile, 'utf8'))
    rmSync(stampsFile)
  }
}
const since = (times) => Object.fromEntries(Object.entries(times).map(([key, at]) => [key, at - called]))
console.log(
  JSON.stringify({
    load: called - beforeImport,
    call: resolved - called,
    end: ended - ending,
    ...since({ ...stamps, ...recorder, resolved }),
  }),
)
process.exit()
