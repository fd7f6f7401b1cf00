import { openSync, readSync, writeFileSync } from 'node:fs'
import { definitionOf, loadMeter, openHere, realContext } from '../packages/meter/dist/index.js'
import rapl from '../packages/meter-rapl/dist/index.js'
import { against, machine, median, row, spread } from './figures.mjs'
import { raplTree, START } from './rapl-tree.mjs'

// What one read of 4 zones costs, against the 4 bare calls of readSync that are in it.
// The files are on a temporary file system: a real counter adds what its driver takes, to both alike.

const ROUNDS = Number(process.argv[2] ?? 300)
const READS = 200
const TARGET = 3
const { sysRoot, counters } = raplTree(2)

const descriptors = counters.map((file) => openSync(file, 'r'))
const buffer = Buffer.alloc(64)
let bytes = 0
const bare = () => {
  for (const descriptor of descriptors) bytes += readSync(descriptor, buffer, 0, 64, 0)
}

const meter = await definitionOf(rapl).open({}, realContext({ sysRoot }))
let counts = 0
const record = Object.assign(
  (_index, value) => {
    counts += value
  },
  { gauge() {}, share() {} },
)
const { signal } = new AbortController()
const read = () => meter.read(record, signal)

const module = new URL('../packages/meter-rapl/dist/index.js', import.meta.url).href
const handle = await openHere(await loadMeter({ module }), { sysRoot })
let readings = 0

function nanoseconds(action) {
  const begin = process.hrtime.bigint()
  for (let time = 0; time < READS; time++) action()
  return Number(process.hrtime.bigint() - begin) / READS
}

const costs = { bare: [], meter: [], recorder: [] }
for (let round = 0; round < ROUNDS; round++) {
  // Counters move on, as real ones do.
  counters.forEach((file, index) => {
    writeFileSync(file, `${START + round * 1000 + index}\n`)
  })
  costs.bare.push(nanoseconds(bare))
  costs.meter.push(nanoseconds(read))
  const begin = process.hrtime.bigint()
  for (let time = 0; time < READS; time++) readings += (await handle.read(1)).readings.length
  costs.recorder.push(Number(process.hrtime.bigint() - begin) / READS)
}

function heapBytes(action) {
  const before = process.memoryUsage().heapUsed
  for (let time = 0; time < 1000; time++) action()
  return (process.memoryUsage().heapUsed - before) / 1000
}

const heap = [heapBytes(bare), heapBytes(() => process.hrtime.bigint()), heapBytes(read)]

if (bytes === 0 || counts === 0 || readings !== ROUNDS * READS * 4) throw new Error('not everything was read')
const ratios = costs.meter.map((cost, index) => cost / costs.bare[index])
console.log(machine())
console.log(`nanoseconds a read of 4 zones, median (p5 to p95) of ${ROUNDS} rounds of ${READS}`)
row('4 calls of readSync', spread(costs.bare, 0))
row("the meter's read of 4 zones", spread(costs.meter, 0))
row('the same through a handle, as a recorder reads', spread(costs.recorder, 0))
row('meter / bare', spread(ratios, 2), against(median(ratios), TARGET, ' times'))
row('bytes of heap: 4 calls, a look at the clock, a read', heap.map((bytes) => bytes.toFixed(0)).join(', '))
process.exit()
