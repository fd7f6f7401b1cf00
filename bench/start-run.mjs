import { fileURLToPath } from 'node:url'
import { against, machine, now, quantile, row, runNode, spread, temporaryHome } from './figures.mjs'

// How long startRun() takes in a fresh process, and where the time goes.

const TIMES = Number(process.argv[2] ?? 40)
const TARGET = 150
const file = (name) => fileURLToPath(new URL(name, import.meta.url))
const trainer = file('start-run-trainer.mjs')
const env = { ERGOMETER_HOME: temporaryHome() }

const plain = []
const bare = []
const timed = []
const nodes = []
const loads = {}
const LOADS = ['nothing', 'index.js', 'core', 'report', 'meter', 'carbon', 'meter-estimate', 'first reading']
for (let time = 0; time < TIMES; time++) {
  plain.push(runNode([trainer], env))
  bare.push(runNode([trainer, 'bare'], env))
  // The timed recorder stamps what it does, which costs a little itself: it explains, it is not the figure.
  timed.push(runNode([trainer], { ...env, ERGOMETER_RECORDER: file('start-run-recorder.mjs') }))
  const began = now()
  runNode(['-e', 'console.log(0)'])
  nodes.push(now() - began)
  const name = LOADS[time % LOADS.length]
  loads[name] ??= []
  for (let again = 0; again < 3; again++) loads[name].push(runNode([file('start-run-load.mjs'), name]).load)
}

const ms = (values, key) => values.map((one) => one[key])
const call = ms(plain, 'call')
console.log(machine())
console.log(`milliseconds, median (p5 to p95) of ${TIMES} fresh processes`)
row("startRun({ name: 'start' })", spread(call))
row('startRun() without options', spread(ms(bare, 'call')))
row(
  "startRun({ name: 'start' }), p95",
  quantile(call, 0.95).toFixed(1),
  against(quantile(call, 0.95), TARGET, ' ms'),
)
row('a bare Node, from start to end, for comparison', spread(nodes))
row('import of index.js before it', spread(ms(plain, 'load')))
row('run.end(), right after', spread(ms(plain, 'end')))
const ready = timed.filter((one) => one.readyAt !== undefined && one.readyAt <= one.resolved)
row('recorder was ready before patience was up', `${ready.length} of ${timed.length}`)

console.log('\nWhere it goes: milliseconds after the call, with a recorder that stamps what it does')
const steps = {
  'spawn begins (settings, config file, ids)': 'spawnBegins',
  'spawn has returned': 'spawned',
  'recorder: its process begins': 'boot',
  'recorder: first line of JavaScript': 'firstLine',
  'recorder: core, meter, carbon are imported': 'imported',
  'recorder: has the start message': 'told',
  'recorder: says that it is ready': 'readyAt',
  'startRun() has resolved': 'resolved',
}
for (const [label, key] of Object.entries(steps)) {
  const values = ms(timed, key).filter((value) => value !== undefined)
  if (values.length > 0) row(label, spread(values))
}

console.log('\nLoading alone, each in fresh processes')
for (const name of LOADS) row(name, spread(loads[name]))
