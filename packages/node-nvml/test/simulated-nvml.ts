import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CallName } from '../src/call-table.ts'

const SOURCE = fileURLToPath(new URL('./simulated-nvml.c', import.meta.url))
const BUILDS = fileURLToPath(new URL('../node_modules/.cache/simulated-nvml', import.meta.url))
const NOBODY = -1

/** Why there can be no simulation on this machine; undefined where there can. */
export const whyNoSimulation = findReason()

function findReason(): string | undefined {
  if (process.platform !== 'linux') return 'the simulated NVML is for Linux'
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'no C compiler (cc) on this machine'
  }
}

/** A field that is not answered as the driver would: by a code, by a value of one of NVML's types, or live. */
interface SimulatedField {
  readonly field: number
  readonly scope?: number
  readonly code?: number
  readonly type?: number
  readonly value?: number | bigint | 'energy' | 'power'
}

/** A process that computes. */
interface SimulatedProcess {
  readonly pid: number
  readonly bytes?: bigint
  readonly gpuInstance?: number
  readonly computeInstance?: number
}

/** What the driver noted of a process. Without a time it is always of this instant. */
interface SimulatedSample {
  readonly pid: number
  readonly microseconds?: bigint
  readonly sm?: number
  readonly memory?: number
  readonly encoder?: number
  readonly decoder?: number
}

/** An instance of a GPU in MIG mode. */
interface SimulatedInstance {
  readonly uuid: string
  readonly name?: string
  /** Place below `maxMig`; by default that in the list. */
  readonly slot?: number
  readonly gpuInstance: number
  readonly computeInstance?: number
  readonly slices: number
  readonly computeSlices?: number
  readonly multiprocessors?: number
  readonly mebibytes?: number
  readonly processes?: readonly SimulatedProcess[]
}

/** What can be set of a GPU. */
export interface GpuSettings {
  readonly uuid: string
  readonly name: string
  readonly pci: string
  readonly architecture: number
  readonly virtualisation: number
  /** Power of the board: what it shows, and unless said otherwise what its counter counts. */
  readonly watts: number
  /** What its counter counts, if not its power: that of a module, or something wrong; 0: its power. */
  readonly counterWatts: number
  /** Seconds between two steps of the counter; 0: it is always exact. */
  readonly quantum: number
  /** What the counter showed when the GPU was made. */
  readonly startMillijoules: bigint
  /** Code of the counter: 3 before Volta and on most vGPUs. */
  readonly counter: number
  /** The counter does not move. */
  readonly stuck: boolean
  /** Power of a superchip's module; 0: there is none. */
  readonly moduleWatts: number
  /** Code of power fields about the GPU alone: 3 on some superchips. */
  readonly gpuScope: number
  /** Code of every call: 15 for a GPU that is lost. */
  readonly lost: number
  /** The newest field that the driver knows: 167 before driver 535. */
  readonly newestField: number
  readonly fields: readonly SimulatedField[]
  /** Set, default, enforced, smallest and largest limit. */
  readonly limitsWatts: readonly [number, number, number, number, number]
  readonly busyPercent: readonly [gpu: number, memory: number]
  readonly temperatureCelsius: number
  /** Graphics, SM, memory, video. */
  readonly clocksMegahertz: readonly [number, number, number, number]
  readonly throttle: bigint
  /** Total, reserved, used. */
  readonly memoryBytes: readonly [number, number, number]
  readonly processes: readonly SimulatedProcess[]
  readonly samples: readonly SimulatedSample[]
  readonly migEnabled: boolean
  readonly migPending: boolean
  readonly maxMig: number
  readonly instances: readonly SimulatedInstance[]
}

/** A GPU of a simulation. */
export class SimulatedGpu {
  readonly index: number
  settings: GpuSettings
  readonly #nvml: SimulatedNvml
  #millijoules: bigint
  #since: number
  #restarts = 0

  constructor(nvml: SimulatedNvml, index: number, given: Partial<GpuSettings>) {
    this.#nvml = nvml
    this.index = index
    this.settings = { ...defaultsOf(index), ...given }
    this.#millijoules = this.settings.startMillijoules
    this.#since = nvml.now()
  }

  /** Changes it while programs run. The counter keeps what it has. */
  set(changes: Partial<GpuSettings>): void {
    this.#count()
    this.settings = { ...this.settings, ...changes }
    this.#nvml.write()
  }

  /** The counter begins anew at zero, and nothing else happens. */
  restart(): void {
    this.#restart()
    this.#nvml.write()
  }

  /** The true energy since the counter began, whatever the counter shows of it. */
  millijoules(): number {
    const { stuck } = this.settings
    return Number(this.#millijoules) + (stuck ? 0 : (this.#nvml.now() - this.#since) * this.#counted * 1000)
  }

  /** @internal For `SimulatedNvml`. */
  lines(): string[] {
    const s = this.settings
    return [
      ...commonLines(s.uuid, s.name, NOBODY, s.processes),
      `pci ${s.pci}`,
      `architecture ${s.architecture}`,
      `virtualisation ${s.virtualisation}`,
      `watts ${s.watts}`,
      `quantum ${s.quantum}`,
      `energy ${this.#millijoules}`,
      `since ${this.#since}`,
      `restarts ${this.#restarts}`,
      `counter ${s.counter}`,
      `stuck ${Number(s.stuck)}`,
      `counter_watts ${s.counterWatts}`,
      `module_watts ${s.moduleWatts}`,
      `gpu_scope ${s.gpuScope}`,
      `lost ${s.lost}`,
      `newest_field ${s.newestField}`,
      `limits ${s.limitsWatts.map((watts) => Math.round(watts * 1000)).join(' ')}`,
      `busy ${s.busyPercent.join(' ')}`,
      `temperature ${s.temperatureCelsius}`,
      `clocks ${s.clocksMegahertz.join(' ')}`,
      `throttle ${s.throttle}`,
      `memory ${s.memoryBytes.join(' ')}`,
      `mig ${Number(s.migEnabled)} ${Number(s.migPending)} ${s.maxMig}`,
      ...s.fields.map(
        ({ field, scope = 0, code = 0, type = 3, value = 0 }) =>
          `field ${field} ${scope} ${code} ${type} ${value}`,
      ),
      ...s.samples.map(
        ({ pid, microseconds = 0n, sm = 0, memory = 0, encoder = 0, decoder = 0 }) =>
          `sample ${pid} ${microseconds} ${sm} ${memory} ${encoder} ${decoder}`,
      ),
    ]
  }

  /** @internal For `SimulatedNvml`. */
  forget(): void {
    this.#restart()
  }

  #restart(): void {
    this.#millijoules = 0n
    this.#since = this.#nvml.now()
    this.#restarts += 1
  }

  #count(): void {
    const now = this.#nvml.now()
    const { stuck } = this.settings
    // The microjoule is for what rounding in binary takes away.
    if (!stuck) this.#millijoules += BigInt(Math.floor((now - this.#since) * this.#counted * 1000 + 1e-3))
    this.#since = now
  }

  /** Watts of the counter. */
  get #counted(): number {
    return this.settings.counterWatts || this.settings.watts
  }
}

function defaultsOf(index: number): GpuSettings {
  const gibibyte = 1024 ** 3
  return {
    uuid: `GPU-00000000-0000-4000-8000-00000000000${index}`,
    name: 'NVIDIA H100 80GB HBM3',
    pci: `00000000:${(0x3b + index).toString(16).toUpperCase()}:00.0`,
    architecture: 9,
    virtualisation: 0,
    watts: 300,
    counterWatts: 0,
    quantum: 0,
    startMillijoules: 1_000_000n,
    counter: 0,
    stuck: false,
    moduleWatts: 0,
    gpuScope: 0,
    lost: 0,
    newestField: 303,
    fields: [],
    limitsWatts: [700, 700, 650, 200, 700],
    busyPercent: [97, 41],
    temperatureCelsius: 61,
    clocksMegahertz: [1980, 1980, 2619, 1545],
    throttle: 0n,
    memoryBytes: [80 * gibibyte, gibibyte, 20 * gibibyte],
    processes: [],
    samples: [],
    migEnabled: false,
    migPending: false,
    maxMig: 0,
    instances: [],
  }
}

function commonLines(
  uuid: string,
  name: string,
  parent: number,
  processes: readonly SimulatedProcess[],
): string[] {
  return [
    `uuid ${uuid}`,
    `name ${name}`,
    `parent ${parent}`,
    ...processes.map(
      ({ pid, bytes = 0n, gpuInstance = 0xffffffff, computeInstance = 0xffffffff }) =>
        `process ${pid} ${bytes} ${gpuInstance} ${computeInstance}`,
    ),
  ]
}

function instanceLines(instance: SimulatedInstance, index: number, parent: SimulatedGpu): string[] {
  const { uuid, name = `${parent.settings.name} MIG ${instance.slices}g`, slot = index } = instance
  const { computeInstance = 0, slices, computeSlices = slices, multiprocessors = 16 * slices } = instance
  const { mebibytes = 10_240 * slices, gpuInstance, processes = [] } = instance
  return [
    ...commonLines(uuid, name, parent.index, processes),
    `slot ${slot}`,
    `instance ${gpuInstance} ${computeInstance}`,
    `attributes ${multiprocessors} ${slices} ${computeSlices} 1 2 0 1 0 ${mebibytes}`,
    `memory ${mebibytes * 1024 ** 2} 0 0`,
  ]
}

/** What can be set of the driver. */
export interface DriverSettings {
  readonly driver: string
  readonly nvml: string
  /** Errors are told as the toolkit's stub does. */
  readonly banner: boolean
  /** Of each process that `nvmlDeviceGetComputeRunningProcesses_v3` writes: 16, 24 or 32. */
  readonly processBytes: number
}

interface Fault {
  readonly code: number
  readonly milliseconds: number
  readonly hangs: boolean
}

const NO_FAULT: Fault = { code: 0, milliseconds: 0, hangs: false }

/**
 * A simulated NVML: a library of its own, compiled from `simulated-nvml.c`, that any program can load, and the world
 * that it shows, which changes as soon as it is told to. Energy follows the monotonic clock, or a given one.
 */
export class SimulatedNvml {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'simulated-nvml-'))
  /** The library's path, for `ERGOMETER_NVML_LIBRARY`. */
  readonly library: string = join(this.folder, 'libnvidia-ml.so.1')
  readonly gpus: readonly SimulatedGpu[]
  #settings: DriverSettings = {
    driver: '535.261.03',
    nvml: '12.535.261.03',
    banner: false,
    processBytes: 24,
  }
  #clock: number | undefined
  #epoch = 1
  #version = 0
  readonly #faults = new Map<string, Fault>()

  /** `without`: functions that the library lacks. `clock`: seconds of a clock that stands until `advance`. */
  constructor(
    gpus: readonly Partial<GpuSettings>[] = [{}],
    { without = [], clock }: { without?: readonly (CallName | 'nvmlErrorString')[]; clock?: number } = {},
  ) {
    this.#clock = clock
    copyFileSync(compile(without), this.library)
    this.gpus = gpus.map((given, index) => new SimulatedGpu(this, index, given))
    this.write()
  }

  /** The first GPU. */
  get gpu(): SimulatedGpu {
    return this.gpus[0] as SimulatedGpu
  }

  /** Seconds of its clock. */
  now(): number {
    return this.#clock ?? Number(process.hrtime.bigint()) / 1e9
  }

  /** Lets time pass on a given clock. */
  advance(seconds: number): void {
    if (this.#clock === undefined) throw new Error('this simulation follows the monotonic clock')
    this.#clock += seconds
    this.write()
  }

  /** Changes the driver while programs run. */
  set(changes: Partial<DriverSettings>): void {
    this.#settings = { ...this.#settings, ...changes }
    this.write()
  }

  /** Lets a call fail, of one GPU or of all. */
  fail(call: CallName, code: number, gpu?: SimulatedGpu): void {
    this.#fault(call, gpu, { code })
  }

  /** Lets a call take its time. */
  delay(call: CallName, milliseconds: number, gpu?: SimulatedGpu): void {
    this.#fault(call, gpu, { milliseconds })
  }

  /** Lets a call hang until `heal`. */
  hang(call: CallName, gpu?: SimulatedGpu): void {
    this.#fault(call, gpu, { hangs: true })
  }

  /** No call fails, takes its time or hangs any more. */
  heal(): void {
    this.#faults.clear()
    this.write()
  }

  /** The driver is loaded anew: all counters begin at zero, and every call answers with code 1 until there is an init. */
  reload(): void {
    this.#epoch += 1
    for (const gpu of this.gpus) gpu.forget()
    this.write()
  }

  /** Removes the library and its world. Programs that have loaded it go on with the world as it was. */
  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #fault(call: CallName, gpu: SimulatedGpu | undefined, fault: Partial<Fault>): void {
    const key = `${call} ${gpu?.index ?? NOBODY}`
    this.#faults.set(key, { ...(this.#faults.get(key) ?? NO_FAULT), ...fault })
    this.write()
  }

  /** @internal For `SimulatedGpu`. */
  write(): void {
    const file = join(this.folder, 'world')
    writeFileSync(`${file}.new`, `${this.#lines().join('\n')}\n`)
    // The reader knows a version by its time, and two of them may be written within one tick of the file system's clock.
    this.#version += 1
    utimesSync(`${file}.new`, this.#version, this.#version)
    renameSync(`${file}.new`, file)
  }

  #lines(): string[] {
    const { driver, nvml, banner, processBytes } = this.#settings
    const instances = this.gpus.flatMap((gpu) =>
      gpu.settings.instances.map((instance, index) => instanceLines(instance, index, gpu)),
    )
    const devices = [...this.gpus.map((gpu) => gpu.lines()), ...instances]
    return [
      `driver ${driver}`,
      `nvml ${nvml}`,
      `epoch ${this.#epoch}`,
      `clock ${this.#clock ?? -1}`,
      `banner ${Number(banner)}`,
      `process_bytes ${processBytes}`,
      ...devices.flatMap((lines, index) => lines.map((line) => `device ${index} ${line}`)),
      ...[...this.#faults].map(
        ([key, { code, milliseconds, hangs }]) => `fault ${key} ${code} ${milliseconds} ${Number(hangs)}`,
      ),
    ]
  }
}

/** Compiles the library once for each set of functions that it lacks; other test files and later runs find it. */
function compile(without: readonly string[]): string {
  const options = ['-shared', '-fPIC', '-O1', '-Wl,-soname,libnvidia-ml.so.1']
  const renamed = without.map((call) => `-D${call}=without_${call}`)
  const command = [...options, ...renamed]
  const key = createHash('sha256').update(command.join()).update(readFileSync(SOURCE)).digest('hex')
  const library = join(BUILDS, `${process.arch}-${key.slice(0, 16)}.so`)
  if (existsSync(library)) return library
  mkdirSync(BUILDS, { recursive: true })
  const made = `${library}.${process.pid}`
  execFileSync('cc', [...command, '-o', made, SOURCE, '-ldl'])
  renameSync(made, library)
  return library
}
