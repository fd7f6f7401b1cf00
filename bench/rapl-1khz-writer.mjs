import { openSync, writeSync } from 'node:fs'
import { now } from './figures.mjs'
import { START } from './rapl-tree.mjs'

// Advances counters every millisecond, as the hardware does, for some seconds. Prints the joules of each, and when
// it began and ended, in monotonic milliseconds.

const [watts, seconds, ...counters] = process.argv.slice(2)
const still = new Int32Array(new SharedArrayBuffer(4))
/** A counter stands still before and after, so that all of its energy lies between two readings. */
const STILL = 500

const descriptors = counters.map((file) => openSync(file, 'r+'))
const write = (microjoules) => {
  for (const descriptor of descriptors) writeSync(descriptor, `${START + microjoules}\n`, 0)
}
write(0)
Atomics.wait(still, 0, 0, STILL)
const begin = now()
let microjoules = 0
for (let elapsed = 0; elapsed < Number(seconds) * 1000; elapsed = now() - begin) {
  microjoules = Math.floor(elapsed * Number(watts) * 1000)
  write(microjoules)
  Atomics.wait(still, 0, 0, 1)
}
const end = now()
Atomics.wait(still, 0, 0, STILL)
console.log(JSON.stringify({ joules: microjoules / 1e6, begin, end }))
