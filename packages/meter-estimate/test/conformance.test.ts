import { meterConformance, type World } from '@ergometer/meter/conformance'
import { test } from 'vitest'
import estimate from '../src/estimate-meter.ts'
import { FakeMachine } from './fake-machine.ts'

/** By hand: all 16 CPUs of that machine busy, and 10 GiB in use at 0.392 W per 1e9 bytes. */
const WATTS: Readonly<Record<string, number>> = { cpu: 55.8, memory: 10.73741824 * 0.392 }
const JIFFIES_PER_SECOND = 1600
const FILES = ['proc/stat', 'proc/meminfo']

/** A machine at full load. */
function busyMachine(): World {
  const machine = new FakeMachine().epyc8024p()
  const begin = machine.seconds
  let trouble: 'failed' | 'garbled' | undefined
  const write = () => {
    if (trouble === undefined) {
      machine.stat(1000 + Math.round((machine.seconds - begin) * JIFFIES_PER_SECOND), 9000)
      machine.memory(64 * 1024 ** 3, 54 * 1024 ** 3)
    } else if (trouble === 'garbled')
      for (const file of FILES) machine.write(file, 'cpu  much\nMemTotal: much kB\n')
    else for (const file of FILES) machine.remove(file)
  }
  const turn = (to: typeof trouble) => {
    trouble = to
    write()
  }
  return {
    context: { procRoot: machine.context.procRoot, sysRoot: machine.context.sysRoot },
    // The truth here is the model's own: its uncertainty is no excuse.
    tolerance: 0.01,
    get seconds() {
      return machine.seconds
    },
    advance(seconds) {
      machine.seconds += seconds
      write()
    },
    joules: (id) => (WATTS[id] ?? Number.NaN) * (machine.seconds - begin),
    fail: () => turn('failed'),
    garble: () => turn('garbled'),
    heal: () => turn(undefined),
  }
}

meterConformance({
  test,
  meter: estimate,
  world: busyMachine,
  module: new URL('../dist/index.js', import.meta.url).href,
  skip: {
    abort: 'a file of /proc is read at once',
    'close-during-read': 'a file of /proc is read at once',
  },
})
