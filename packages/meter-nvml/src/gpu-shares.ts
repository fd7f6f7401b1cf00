import type { RecordReading } from '@ergometer/meter'
import type { Gpu, MigInstance } from './gpu.ts'
import { ifOffered } from './nvml-trouble.ts'
import { IDLE, lastTime, processShares } from './process-shares.ts'

/** Consumer of what the meter knows to be the run's own. */
const RUN = 'run'

/** Tells whose a GPU's energy is. */
export interface GpuShares {
  /** How it is known: a word for reports. */
  readonly method: string
  /** Records the shares since it was told last; they add up to 1. Throws an `NvmlError` where NVML does not tell. */
  record(record: RecordReading, domain: number): void
}

/** Shares by process, by the time that each took on the GPU. */
export class SharesByProcess implements GpuShares {
  readonly method = 'sm-utilisation'
  readonly #gpu: Gpu
  #since = 0n

  constructor(gpu: Gpu) {
    this.#gpu = gpu
    // What was before the run is nobody's.
    this.#since = lastTime(ifOffered(() => gpu.device.processUtilisation()) ?? [], 0n)
  }

  record(record: RecordReading, domain: number): void {
    const samples = this.#gpu.device.processUtilisation(this.#since)
    for (const [consumer, share] of processShares(samples, this.#since)) record.share(domain, consumer, share)
    this.#since = lastTime(samples, this.#since)
  }
}

/** An instance and its part of the GPU. */
interface Slice {
  readonly instance: MigInstance
  readonly consumer: string
  readonly share: number
}

/** Shares by MIG instance: its slices, while a process is at work on it. */
export class SharesByInstance implements GpuShares {
  readonly method = 'mig-slices'
  readonly #slices: readonly Slice[]

  /** `own`: UUIDs of the instances that are the run's. */
  constructor(gpu: Gpu, own: ReadonlySet<string>) {
    const slices = gpu.instances.map((instance) => ({
      instance,
      consumer: own.has(instance.uuid) ? RUN : `mig:${instance.uuid}`,
      count: ifOffered(() => instance.device.migAttributes().computeSlices) ?? 0,
    }))
    const taken = slices.reduce((sum, { count }) => sum + count, 0)
    const all = Math.max(taken, ifOffered(() => gpu.device.maxMigDevices()) ?? 0, 1)
    this.#slices = slices.map(({ instance, consumer, count }) => ({ instance, consumer, share: count / all }))
  }

  record(record: RecordReading, domain: number): void {
    const shares = new Map<string, number>()
    for (const { instance, consumer, share } of this.#slices) {
      // Where processes cannot be told, an instance is taken to be at work.
      const atWork = ifOffered(() => instance.device.computeProcesses().length > 0) ?? true
      if (atWork) shares.set(consumer, (shares.get(consumer) ?? 0) + share)
    }
    const busy = [...shares.values()].reduce((sum, share) => sum + share, 0)
    for (const [consumer, share] of shares.set(IDLE, Math.max(0, 1 - busy))) {
      record.share(domain, consumer, share)
    }
  }
}
