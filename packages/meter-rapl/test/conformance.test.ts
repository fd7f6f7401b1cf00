import { meterConformance, type World } from '@ergometer/meter/conformance'
import { describe, test } from 'vitest'
import rapl from '../src/index.ts'
import { PowercapTree } from './powercap-tree.ts'
import { WORLDS } from './worlds.ts'

/** Counts below its range, in microjoules, at which a counter wraps before long. */
const NEAR = 1_000_000

/** The domains of some machines, and the zones that tell their true energy. */
const MACHINES = {
  'desktop Intel with psys': {
    'package-0': 'intel-rapl:0',
    'package-0/core': 'intel-rapl:0:0',
    'package-0/uncore': 'intel-rapl:0:1',
    psys: 'intel-rapl:1',
  },
  'dual Xeon with DRAM': {
    'package-0': 'intel-rapl:0',
    'package-0/dram': 'intel-rapl:0:0',
    'package-1': 'intel-rapl:1',
    'package-1/dram': 'intel-rapl:1:0',
  },
}

function worldOf(machine: keyof typeof MACHINES): World {
  const { zones, layout } = WORLDS[machine] as (typeof WORLDS)[string]
  const zoneIds = new Map<string, string>(Object.entries(MACHINES[machine]))
  const zoneOf = (id: string) => zoneIds.get(id) as string
  const tree = new PowercapTree(zones, layout)
  const breakAll = () => {
    for (const id of zoneIds.values()) tree.break(id)
    tree.advance(0)
  }
  return {
    context: { sysRoot: tree.sysRoot },
    get seconds() {
      return tree.seconds
    },
    advance: (seconds) => tree.advance(seconds),
    joules: (id) => tree.joules(zoneOf(id)),
    wrap: (id) => tree.place(zoneOf(id), Number(zones.find((zone) => zone.id === zoneOf(id))?.range) - NEAR),
    reset: (id) => tree.place(zoneOf(id), 0),
    fail: breakAll,
    garble: breakAll,
    heal: () => {
      for (const id of zoneIds.values()) tree.mend(id)
    },
    close: () => tree.remove(),
  }
}

describe.each(Object.keys(MACHINES) as (keyof typeof MACHINES)[])('%s', (machine) => {
  meterConformance({
    test,
    meter: rapl,
    world: () => worldOf(machine),
    module: new URL('../dist/index.js', import.meta.url).href,
    skip: {
      abort: 'a file of sysfs is read at once',
      'close-during-read': 'a file of sysfs is read at once',
    },
  })
})
