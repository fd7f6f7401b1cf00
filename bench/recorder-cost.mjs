import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startRun } from '../packages/ergometer/dist/index.js'
import { against, machine, median, row, temporaryHome } from './figures.mjs'
import gpus from './gpus-meter.mjs'
import packages from './packages-meter.mjs'

// What the recorder and its children take of a core, and whether its memory grows.
// The meters do nothing but compute: drivers come on top of this.

const SECONDS = Number(process.argv[2] ?? 20)
const LONG = Number(process.argv[3] ?? 60)
const WARM_UP = 3
const home = temporaryHome()
const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** Seconds of CPU that a process has used, all its threads, fields 14 and 15 of proc(5). */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

/** Processes that hold meters; git, which is asked once, is none of them. */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid && commandOf(name).includes('child.js'))
    .map(Number)
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function residentMegabytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}

/** Emits phases in bursts, as an event loop does: begin, end, and some work. */
function emit(run, perSecond) {
  const began = performance.now()
  let emitted = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * perSecond
    for (; emitted < due; emitted++) run.phase('step', () => run.work({ samples: 64 }))
  }, 10)
  return { stop: () => clearInterval(timer), emitted: () => emitted }
}

async function measure({ label, seconds = SECONDS, target, phases = 0, ...settings }) {
  const run = await startRun({ home, name: 'cost', ...settings })
  const emitting = phases > 0 ? emit(run, phases) : undefined
  await wait(WARM_UP)
  const { pid } = JSON.parse(readFileSync(join(run.env.ERGOMETER_EVENTS, 'recorder.json'), 'utf8'))
  const all = [pid, ...childrenOf(pid)]
  const begun = process.hrtime.bigint()
  const before = all.map(cpuSeconds)
  const resident = [residentMegabytes(pid)]
  for (let slice = 0; slice < 10; slice++) {
    await wait(seconds / 10)
    resident.push(residentMegabytes(pid))
  }
  const elapsed = Number(process.hrtime.bigint() - begun) / 1e9
  const shares = all.map((one, index) => ((cpuSeconds(one) - before[index]) / elapsed) * 100)
  emitting?.stop()
  const report = await run.end()
  const [recorder, ...children] = shares
  const sum = shares.reduce((total, share) => total + share, 0)
  const parts = `recorder ${recorder.toFixed(2)}, children ${children.map((share) => share.toFixed(2)).join(' + ') || 'none'}`
  row(label, `${sum.toFixed(2)} % of a core (${parts})`, target && against(sum, target, ' %'))
  const half = resident.slice(resident.length / 2)
  row(
    '',
    `resident ${resident[0].toFixed(1)} MB, then ${median(half).toFixed(1)}, at last ${resident.at(-1).toFixed(1)}`,
  )
  const { coverage } = report.energy
  const arrived = report.phases.find((phase) => phase.name === 'step')?.count ?? 0
  const emitted = emitting?.emitted() ?? 0
  row('', `coverage ${coverage.toFixed(4)}${emitting ? `, ${arrived} of ${emitted} phases` : ''}`)
}

const meters = [gpus, packages]
console.log(machine())
console.log(
  `${SECONDS} s each after ${WARM_UP} s of warm-up; 8 GPUs and 2 packages, each kind in a process of its own`,
)
await measure({ label: '10 Hz', meters, target: 1.5 })
await measure({ label: '1 Hz', meters, interval: 1, target: 0.5 })
await measure({ label: '1 Hz, the default meters of this host' })
await measure({ label: '10 Hz and 1000 phases/s', meters, phases: 1000 })
await measure({ label: `10 Hz for ${LONG} s: is memory flat?`, seconds: LONG, meters })
process.exit()
