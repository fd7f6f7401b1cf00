import type { CpuIdentity } from './cpu-identity.ts'
import type { CpuTimes } from './utilisation.ts'

/** The machine as the model needs it: `linux-machine.ts` and `portable-machine.ts` make one. */
export interface Machine extends Required<CpuIdentity> {
  /** The part of the machine's CPUs that this container may use, above 0; 1 where nothing limits it. */
  readonly cpuShare: number
  /** CPU times of that part, at `seconds` of the monotonic clock. Throws `MeterError`, outcome retry. */
  cpuTimes(seconds: number): CpuTimes
  /** Bytes of memory in use, within the container's limit. Throws `MeterError`, outcome retry. */
  memoryBytesInUse(): number
}
