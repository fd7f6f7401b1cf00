import type { Layout, TreeZone } from './powercap-tree.ts'

/** Ranges that real machines show (units of 61.035 and 15.258 µJ, truncated by the kernel). */
const INTEL_RANGE = 262_143_328_850
export const AMD_RANGE = 65_532_610_987
const SERVER_DRAM_RANGE = 65_712_999_613

const steady = (watts: number) => () => watts
const wave = (watts: number) => (seconds: number) => watts * (1 + 0.5 * Math.sin(seconds))

function zone(
  id: string,
  name: string | undefined,
  watts: (seconds: number) => number,
  more: Partial<TreeZone> = {},
): TreeZone {
  return { id, name, watts, start: 1_000_000_000, range: INTEL_RANGE, ...more }
}

/** A made-up machine after real ones: its zones, and which domains must count. */
export interface World {
  readonly zones: readonly TreeZone[]
  readonly layout?: Layout
  /** Domain id, and the zone that tells its true energy. */
  readonly counted: Readonly<Record<string, string>>
  /** Domains that are there and do not count. */
  readonly beside?: readonly string[]
  readonly options?: { psys: boolean }
  /** Codes of what health says of it. */
  readonly said?: readonly string[]
}

const desktop = [
  zone('intel-rapl:0', 'package-0', wave(60), { maxPower: 125 }),
  zone('intel-rapl:0:0', 'core', wave(40)),
  zone('intel-rapl:0:1', 'uncore', steady(2)),
  zone('intel-rapl:1', 'psys', steady(90)),
]

const dualXeon = [
  zone('intel-rapl:0', 'package-0', wave(150), { powerLimit: 150 }),
  zone('intel-rapl:0:0', 'dram', steady(20), { range: SERVER_DRAM_RANGE }),
  zone('intel-rapl:1', 'package-1', wave(120)),
  zone('intel-rapl:1:0', 'dram', steady(15), { range: SERVER_DRAM_RANGE }),
]
const dualXeonCounted = {
  'package-0': 'intel-rapl:0',
  'package-0/dram': 'intel-rapl:0:0',
  'package-1': 'intel-rapl:1',
  'package-1/dram': 'intel-rapl:1:0',
}

/** Machines, by what is peculiar about them, whose counters can be read. */
export const WORLDS: Readonly<Record<string, World>> = {
  'desktop Intel with psys': {
    zones: desktop,
    counted: { 'package-0': 'intel-rapl:0' },
    beside: ['package-0/core', 'package-0/uncore', 'psys'],
  },
  'desktop Intel, psys asked for': {
    zones: desktop,
    options: { psys: true },
    counted: { psys: 'intel-rapl:1' },
    beside: ['package-0', 'package-0/core', 'package-0/uncore'],
  },
  'dual Xeon with DRAM': { zones: dualXeon, counted: dualXeonCounted },
  'Threadripper whose dies mirror one counter': {
    zones: [
      zone('intel-rapl:0', 'package-0-die-0', wave(180), { range: AMD_RANGE }),
      zone('intel-rapl:0:0', 'core', steady(5), { range: AMD_RANGE }),
      zone('intel-rapl:1', 'package-0-die-1', wave(180), { range: AMD_RANGE }),
      zone('intel-rapl:1:0', 'core', steady(6), { range: AMD_RANGE }),
    ],
    counted: { 'package-0-die-0': 'intel-rapl:0' },
    beside: ['package-0-die-0/core'],
    said: ['duplicate-zone'],
  },
  'EPYC that wraps every four minutes': {
    zones: [zone('intel-rapl:0', 'package-0', wave(280), { range: AMD_RANGE, start: AMD_RANGE - 1_000_000 })],
    counted: { 'package-0': 'intel-rapl:0' },
  },
  'sixteen sockets, numbered in hexadecimal': {
    zones: Array.from({ length: 16 }, (_, socket) =>
      zone(`intel-rapl:${socket.toString(16)}`, `package-${socket}`, steady(50 + socket), {
        start: socket * 1e9,
      }),
    ),
    counted: Object.fromEntries(
      Array.from({ length: 16 }, (_, socket) => [`package-${socket}`, `intel-rapl:${socket.toString(16)}`]),
    ),
  },
  'laptop with a memory-mapped twin': {
    zones: [
      zone('intel-rapl-mmio:0', 'package-0', steady(20)),
      zone('intel-rapl:0', 'package-0', steady(20)),
      zone('intel-rapl:0:0', 'core', steady(10)),
      zone('intel-rapl:0:1', 'uncore', steady(1)),
    ],
    counted: { 'package-0': 'intel-rapl:0' },
    beside: ['package-0/core', 'package-0/uncore'],
    said: ['duplicate-zone'],
  },
  'three dies of one counter, with memories of their own': {
    zones: [
      zone('intel-rapl:0', 'package-0-die-0', wave(180)),
      zone('intel-rapl:0:0', 'dram', steady(7), { start: 11_000_000 }),
      zone('intel-rapl:1', 'package-0-die-1', wave(180)),
      zone('intel-rapl:1:0', 'dram', steady(8), { start: 12_000_000 }),
      zone('intel-rapl:2', 'package-0-die-2', wave(180)),
      zone('intel-rapl:2:0', 'dram', steady(7), { start: 11_000_000 }),
    ],
    counted: {
      'package-0-die-0': 'intel-rapl:0',
      'package-0-die-0/dram': 'intel-rapl:0:0',
      'package-0-die-1/dram': 'intel-rapl:1:0',
    },
    said: ['duplicate-zone', 'duplicate-zone', 'duplicate-zone'],
  },
  'Cascade Lake AP whose dies are two': {
    zones: [
      zone('intel-rapl:0', 'package-0-die-0', steady(150)),
      zone('intel-rapl:1', 'package-0-die-1', steady(150), { start: 1_000_200_000 }),
    ],
    counted: { 'package-0-die-0': 'intel-rapl:0', 'package-0-die-1': 'intel-rapl:1' },
  },
  'two dies of one package that are equal, of two packages': {
    zones: [
      zone('intel-rapl:0', 'package-0-die-0', steady(60)),
      zone('intel-rapl:1', 'package-1-die-0', steady(60)),
    ],
    counted: { 'package-0-die-0': 'intel-rapl:0', 'package-1-die-0': 'intel-rapl:1' },
  },
  'a range that cannot be read': {
    zones: [zone('intel-rapl:0', 'package-0', steady(65), { range: undefined })],
    counted: { 'package-0': 'intel-rapl:0' },
    said: ['range-unknown'],
  },
  'ranges of nonsense': {
    zones: [
      zone('intel-rapl:0', 'package-0', steady(65), { range: 0 }),
      zone('intel-rapl:1', 'package-1', steady(65), { range: '9'.repeat(400) }),
      zone('intel-rapl:2', 'package-2', steady(65), { range: 'unknown' }),
    ],
    counted: { 'package-0': 'intel-rapl:0', 'package-1': 'intel-rapl:1', 'package-2': 'intel-rapl:2' },
    said: ['range-unknown', 'range-unknown', 'range-unknown'],
  },
  'a rating of nonsense': {
    zones: [
      zone('intel-rapl:0', 'package-0', steady(65), { range: AMD_RANGE, maxPower: 2 ** 32, powerLimit: 700 }),
    ],
    counted: { 'package-0': 'intel-rapl:0' },
  },
  'a package index that is not its number': {
    zones: [zone('intel-rapl:0', 'psys', steady(99)), zone('intel-rapl:3', 'package-1', steady(33))],
    counted: { 'package-1': 'intel-rapl:3' },
    beside: ['psys'],
  },
  'zones that nobody knows': {
    zones: [
      zone('intel-rapl:0', 'package-0', steady(45)),
      zone('intel-rapl:1', 'flux-capacitor', steady(1210)),
      zone('intel-rapl:2', undefined, steady(1)),
    ],
    counted: { 'package-0': 'intel-rapl:0' },
    said: ['zone-unrecognised', 'zone-unrecognised'],
  },
  'memories at the top level': {
    zones: [
      zone('intel-rapl:0', 'package-0', steady(45)),
      zone('intel-rapl:1', 'package-1', steady(46), { start: 2_000_000_000 }),
      zone('intel-rapl:2', 'dram', steady(4), { start: 3_000_000_000 }),
      zone('intel-rapl:a', 'dram', steady(5), { start: 4_000_000_000 }),
    ],
    counted: {
      'package-0': 'intel-rapl:0',
      'package-1': 'intel-rapl:1',
      dram: 'intel-rapl:2',
      'dram:a': 'intel-rapl:a',
    },
  },
  'another register only': {
    zones: [zone('intel-rapl-tpmi:0', 'package-0', steady(45))],
    counted: { 'package-0': 'intel-rapl-tpmi:0' },
  },
  'psys asked for where there is none': {
    zones: [zone('intel-rapl:0', 'package-0', steady(45))],
    options: { psys: true },
    counted: { 'package-0': 'intel-rapl:0' },
    said: ['psys-absent'],
  },
  'two platforms, asked for': {
    zones: [
      zone('intel-rapl:0', 'package-0', steady(45)),
      zone('intel-rapl:1', 'package-1', steady(46)),
      zone('intel-rapl:2', 'psys', steady(120)),
      zone('intel-rapl:3', 'psys-1', steady(120)),
    ],
    options: { psys: true },
    counted: { psys: 'intel-rapl:2' },
    beside: ['package-0', 'package-1', 'psys-1'],
  },
  'plain folders side by side': { zones: dualXeon, layout: 'flat', counted: dualXeonCounted },
  'plain folders, one inside the other': { zones: dualXeon, layout: 'nested', counted: dualXeonCounted },
  'the tree without the flat folder': { zones: dualXeon, layout: 'tree', counted: dualXeonCounted },
}

/** Machines on which nothing counts, what is said of it, and the first fix. */
export const MUTE_WORLDS: Readonly<
  Record<string, { zones: readonly TreeZone[]; layout?: Layout; why: RegExp; file: string; fix?: RegExp }>
> = {
  'virtual machine without powercap': {
    zones: [],
    layout: 'nothing',
    why: /no RAPL zones.*virtual machine/,
    file: 'class/powercap',
    fix: /modprobe intel_rapl_msr/,
  },
  'powercap without zones': {
    zones: [],
    layout: 'nested',
    why: /no RAPL zones/,
    file: 'class/powercap',
    fix: /modprobe intel_rapl_msr/,
  },
  'container whose run-time masks the tree': {
    zones: desktop,
    layout: 'masked',
    why: /hidden.*container/,
    file: 'class/powercap/intel-rapl:0',
    fix: /--volume \/sys:.*HOST_SYS/,
  },
  'psys alone': {
    zones: [zone('intel-rapl:0', 'psys', steady(90))],
    why: /only psys/,
    file: 'class/powercap/intel-rapl:0/energy_uj',
    fix: /rapl={"psys":true}/,
  },
  'no name that is known': {
    zones: [zone('intel-rapl:0', 'flux-capacitor', steady(90))],
    why: /'flux-capacitor' is no name/,
    file: 'class/powercap/intel-rapl:0/name',
  },
}

/** Machines that a user without rights looks at; the second may read some of it. */
export const UNREADABLE = desktop.map((one) => ({ ...one, unreadable: true }))
export const UNREADABLE_MEMORY = dualXeon.map((one) => ({ ...one, unreadable: one.name === 'dram' }))
export const UNREADABLE_PACKAGE = desktop.map((one) => ({ ...one, unreadable: one.name !== 'psys' }))
