import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { startRun } from '../packages/ergometer/dist/index.js'
import { observe } from '../packages/otel/dist/index.js'
import { machine, median, row, spread, temporaryHome } from './figures.mjs'

// One collection of the adapter with 1,000 domains against the SDK's own collection of as many constant series; and what the adapter
// costs a training that has no SDK.

const DOMAINS = 1000
const ROUNDS = 101
const TARGET = 1.5
const CALLS = { work: 200_000, phase: 2_000 }

class OnDemand extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
      cardinalitySelector: () => 20_000,
    })
  }
  async onForceFlush() {}
  async onShutdown() {}
}

/** Totals as a recorder writes them: new ones each second. */
function totalsOf(second) {
  const domains = Array.from({ length: DOMAINS }, (_, index) => ({
    id: `nvml:${index}`,
    joules: 300 * second + index,
    watts: 300,
    kind: 'gpu',
    label: 'NVIDIA H100 80GB HBM3',
    method: 'measured',
    coverage: 1,
    identity: `gpu:GPU-8f3c1d2e-${index}`,
    layer: 'component',
  }))
  const joules = 300 * DOMAINS * second
  return {
    v: 1,
    t: second,
    seconds: second,
    joules,
    coverage: 1,
    domains,
    byMethod: { measured: joules },
    work: { samples: 64 * second },
    intensity: { kind: 'average', gramsPerKilowattHour: 44 },
    health: [],
  }
}

/** What a reader sees. */
async function collect(reader) {
  const { resourceMetrics } = await reader.collect()
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
}

function pointsOf(metrics) {
  return metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0)
}

let totals = totalsOf(1)
const adapted = new OnDemand()
observe({ name: 'bench', live: () => totals }, { meterProvider: new MeterProvider({ readers: [adapted] }) })
let text = JSON.stringify(totals)
const read = new OnDemand()
observe(
  { name: 'bench', live: () => JSON.parse(text) },
  { meterProvider: new MeterProvider({ readers: [read] }) },
)

// The same series, of instruments that observe the same values and objects each time.
const constant = new OnDemand()
const meter = new MeterProvider({ readers: [constant] }).getMeter('constants')
for (const { descriptor, dataPoints } of await collect(adapted)) {
  const counter = descriptor.type === 'OBSERVABLE_COUNTER'
  const instrument = meter[counter ? 'createObservableCounter' : 'createObservableGauge'](descriptor.name)
  const held = dataPoints.map(({ attributes, value }) => ({ attributes: { ...attributes }, value }))
  instrument.addCallback((result) => {
    for (const { attributes, value } of held) result.observe(value, attributes)
  })
}
const readers = { constant, adapted, read }

const milliseconds = { constant: [], adapted: [], read: [] }
for (let round = 0; round < ROUNDS + 10; round++) {
  totals = totalsOf(2 + round)
  text = JSON.stringify(totals)
  // Interleaved, each first in turn.
  const names = Object.keys(readers)
  for (let turn = 0; turn < names.length; turn++) {
    const name = names[(round + turn) % names.length]
    const begin = process.hrtime.bigint()
    const metrics = await collect(readers[name])
    const took = Number(process.hrtime.bigint() - begin) / 1e6
    if (round >= 10) milliseconds[name].push(took)
    if (pointsOf(metrics) !== 2 * DOMAINS + 3) throw new Error(`${name}: ${pointsOf(metrics)} points`)
  }
}

const run = await startRun({ home: temporaryHome(), name: 'otel' })
const bare = await startRun({ home: temporaryHome(), name: 'bare' })
observe(run)
const runs = { bare, observed: run }
const kinds = {
  work: (one) => {
    for (let call = 0; call < CALLS.work; call++) one.work({ samples: 64 })
  },
  phase: (one) => {
    for (let call = 0; call < CALLS.phase; call++) one.phase('step', () => {})
  },
}
const nanoseconds = { work: { bare: [], observed: [] }, phase: { bare: [], observed: [] } }
for (let round = 0; round < 31; round++) {
  for (const kind in kinds) {
    for (const name of round % 2 ? ['bare', 'observed'] : ['observed', 'bare']) {
      const begin = process.hrtime.bigint()
      kinds[kind](runs[name])
      nanoseconds[kind][name].push(Number(process.hrtime.bigint() - begin) / CALLS[kind])
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 5))
}
const { work } = await run.end()
await bare.end()
if (work?.samples !== 31 * CALLS.work * 64) throw new Error(`counted ${work?.samples}`)

const ratios = (values, others) => values.map((value, round) => value / others[round])
console.log(machine())
console.log(
  `${ROUNDS} collections of ${2 * DOMAINS + 3} series, ${DOMAINS} domains; median (p5 to p95) of the rounds`,
)
row('as many constant series', `${spread(milliseconds.constant, 2)} ms`)
row('the adapter, new totals each time', `${spread(milliseconds.adapted, 2)} ms`)
row('the adapter, totals read as JSON each time', `${spread(milliseconds.read, 2)} ms`)
for (const [label, name] of [
  ['adapter / constants', 'adapted'],
  ['adapter and JSON / constants', 'read'],
]) {
  const ratio = ratios(milliseconds[name], milliseconds.constant)
  row(label, `${spread(ratio, 2)} times`, `${median(ratio) <= TARGET ? 'met' : 'MISSED'}: at most ${TARGET}`)
}
for (const kind in kinds) {
  const { bare, observed } = nanoseconds[kind]
  row(`run.${kind}(), not observed; observed`, `${spread(bare)}; ${spread(observed)} ns`)
  row('observed / not observed', `${spread(ratios(observed, bare), 2)} times`)
}
process.exit()
