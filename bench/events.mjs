import { startRun } from '../packages/ergometer/dist/index.js'
import { machine, quantile, row, temporaryHome } from './figures.mjs'

// What one appended event costs the trainer: the begin and the end of a phase.

const PHASES = 10_000
const WARM_UP = 1_000
/** Phases between two breaks: about 2000 a second, faster than any training, and the recorder reads along. */
const BURST = 20

const run = await startRun({ home: temporaryHome(), name: 'events' })
const begins = []
const ends = []
const busy = []
const nothing = []

for (let index = 0; index < PHASES + WARM_UP; index++) {
  run.work({ samples: 1 })
  const t0 = process.hrtime.bigint()
  const t1 = process.hrtime.bigint()
  const phase = run.phase('step')
  const t2 = process.hrtime.bigint()
  phase.end()
  const t3 = process.hrtime.bigint()
  // With work in between, each event brings a line of work along.
  run.phase('batch', () => run.work({ samples: 64 }))
  const t4 = process.hrtime.bigint()
  if (index >= WARM_UP) {
    nothing.push(Number(t1 - t0))
    begins.push(Number(t2 - t1))
    ends.push(Number(t3 - t2))
    busy.push(Number(t4 - t3))
  }
  if (index % BURST === 0) await new Promise((resolve) => setTimeout(resolve, 8))
}

const report = await run.end()
const count = (name) => report.phases.find((phase) => phase.name === name)?.count
const expected = PHASES + WARM_UP
if (count('step') !== expected || count('batch') !== expected)
  throw new Error(`${count('step')} and ${count('batch')} phases arrived, expected ${expected} each`)

const micro = (values) =>
  [0.5, 0.95, 0.99, 0.999]
    .map((share) => `p${share * 100} ${(quantile(values, share) / 1000).toFixed(2)}`)
    .join('  ')
console.log(machine())
console.log(`microseconds a call, ${PHASES} of each; the clock itself is in them`)
row('begin of a phase, after work (two lines)', micro(begins))
row('end of a phase (one line)', micro(ends))
row('phase(name, fn) with work inside (three lines)', micro(busy))
row('nothing but the clock', micro(nothing))
process.exit()
