import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FIELD, openNvml } from '../packages/node-nvml/dist/index.js'
import { against, machine, row, spread } from './figures.mjs'

// What a call of NVML costs through the binding, on the simulated library, and whether two million of them leave anything.

const CALLS = 2_000_000
const PER_ROUND = 10_000
const MEGABYTES = 4

const folder = mkdtempSync(join(tmpdir(), 'ergometer-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** The simulated library, with one GPU of 300 W that one process uses. */
function simulate() {
  const library = join(folder, 'libnvidia-ml.so.1')
  const source = fileURLToPath(new URL('../packages/node-nvml/test/simulated-nvml.c', import.meta.url))
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  const gpu = ['uuid GPU-bench', 'name Bench', 'watts 300', 'process 1 0 0 0', 'sample 1 0 50 0 0 0']
  writeFileSync(join(folder, 'world'), gpu.map((line) => `device 0 ${line}\n`).join(''))
  return library
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

/** Megabytes that the process has of the machine. */
function megabytes() {
  collect()
  return process.memoryUsage().rss / 1024 ** 2
}

const nvml = await openNvml({ library: simulate() })
const gpu = nvml.deviceByIndex(0)
const fields = [
  { field: FIELD.energy },
  { field: FIELD.instantPower },
  { field: FIELD.averagePower },
  { field: FIELD.totalEnergy },
]
let sum = 0n
const kinds = {
  'energyMillijoules()': () => {
    sum += gpu.energyMillijoules()
  },
  'powerMilliwatts()': () => {
    sum += BigInt(gpu.powerMilliwatts())
  },
  'fieldValues(), 4 fields': () => {
    sum += gpu.fieldValues(fields)[0].value
  },
  'computeProcesses()': () => {
    sum += BigInt(gpu.computeProcesses().length)
  },
  'processUtilisation()': () => {
    sum += BigInt(gpu.processUtilisation().length)
  },
}
const nanoseconds = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]))

function round() {
  // Interleaved, so that what else the machine does meets all alike.
  for (const [name, call] of Object.entries(kinds)) {
    const before = process.hrtime.bigint()
    for (let count = 0; count < PER_ROUND; count++) call()
    nanoseconds[name].push(Number(process.hrtime.bigint() - before) / PER_ROUND)
  }
}

round()
const before = megabytes()
const perRound = PER_ROUND * Object.keys(kinds).length
for (let done = 0; done < CALLS; done += perRound) round()
const grown = megabytes() - before
if (sum <= 0n) throw new Error('nothing was read')
nvml.shutdown()

console.log(machine())
for (const name in kinds) row(name, `${spread(nanoseconds[name], 0)} ns, the simulation's own time included`)
row(
  `memory after ${CALLS / 1e6} million calls`,
  `${grown.toFixed(1)} MB more`,
  against(grown, MEGABYTES, ' MB'),
)
