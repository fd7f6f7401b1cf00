import type { DriverSettings, GpuSettings } from '../../node-nvml/test/simulated-nvml.ts'

/** A machine with GPUs, and what is to be known of it. */
export interface World {
  readonly gpus: readonly Partial<GpuSettings>[]
  /** Functions that the library lacks. */
  readonly without?: readonly (
    | 'nvmlDeviceGetTotalEnergyConsumption'
    | 'nvmlDeviceGetFieldValues'
    | 'nvmlDeviceGetHandleByUUID'
    | 'nvmlDeviceGetPciInfo_v3'
  )[]
  readonly driver?: Partial<DriverSettings>
  /** NVML's code of `nvmlDeviceGetPowerUsage`. */
  readonly powerUsage?: number
  /** NUMA node by PCI address, as Linux shows it. */
  readonly numaNodes?: Readonly<Record<string, number>>
  readonly env?: Readonly<Record<string, string>>
  readonly options?: object
  /** Watts of the domains that count. */
  readonly counted: Readonly<Record<string, number>>
  /** Domains beside these. */
  readonly beside?: readonly string[]
  /** By domain: which rung it is read by. */
  readonly rungs: Readonly<Record<string, string>>
  /** Codes of what is said of it. */
  readonly said?: readonly string[]
}

/** UUID of a simulated GPU. */
export function uuid(index: number): string {
  return `GPU-00000000-0000-4000-8000-00000000000${index}`
}

const NO_FIELDS = { newestField: 167 }
const NO_POWER_FIELDS = [
  { field: 185, code: 3 },
  { field: 186, code: 3 },
]
const A100 = { name: 'NVIDIA A100-SXM4-80GB', architecture: 7 }
const P100 = { name: 'Tesla P100-PCIE-16GB', architecture: 4, counter: 3, quantum: 0 }
const GH200 = { name: 'NVIDIA GH200 480GB', architecture: 9, pci: '00000009:01:00.0' }
const GB200 = { name: 'NVIDIA GB200', architecture: 10 }
const C2C = { field: 170, type: 1, value: 10 }

/** The seven instances of a divided GPU. */
export const INSTANCES = Array.from({ length: 7 }, (_, index) => ({
  uuid: `MIG-00000000-0000-4000-9000-00000000000${index}`,
  gpuInstance: index + 7,
  slices: 1,
  processes: index < 3 ? [{ pid: 4000 + index }] : [],
}))

/** Machines whose GPUs can be metered. */
export const WORLDS: Readonly<Record<string, World>> = {
  'eight H100': {
    gpus: Array.from({ length: 8 }, (_, index) => ({ watts: 300 + 10 * index, quantum: 0.1 })),
    counted: Object.fromEntries(Array.from({ length: 8 }, (_, index) => [uuid(index), 300 + 10 * index])),
    rungs: { [uuid(7)]: 'energy-counter' },
  },
  'an A100 that idles': {
    gpus: [{ ...A100, watts: 52, quantum: 0.1 }],
    counted: { [uuid(0)]: 52 },
    rungs: { [uuid(0)]: 'energy-counter' },
  },
  'a V100 with a driver before 535': {
    gpus: [{ name: 'Tesla V100-SXM2-32GB', architecture: 5, quantum: 0.02, ...NO_FIELDS }],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'energy-counter' },
  },
  'a P100, which counts no energy': {
    gpus: [P100],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'instant-power' },
  },
  'a P100 with a driver before 535': {
    gpus: [{ ...P100, ...NO_FIELDS }],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'power-usage' },
  },
  'a GPU that shows average power alone': {
    gpus: [
      {
        name: 'NVIDIA RTX 6000 Ada Generation',
        architecture: 8,
        counter: 3,
        fields: [{ field: 186, code: 3 }],
      },
    ],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'average-power' },
  },
  'an RTX 3090 without counter and fields': {
    gpus: [{ name: 'NVIDIA GeForce RTX 3090', architecture: 7, counter: 3, ...NO_FIELDS }],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'power-usage' },
  },
  'a library without the energy call': {
    gpus: [{}],
    without: ['nvmlDeviceGetTotalEnergyConsumption'],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'energy-field' },
  },
  'a library without fields': {
    gpus: [{}, P100],
    without: ['nvmlDeviceGetFieldValues'],
    counted: { [uuid(0)]: 300, [uuid(1)]: 300 },
    rungs: { [uuid(0)]: 'energy-counter', [uuid(1)]: 'power-usage' },
  },
  'a counter that stands still': {
    gpus: [{ stuck: true }, {}],
    counted: { [uuid(0)]: 300, [uuid(1)]: 300 },
    rungs: { [uuid(0)]: 'instant-power', [uuid(1)]: 'energy-counter' },
    said: ['counter-stuck'],
  },
  'a counter that stands at zero': {
    gpus: [{ stuck: true, startMillijoules: 0n }],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'instant-power' },
    said: ['counter-stuck'],
  },
  'mixed GPUs, one lost': {
    gpus: [A100, { lost: 15 }, { ...P100, watts: 120 }],
    counted: { [uuid(0)]: 300, [uuid(2)]: 120 },
    rungs: { [uuid(0)]: 'energy-counter', [uuid(2)]: 'instant-power' },
    said: ['gpu-unreadable'],
  },
  'a GPU beside one that shows nothing': {
    gpus: [{}, { counter: 3, fields: NO_POWER_FIELDS, name: 'GRID A100-8C' }],
    powerUsage: 3,
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'energy-counter' },
    said: ['gpu-without-sensor'],
  },
  'an A100 of seven instances': {
    gpus: [{ ...A100, migEnabled: true, maxMig: 7, instances: INSTANCES }],
    counted: { [uuid(0)]: 300 },
    rungs: { [uuid(0)]: 'energy-counter' },
  },
  'a GH200, whose counter is its module’s': {
    gpus: [{ ...GH200, watts: 350, counterWatts: 500, moduleWatts: 500, quantum: 0.1, fields: [C2C] }],
    numaNodes: { '0009:01:00.0': 0 },
    counted: { 'module-0': 500 },
    beside: [uuid(0)],
    rungs: { 'module-0': 'energy-counter', [uuid(0)]: 'instant-power' },
    said: ['scope-unknown'],
  },
  'a GH200, whose counter is the GPU’s': {
    gpus: [{ ...GH200, watts: 350, moduleWatts: 500 }],
    counted: { 'module-0': 500 },
    beside: [uuid(0)],
    rungs: { 'module-0': 'instant-power', [uuid(0)]: 'energy-counter' },
    said: ['scope-unknown'],
  },
  'a GH200 that tells of its module alone': {
    gpus: [{ ...GH200, watts: 350, counterWatts: 500, moduleWatts: 500, gpuScope: 3 }],
    counted: { 'module-0': 500 },
    rungs: { 'module-0': 'energy-counter' },
    said: ['scope-unknown'],
  },
  'a GH200 whose scopes are one and the same': {
    gpus: [{ ...GH200, watts: 500, moduleWatts: 500 }],
    counted: { 'module-0': 500 },
    rungs: { 'module-0': 'energy-counter' },
    said: ['scope-unknown'],
  },
  'two GB200: four GPUs, two modules': {
    gpus: [0, 1, 2, 3].map((index) => ({
      ...GB200,
      pci: `000000${['08', '09', '18', '19'][index]}:01:00.0`,
      watts: 900 + index,
      moduleWatts: index < 2 ? 2100 : 2200,
      counterWatts: index < 2 ? 2100 : 2200,
      fields: [C2C],
    })),
    numaNodes: { '0008:01:00.0': 0, '0009:01:00.0': 0, '0018:01:00.0': 1, '0019:01:00.0': 1 },
    counted: { 'module-0': 2100, 'module-1': 2200 },
    beside: [uuid(0), uuid(1), uuid(2), uuid(3)],
    rungs: { 'module-0': 'energy-counter', 'module-1': 'energy-counter', [uuid(3)]: 'instant-power' },
    said: ['scope-unknown'],
  },
  'a GB200 whose library does not tell places on the bus': {
    gpus: [0, 1].map((index) => ({
      ...GB200,
      watts: 900 + index,
      moduleWatts: 2100,
      counterWatts: 2100,
      fields: [C2C],
    })),
    without: ['nvmlDeviceGetPciInfo_v3'],
    counted: { 'module-0': 2100 },
    beside: [uuid(0), uuid(1)],
    rungs: { 'module-0': 'energy-counter' },
    said: ['scope-unknown'],
  },
  'a GB10, which knows its GPU alone': {
    gpus: [{ name: 'NVIDIA GB10', architecture: 10, pci: '0000000F:01:00.0', watts: 40 }],
    counted: { [uuid(0)]: 40 },
    rungs: { [uuid(0)]: 'energy-counter' },
    said: ['scope-unknown'],
  },
  'a GB10 with a counter and nothing to hold it against': {
    gpus: [
      { name: 'NVIDIA GB10', architecture: 10, pci: '0000000F:01:00.0', watts: 40, fields: NO_POWER_FIELDS },
    ],
    counted: { 'module-0': 40 },
    rungs: { 'module-0': 'energy-counter' },
    said: ['scope-unknown', 'scope-unknown'],
  },
}

/** Machines where nothing can be metered, by the code and the word that say why. */
export const MUTE_WORLDS: Readonly<
  Record<
    string,
    Pick<World, 'gpus' | 'powerUsage'> & { init?: number; code: string; why: RegExp; fix?: RegExp }
  >
> = {
  'a vGPU that shows nothing': {
    gpus: [{ counter: 3, virtualisation: 2, fields: NO_POWER_FIELDS }],
    powerUsage: 3,
    code: 'METER_UNAVAILABLE',
    why: /no GPU here shows energy or power.*vGPU/,
  },
  'no GPU': { gpus: [], code: 'METER_UNAVAILABLE', why: /shows no GPU/ },
  'a lost GPU alone': {
    gpus: [{ lost: 15 }],
    code: 'NVML_NOT_OPENED',
    why: /GPU 0: .*\b15\b/,
    fix: /gpu-reset/,
  },
  'a driver that is not loaded': {
    gpus: [],
    init: 9,
    code: 'METER_UNAVAILABLE',
    why: /driver is not loaded .*\b9\b/,
    fix: /modprobe nvidia/,
  },
  'a driver that was upgraded': {
    gpus: [],
    init: 18,
    code: 'NVML_NOT_OPENED',
    why: /different versions.*\b18\b/,
    fix: /reboot/,
  },
  'no permission': { gpus: [], init: 4, code: 'NVML_NOT_OPENED', why: /may not.*\b4\b/, fix: /usermod/ },
  'a container that lost its devices': {
    gpus: [],
    init: 999,
    code: 'NVML_NOT_OPENED',
    why: /\b999\b/,
    fix: /made anew/,
  },
}
