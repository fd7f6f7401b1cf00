import type { TreeZone } from './powercap-tree.ts'

/** Ranges that real machines show (units of 61.035 and 15.258 µJ, truncated by the kernel). */
const INTEL_RANGE = 262_143_328_850
export const AMD_RANGE = 65_532_610_987
const SERVER_DRAM_RANGE = 65_712_999_613

const steady = (watts: number) => () => watts
const wave = (watts: number) => (seconds: number) => watts * (1 + 0.5 * Math.sin(seconds))

function zone(
  id: string,
  name: string,
  watts: (seconds: number) => number,
  more: Partial<TreeZone> = {},
): TreeZone {
  return { id, name, watts, start: 1_000_000_000, range: INTEL_RANGE, ...more }
}

/** A made-up machine after real ones: its zones, and which domains must count. */
export interface World {
  readonly zones: readonly TreeZone[]
  /** Domain id, and the zone that tells its true energy. */
  readonly counted: Readonly<Record<string, string>>
  /** Domains that are there and do not count. */
  readonly beside?: readonly string[]
  readonly options?: { psys: boolean }
}

const desktop = [
  zone('intel-rapl:0', 'package-0', wave(60), { maxPower: 125 }),
  zone('intel-rapl:0:0', 'core', wave(40)),
  zone('intel-rapl:0:1', 'uncore', steady(2)),
  zone('intel-rapl:1', 'psys', steady(90)),
]

/** Machines, by what is peculiar about them. */
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
  'dual Xeon with DRAM': {
    zones: [
      zone('intel-rapl:0', 'package-0', wave(150), { powerLimit: 150 }),
      zone('intel-rapl:0:0', 'dram', steady(20), { range: SERVER_DRAM_RANGE }),
      zone('intel-rapl:1', 'package-1', wave(120)),
      zone('intel-rapl:1:0', 'dram', steady(15), { range: SERVER_DRAM_RANGE }),
    ],
    counted: {
      'package-0': 'intel-rapl:0',
      'package-0/dram': 'intel-rapl:0:0',
      'package-1': 'intel-rapl:1',
      'package-1/dram': 'intel-rapl:1:0',
    },
  },
  'Threadripper whose dies mirror one counter': {
    zones: [
      zone('intel-rapl:0', 'package-0-die-0', wave(180), { range: AMD_RANGE }),
      zone('intel-rapl:0:0', 'core', steady(5), { range: AMD_RANGE }),
      zone('intel-rapl:1', 'package-0-die-1', wave(180), { range: AMD_RANGE }),
      zone('intel-rapl:1:0', 'core', steady(5), { range: AMD_RANGE }),
    ],
    counted: { 'package-0-die-0': 'intel-rapl:0' },
    beside: ['package-0-die-0/core'],
  },
  'Cascade Lake AP whose dies are two': {
    zones: [
      zone('intel-rapl:0', 'package-0-die-0', steady(150)),
      zone('intel-rapl:1', 'package-0-die-1', steady(150), { start: 7_000_000_000 }),
    ],
    counted: { 'package-0-die-0': 'intel-rapl:0', 'package-0-die-1': 'intel-rapl:1' },
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
  },
  'a range that cannot be read': {
    zones: [zone('intel-rapl:0', 'package-0', steady(65), { range: undefined })],
    counted: { 'package-0': 'intel-rapl:0' },
  },
  'a package index that is not its number': {
    zones: [zone('intel-rapl:0', 'psys', steady(99)), zone('intel-rapl:3', 'package-1', steady(33))],
    counted: { 'package-1': 'intel-rapl:3' },
    beside: ['psys'],
  },
  'a zone that nobody knows': {
    zones: [
      zone('intel-rapl:0', 'package-0', steady(45)),
      zone('intel-rapl:1', 'flux-capacitor', steady(1210)),
    ],
    counted: { 'package-0': 'intel-rapl:0' },
  },
  'DRAM at the top level': {
    zones: [zone('intel-rapl:0', 'package-0', steady(45)), zone('intel-rapl:1', 'dram', steady(4))],
    counted: { 'package-0': 'intel-rapl:0', dram: 'intel-rapl:1' },
  },
}
