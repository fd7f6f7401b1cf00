import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { startRun } from '../packages/ergometer/dist/index.js'
import { machine, median, row, spread, temporaryHome } from './figures.mjs'

// run.work() against OpenTelemetry's counter.add() with three attributes.

const ROUNDS = 31
const CALLS = 300_000
const TARGET = 10

/** Without a reader the SDK keeps nothing, and add() would be a no-op. */
class OnDemand extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE })
  }
  async onForceFlush() {}
  async onShutdown() {}
}

const reader = new OnDemand()
const counter = new MeterProvider({ readers: [reader] }).getMeter('bench').createCounter('samples')
const run = await startRun({ home: temporaryHome(), name: 'work' })
const held = { model: 'resnet-50', split: 'train', rank: 0 }

const kinds = {
  work: () => {
    for (let call = 0; call < CALLS; call++) run.work({ samples: 64 })
  },
  add: () => {
    for (let call = 0; call < CALLS; call++) counter.add(64, { model: 'resnet-50', split: 'train', rank: 0 })
  },
  addHeld: () => {
    for (let call = 0; call < CALLS; call++) counter.add(64, held)
  },
}
const nanoseconds = { work: [], add: [], addHeld: [] }

function time(name) {
  const before = process.hrtime.bigint()
  kinds[name]()
  return Number(process.hrtime.bigint() - before) / CALLS
}

for (const name in kinds) time(name)
for (let round = 0; round < ROUNDS; round++) {
  // Interleaved, so that what else the machine does meets all alike.
  for (const name in kinds) nanoseconds[name].push(time(name))
  await new Promise((resolve) => setTimeout(resolve, 5))
}

// What was counted must be there in the end: nothing was optimised away.
const expected = (ROUNDS + 1) * CALLS * 64
const { resourceMetrics } = await reader.collect()
const added = resourceMetrics.scopeMetrics[0].metrics[0].dataPoints[0].value
const report = await run.end()
if (report.work?.samples !== expected || added !== 2 * expected)
  throw new Error(`counted ${report.work?.samples} and ${added}, expected ${expected} and ${2 * expected}`)

const ratios = (name) => nanoseconds[name].map((value, round) => value / nanoseconds.work[round])
console.log(machine())
console.log(`${ROUNDS} rounds of ${CALLS} calls; median (p5 to p95) of the rounds`)
row('run.work({ samples: 64 })', `${spread(nanoseconds.work)} ns`)
row('counter.add(64, three attributes)', `${spread(nanoseconds.add)} ns`)
row('counter.add(64, the same object again)', `${spread(nanoseconds.addHeld)} ns`)
const met = median(ratios('add')) >= TARGET ? 'met' : 'MISSED'
row('add / work', `${spread(ratios('add'))} times`, `${met}: at least ${TARGET}`)
row('add of the same object / work', `${spread(ratios('addHeld'))} times`)
process.exit()
