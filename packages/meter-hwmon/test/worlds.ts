import type { BoundaryDomain } from '@ergometer/core'
import type { DomainKind } from '@ergometer/meter'
import type { FileText, Machine, Moment, TreeChip } from './hwmon-tree.ts'

/** Loads that a reading each second can follow: they change linearly in between. */
const steady = (watts: number) => () => watts
const ramp = (from: number, perSecond: number) => (seconds: number) => from + perSecond * seconds

const microwatts = (load: string) => (now: Moment) => Math.round(now.watts(load) * 1e6)
const microjoules =
  (load: string, start = 0) =>
  (now: Moment) =>
    start + Math.round(now.joules(load) * 1e6)
const at5Volts = (load: string) => (now: Moment) => Math.round((now.watts(load) / 5) * 1000)

/** A domain of another meter, known for the whole run. */
function other(meter: string, id: string, kind: DomainKind, more: object = {}): BoundaryDomain {
  const reads = { quantity: 'energy', joulesPerCount: 1e-6 } as const
  return {
    id: `${meter}:${id}`,
    meter,
    coverage: 1,
    domain: { id, kind, label: id, method: 'measured', reads, ...more },
  }
}

const RAPL = [
  other('rapl', 'package-0', 'cpu', { identity: 'cpu:package-0' }),
  other('rapl', 'package-0/dram', 'memory', { identity: 'memory:package-0' }),
]
const ESTIMATE = [
  other('estimate', 'cpu', 'cpu', { method: 'modelled' }),
  other('estimate', 'memory', 'memory', { method: 'modelled' }),
]
const NVML = other('nvml', 'GPU-1', 'gpu', { identity: 'gpu:GPU-1' })

/** A made-up machine after real ones, and which domains must count, beside those of other meters. */
export interface World extends Machine {
  readonly options?: object
  readonly others?: readonly BoundaryDomain[]
  /** What counts, and the load that tells its true energy; none for other meters' domains. */
  readonly counted: Readonly<Record<string, string | undefined>>
  /** Domains that are there and do not count, and their loads. */
  readonly beside?: Readonly<Record<string, string>>
  readonly level: string
  /** What the meter has to say of it; by default nothing. */
  readonly codes?: readonly string[]
}

const TEMPERATURES: readonly TreeChip[] = [
  { name: 'nvme', device: 'pci0000:00/0000:02:00.0/nvme/nvme0', files: { temp1_input: 41_850 } },
  { name: 'k10temp', device: 'pci0000:00/0000:00:18.3', files: { temp1_input: 52_000 } },
  {
    name: 'nct6798',
    device: 'platform/nct6775.656',
    files: { in0_input: 912, in1_input: 1016, fan1_input: 900 },
  },
]

export function amdCard(address: string, files: Readonly<Record<string, FileText>>): TreeChip {
  return {
    name: 'amdgpu',
    device: `pci0000:00/0000:00:01.1/${address}`,
    files: { in0_label: 'vddgfx', in0_input: 950, power1_label: 'PPT', power1_cap: 300_000_000, ...files },
    around: { 'power/runtime_status': 'active', device: '0x73bf' },
  }
}

export function amdApu(files: Readonly<Record<string, FileText>>): TreeChip {
  return {
    name: 'amdgpu',
    device: 'pci0000:00/0000:00:08.1/0000:05:00.0',
    files: {
      ...{ in0_label: 'vddgfx', in0_input: 900, in1_label: 'vddnb', in1_input: 750, power1_label: 'PPT' },
      ...files,
    },
    around: { 'power/runtime_status': 'active', device: '0x1638' },
  }
}

/** A rail of an INA3221: its bus voltage, current, and the shunt voltage that must not be taken for another rail. */
function rail(number: number, label: string, load: string): Readonly<Record<string, FileText>> {
  return {
    [`in${number}_label`]: label,
    [`in${number}_enable`]: 1,
    [`in${number}_input`]: 5000,
    [`curr${number}_input`]: at5Volts(load),
    [`in${number + 3}_input`]: 40,
  }
}

const SUM = { in7_label: 'sum of shunt voltages', in7_input: 120, curr4_input: 4000 }
const monitor = (address: string, files: TreeChip['files']): TreeChip => ({
  name: 'ina3221',
  device: `platform/c240000.i2c/i2c-1/1-00${address}`,
  files,
})

function areaMeter(number: number, area: string, load: string): TreeChip {
  return {
    name: 'power_meter',
    device: `LNXSYSTM:00/LNXSYBUS:00/ACPI000D:0${number}`,
    legacy: true,
    files: {
      power1_average: microwatts(load),
      power1_average_interval: 50,
      power1_accuracy: '100.0%',
      power1_is_battery: 0,
      power1_oem_info: area,
    },
    around: { [`measures/ACPI000D:0${number}/path`]: '\\_SB_.PM00' },
  }
}

export function hostMeter(number: number, measures: readonly string[], files = {}): TreeChip {
  return {
    name: 'power_meter',
    device: `LNXSYSTM:00/LNXSYBUS:00/ACPI000D:0${number}`,
    files: {
      power1_average: microwatts('host'),
      power1_average_interval: 1000,
      power1_is_battery: 0,
      ...files,
    },
    around: Object.fromEntries(measures.map((device) => [`measures/${device}/path`, device])),
  }
}

export function battery(status: string, load: string) {
  return {
    ...{ type: 'Battery', scope: 'System', present: 1, status },
    ...{ power_now: microwatts(load), energy_now: 40_000_000 },
  }
}

const MOUSE = { type: 'Battery', scope: 'Device', present: 1, status: 'Discharging', power_now: 9_000_000 }

const GRACE_LOADS = {
  module: ramp(600, 5),
  grace: ramp(150, 2),
  cores: ramp(90, 1),
  sysio: steady(20),
  memory: ramp(40, 1),
}

/** Machines, by what is peculiar about them. */
export const WORLDS: Readonly<Record<string, World>> = {
  'workstation with an AMD card, beside RAPL': {
    chips: [
      ...TEMPERATURES,
      amdCard('0000:03:00.0', { power1_average: microwatts('gpu'), power1_input: 1_000_000 }),
    ],
    loads: { gpu: ramp(80, 10) },
    others: RAPL,
    counted: {
      'amdgpu-0000:03:00.0': 'gpu',
      'rapl:package-0': undefined,
      'rapl:package-0/dram': undefined,
    },
    level: 'components',
  },
  'AMD card that shows the power of the instant only': {
    chips: [amdCard('0000:03:00.0', { power1_input: microwatts('gpu') })],
    loads: { gpu: steady(220) },
    counted: { 'amdgpu-0000:03:00.0': 'gpu' },
    level: 'components',
  },
  'AMD APU beside RAPL: the package once': {
    chips: [amdApu({ power1_average: microwatts('package') })],
    loads: { package: ramp(15, 1) },
    others: RAPL,
    counted: { 'rapl:package-0': undefined, 'rapl:package-0/dram': undefined },
    beside: { 'amdgpu-0000:05:00.0': 'package' },
    level: 'components',
  },
  'AMD APU without RAPL: no model beside it': {
    chips: [amdApu({ power1_input: microwatts('package') })],
    loads: { package: ramp(15, 1) },
    others: ESTIMATE,
    counted: { 'amdgpu-0000:05:00.0': 'package', 'estimate:memory': undefined },
    level: 'components',
  },
  'handheld whose APU shows one power twice': {
    chips: [
      amdApu({
        ...{ power1_label: 'slowPPT', power1_average: microwatts('package') },
        ...{ power2_label: 'fastPPT', power2_average: microwatts('package') },
      }),
    ],
    loads: { package: steady(9) },
    counted: { 'amdgpu-0000:05:00.0': 'package' },
    level: 'components',
  },
  'laptop with an AMD APU and an AMD card, beside RAPL': {
    chips: [
      amdCard('0000:03:00.0', { power1_average: microwatts('gpu') }),
      amdApu({ power1_average: microwatts('package') }),
    ],
    loads: { gpu: steady(60), package: steady(25) },
    others: RAPL,
    counted: {
      'amdgpu-0000:03:00.0': 'gpu',
      'rapl:package-0': undefined,
      'rapl:package-0/dram': undefined,
    },
    beside: { 'amdgpu-0000:05:00.0': 'package' },
    level: 'components',
  },
  'MI300A, whose sensor covers CPU cores, GPU and memory': {
    chips: [
      { ...amdCard('0000:01:00.0', { power1_input: microwatts('module') }), around: { device: '0x74a0' } },
    ],
    loads: { module: ramp(500, 3) },
    others: [...RAPL, ...ESTIMATE],
    counted: { 'amdgpu-0000:01:00.0': 'module' },
    level: 'module',
  },
  'Intel Arc under i915': {
    chips: [
      {
        name: 'i915',
        device: 'pci0000:00/0000:00:01.0/0000:03:00.0',
        files: { in0_input: 700, power1_max: 190_000_000, energy1_input: microjoules('gpu', 7e12) },
      },
    ],
    loads: { gpu: (seconds) => 100 + 60 * Math.sin(seconds) },
    others: RAPL,
    counted: {
      'i915-0000:03:00.0': 'gpu',
      'rapl:package-0': undefined,
      'rapl:package-0/dram': undefined,
    },
    level: 'components',
  },
  'Intel Arc under xe: the card contains its package': {
    chips: [
      {
        name: 'xe',
        device: 'pci0000:00/0000:00:01.0/0000:03:00.0',
        files: {
          energy1_label: 'card',
          energy1_input: microjoules('card', 5e9),
          energy2_label: 'pkg',
          energy2_input: microjoules('package'),
          power1_label: 'card',
          power1_max: 190_000_000,
        },
      },
    ],
    loads: { card: steady(190), package: steady(150) },
    counted: { 'xe-0000:03:00.0': 'card' },
    beside: { 'xe-0000:03:00.0/pkg': 'package' },
    level: 'components',
  },
  'Intel Max GPU: tiles are inside of it': {
    chips: [
      ...[0, 1].map((tile) => ({
        name: `i915_gt${tile}`,
        device: 'pci0000:00/0000:1a:00.0',
        files: { energy1_input: microjoules('tile') },
      })),
      {
        name: 'i915',
        device: 'pci0000:00/0000:1a:00.0',
        files: { energy1_input: microjoules('gpu') },
      },
    ],
    loads: { gpu: steady(500), tile: steady(200) },
    counted: { 'i915-0000:1a:00.0': 'gpu' },
    beside: { 'i915_gt0-0000:1a:00.0': 'tile', 'i915_gt1-0000:1a:00.0': 'tile' },
    level: 'components',
  },
  'NVIDIA card under nouveau': {
    chips: [
      {
        name: 'nouveau',
        device: 'pci0000:00/0000:01:00.0',
        files: { power1_input: microwatts('gpu'), power1_max: 250_000_000 },
      },
    ],
    loads: { gpu: steady(70) },
    counted: { 'nouveau-0000:01:00.0': 'gpu' },
    level: 'components',
  },
  'Jetson Orin NX: VDD_IN contains the rest': {
    chips: [
      monitor('40', {
        ...rail(1, 'VDD_IN', 'module'),
        ...rail(2, 'VDD_CPU_GPU_CV', 'cores'),
        ...rail(3, 'VDD_SOC', 'soc'),
        ...SUM,
      }),
    ],
    loads: { module: ramp(8, 0.5), cores: steady(4), soc: steady(2) },
    others: ESTIMATE,
    counted: { VDD_IN: 'module' },
    beside: { VDD_CPU_GPU_CV: 'cores', VDD_SOC: 'soc' },
    level: 'module',
  },
  'Jetson AGX Orin: no input rail, memory inside of the 5 V': {
    chips: [
      monitor('40', {
        ...rail(1, 'VDD_GPU_SOC', 'gpu'),
        ...rail(2, 'VDD_CPU_CV', 'cpu'),
        ...rail(3, 'VIN_SYS_5V0', 'system'),
        ...SUM,
      }),
      monitor('41', {
        ...{ in1_label: 'NC', in1_enable: 0, in1_input: 0, curr1_input: 0 },
        ...rail(2, 'VDDQ_VDD2_1V8AO', 'memory'),
        ...{ in3_label: 'NC', in3_enable: 0, in3_input: 0, curr3_input: 0 },
      }),
    ],
    loads: { gpu: ramp(10, 1), cpu: steady(6), system: steady(5), memory: steady(1) },
    others: ESTIMATE,
    counted: { VDD_GPU_SOC: 'gpu', VDD_CPU_CV: 'cpu', VIN_SYS_5V0: 'system' },
    beside: { VDDQ_VDD2_1V8AO: 'memory' },
    level: 'components',
  },
  'Jetson AGX Xavier: six rails beside each other': {
    chips: [
      monitor('40', { ...rail(1, 'GPU', 'gpu'), ...rail(2, 'CPU', 'cpu'), ...rail(3, 'SOC', 'soc') }),
      monitor('41', { ...rail(1, 'CV', 'cv'), ...rail(2, 'VDDRQ', 'memory'), ...rail(3, 'SYS5V', 'rest') }),
    ],
    loads: {
      ...{ gpu: steady(8), cpu: steady(5), soc: steady(3) },
      ...{ cv: steady(0), memory: steady(2), rest: steady(1) },
    },
    others: ESTIMATE,
    counted: { GPU: 'gpu', CPU: 'cpu', SOC: 'soc', CV: 'cv', VDDRQ: 'memory', SYS5V: 'rest' },
    level: 'components',
  },
  'laptop on its battery, with a wireless mouse': {
    supplies: {
      AC: { type: 'Mains', online: 0 },
      BAT0: battery('Discharging', 'host'),
      hidpp_battery_0: MOUSE,
    },
    chips: [
      {
        // The kernel shows batteries in hwmon again.
        name: 'BAT0',
        device: 'LNXSYSTM:00/PNP0C0A:00/power_supply/BAT0',
        files: { in0_input: 11_400, power1_input: microwatts('host') },
      },
    ],
    loads: { host: ramp(12, 0.5) },
    others: [...RAPL, ...ESTIMATE],
    counted: { battery: 'host' },
    level: 'host',
  },
  'tablet whose gauge tells voltage, and a current that is negative': {
    supplies: {
      'qcom-battmgr-bat': {
        ...{ type: 'Battery', present: 1, status: 'Discharging', voltage_now: 7_600_000 },
        current_now: (now) => -Math.round((now.watts('host') / 7.6) * 1e6),
      },
    },
    loads: { host: steady(6) },
    others: ESTIMATE,
    counted: { battery: 'host' },
    level: 'host',
  },
  'laptop with two batteries, of which one waits': {
    supplies: {
      AC: { type: 'Mains', online: 0 },
      BAT0: { ...battery('Unknown', 'nothing'), power_now: 0 },
      BAT1: battery('Discharging', 'host'),
    },
    loads: { host: steady(14) },
    counted: { battery: 'host' },
    level: 'host',
  },
  'laptop with two batteries that share the load': {
    supplies: {
      BAT0: { ...battery('Discharging', 'host'), power_now: (now) => Math.round(now.watts('host') * 0.4e6) },
      BAT1: { ...battery('Discharging', 'host'), power_now: (now) => Math.round(now.watts('host') * 0.6e6) },
      BAT2: { type: 'Battery', present: 0, status: 'Unknown' },
    },
    loads: { host: ramp(10, 1) },
    counted: { battery: 'host' },
    level: 'host',
  },
  'host on a UPS that may feed others, too': {
    supplies: { ups0: { type: 'UPS', status: 'Discharging', power_now: microwatts('hosts') } },
    loads: { hosts: steady(900) },
    others: RAPL,
    counted: { 'rapl:package-0': undefined, 'rapl:package-0/dram': undefined },
    beside: { 'ups-ups0': 'hosts' },
    level: 'components',
  },
  'server whose power meter measures the whole system': {
    chips: [hostMeter(0, ['LNXSYBUS:00'])],
    loads: { host: ramp(300, 4) },
    others: [...RAPL, NVML, ...ESTIMATE],
    counted: { 'power_meter-ACPI000D:00': 'host' },
    level: 'host',
  },
  'server whose power meter measures nobody knows what': {
    chips: [hostMeter(0, ['ACPI0004:00', 'ACPI0004:01'])],
    loads: { host: steady(300) },
    others: RAPL,
    counted: { 'rapl:package-0': undefined, 'rapl:package-0/dram': undefined },
    beside: { 'power_meter-ACPI000D:00': 'host' },
    level: 'components',
    codes: ['scope-unknown'],
  },
  'server with a power meter for each supply: neither is the whole': {
    chips: [hostMeter(0, ['LNXSYBUS:00']), hostMeter(1, ['LNXSYBUS:00'])],
    loads: { host: steady(200) },
    others: RAPL,
    counted: { 'rapl:package-0': undefined, 'rapl:package-0/dram': undefined },
    beside: { 'power_meter-ACPI000D:00': 'host', 'power_meter-ACPI000D:01': 'host' },
    level: 'components',
    codes: ['scope-unknown', 'scope-unknown'],
  },
  'Grace Hopper: the module contains its GPU': {
    chips: [
      areaMeter(0, 'Module Power Socket 0', 'module'),
      areaMeter(1, 'Grace Power Socket 0', 'grace'),
      areaMeter(2, 'CPU Power Socket 0', 'cores'),
      areaMeter(3, 'SysIO Power Socket 0', 'sysio'),
    ],
    loads: GRACE_LOADS,
    others: [NVML, ...ESTIMATE],
    counted: { 'module-0': 'module' },
    beside: { 'grace-0': 'grace', 'cpu-0': 'cores', 'sysio-0': 'sysio', 'memory-0': 'memory' },
    level: 'module',
  },
  'Grace with a card: the socket with its memory, and the card': {
    chips: [
      areaMeter(1, 'Grace Power Socket 1', 'grace'),
      areaMeter(2, 'CPU Power Socket 1', 'cores'),
      areaMeter(3, 'SysIO Power Socket 1', 'sysio'),
    ],
    loads: GRACE_LOADS,
    others: [NVML, ...ESTIMATE],
    counted: { 'grace-1': 'grace', 'nvml:GPU-1': undefined },
    beside: { 'cpu-1': 'cores', 'sysio-1': 'sysio', 'memory-1': 'memory' },
    level: 'components',
  },
  'board with a monitor that its owner knows': {
    chips: [
      {
        name: 'ina226',
        device: 'platform/i2c-1/1-0040',
        files: { in0_input: 12, in1_input: 12_000, curr1_input: (now) => (now.watts('board') / 12) * 1000 },
      },
    ],
    loads: { board: steady(24) },
    options: { chips: ['ina226'] },
    counted: { 'ina226-1-0040/in1': 'board' },
    level: 'components',
  },
}
