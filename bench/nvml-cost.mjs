import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRun } from '../packages/ergometer/dist/index.js'
import { against, machine, row, temporaryHome } from './figures.mjs'

// What a recorder and its process for NVIDIA GPUs take of a core at 10 Hz, on the simulated library, whose own time is
// some 3 µs a call, and whether their memory grows.

const SECONDS = Number(process.argv[2] ?? 60)
const GPUS = Number(process.argv[3] ?? 8)
const WARM_UP = 10
const MOST_PERCENT = 1.5
const MOST_GROWTH = 3
const home = temporaryHome()
const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** The simulated library, with GPUs of 300 W that a process uses. */
function simulate() {
  const library = join(home, 'libnvidia-ml.so.1')
  const source = fileURLToPath(new URL('../packages/node-nvml/test/simulated-nvml.c', import.meta.url))
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  const keys = [
    'name Bench',
    'architecture 9',
    'watts 300',
    'quantum 0.1',
    'energy 1000000',
    'memory 8000000 0 1000',
  ]
  const lines = Array.from({ length: GPUS }, (_, index) =>
    [`uuid GPU-bench-${index}`, ...keys, 'sample 1 0 50 0 0 0'].map((line) => `device ${index} ${line}\n`),
  )
  writeFileSync(join(home, 'world'), lines.flat().join(''))
  return library
}

/** What a process has used: seconds of CPU, all its threads (fields 14 and 15 of proc(5)), and megabytes that it has. */
function usage(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
  return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / ticks, resident }
}

function childOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        return (
          usage(name).parent === pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('child.js')
        )
      } catch {
        return false
      }
    })
}

process.env.ERGOMETER_NVML_LIBRARY = simulate()

async function measure(label, meter, target) {
  const run = await startRun({ home, name: 'nvml-cost', meters: [meter] })
  await wait(WARM_UP)
  const { pid } = JSON.parse(readFileSync(join(run.env.ERGOMETER_EVENTS, 'recorder.json'), 'utf8'))
  const all = [pid, childOf(pid)]
  const begun = process.hrtime.bigint()
  const before = all.map(usage)
  await wait(SECONDS / 2)
  const half = all.map(usage)
  await wait(SECONDS / 2)
  const after = all.map(usage)
  const elapsed = Number(process.hrtime.bigint() - begun) / 1e9
  const shares = after.map(({ seconds }, index) => ((seconds - before[index].seconds) / elapsed) * 100)
  const { energy } = await run.end()
  if (!(energy.joules > 0)) throw new Error('nothing was read')
  const sum = shares[0] + shares[1]
  const parts = `recorder ${shares[0].toFixed(2)}, meter ${shares[1].toFixed(2)}`
  row(label, `${sum.toFixed(2)} % of a core (${parts})`, target && against(sum, target, ' %'))
  const grown = after.reduce((total, { resident }, index) => total + resident - half[index].resident, 0)
  const resident = after.map((one) => one.resident.toFixed(1)).join(' and ')
  row(
    '',
    `resident ${resident} MB, ${grown.toFixed(1)} MB more than half-way`,
    against(grown, MOST_GROWTH, ' MB'),
  )
}

console.log(machine())
console.log(`${GPUS} GPUs, ${SECONDS} s after ${WARM_UP} s of warm-up`)
await measure('10 Hz', 'nvml', MOST_PERCENT)
await measure('10 Hz, with shares by process', 'nvml={"processes":true}')
process.exit()
