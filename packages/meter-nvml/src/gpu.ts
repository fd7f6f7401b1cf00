import type { NvmlBinding, NvmlDevice } from '@ergometer/node-nvml'
import { ifOffered } from './nvml-trouble.ts'

/** An instance of a GPU that is divided (MIG). */
export interface MigInstance {
  readonly uuid: string
  readonly gpuInstance: number
  readonly computeInstance: number
  readonly device: NvmlDevice
}

const AMPERE = 7
const HOPPER = 9
/** A100, A800, A30 and their like: a generation of its own, though NVML does not say so. */
const GA100 = /\bA(?:30|100|800)X?\b/

/** A GPU of this machine. */
export class Gpu {
  /** NVML's number. */
  readonly index: number
  readonly uuid: string
  readonly name: string
  /** `00000000:3B:00.0`; absent where NVML does not say. */
  readonly busId: string | undefined
  /** Number of its generation; 0 where NVML does not say. */
  readonly architecture: number
  /** Divided into instances (MIG). */
  readonly divided: boolean
  /** Its handle, which is another one after NVML was initialised anew. */
  device: NvmlDevice
  #instances: readonly MigInstance[] | undefined

  constructor(index: number, device: NvmlDevice) {
    this.index = index
    this.device = device
    this.uuid = device.uuid()
    this.name = ifOffered(() => device.name()) ?? 'NVIDIA GPU'
    this.busId = ifOffered(() => device.pciInfo().busId)
    this.architecture = ifOffered(() => device.architecture().id) ?? 0
    this.divided = ifOffered(() => device.migMode().enabled) ?? false
  }

  /** Its instances, if it is divided. */
  get instances(): readonly MigInstance[] {
    this.#instances ??= this.divided ? findInstances(this.device) : []
    return this.#instances
  }

  /** `nvmlDeviceGetPowerUsage` is the mean of one second. */
  get averagesPower(): boolean {
    return this.architecture >= AMPERE && !this.#isGa100
  }

  /** Its sensor looks at 25 ms of each 100 (arXiv 2312.02741). */
  get looksPartTime(): boolean {
    return this.#isGa100 || this.architecture === HOPPER
  }

  get #isGa100(): boolean {
    return this.architecture === AMPERE && GA100.test(this.name)
  }
}

function findInstances(device: NvmlDevice): MigInstance[] {
  const devices = ifOffered(() => device.migDevices()) ?? []
  return devices.flatMap((one) => {
    const instance = ifOffered(() => ({
      uuid: one.uuid(),
      gpuInstance: one.gpuInstanceId(),
      computeInstance: one.computeInstanceId(),
      device: one,
    }))
    return instance ? [instance] : []
  })
}

/** The GPUs by NVML's numbers, and why some of them, undefined, are out of reach. */
export function findGpus(nvml: NvmlBinding): { gpus: (Gpu | undefined)[]; failures: unknown[] } {
  const failures: unknown[] = []
  const gpus = Array.from({ length: nvml.deviceCount() }, (_, index) => {
    try {
      return new Gpu(index, nvml.deviceByIndex(index))
    } catch (error) {
      failures.push(error)
      return undefined
    }
  })
  return { gpus, failures }
}
