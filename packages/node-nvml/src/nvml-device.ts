import type { Architecture } from './architecture.ts'
import type { Clock } from './clock.ts'
import type { FieldRequest, FieldValue } from './field-value.ts'
import type { GpuMemory } from './gpu-memory.ts'
import type { GpuProcess } from './gpu-process.ts'
import type { MigAttributes, MigMode } from './mig.ts'
import type { PciInfo } from './pci-info.ts'
import type { ProcessUtilisation } from './process-utilisation.ts'
import type { ThrottleReason } from './throttle-reasons.ts'
import type { Utilisation } from './utilisation.ts'
import type { VirtualisationMode } from './virtualisation.ts'

/**
 * A GPU or a MIG instance. Every call asks the driver, blocks until it answers, and throws an `NvmlError` if it does not
 * answer with success. A device is good until the last `shutdown`; afterwards its calls throw code 1.
 */
export interface NvmlDevice {
  /** How it was found: `GPU 0`, `MIG 1 of GPU 0`, a UUID or a bus id. Errors name it so; its identity is `uuid()`. */
  readonly label: string

  /** `GPU-…` or `MIG-…`: its identity over reboots and machines. */
  uuid(): string

  /** The product's name: `NVIDIA H100 80GB HBM3`. */
  name(): string

  /** Its place on the PCI bus. */
  pciInfo(): PciInfo

  /** Its generation. */
  architecture(): Architecture

  /** How it reaches this machine: whole, passed through to a virtual machine, or as a share. */
  virtualisationMode(): VirtualisationMode

  /**
   * Energy of the whole board in mJ since the driver was loaded; it begins anew with the driver or after a reset. Volta
   * and newer; code 3 on older ones and on most vGPUs. Allocates nothing but the bigint.
   */
  energyMillijoules(): bigint

  /**
   * Power of the whole board in mW: the mean of one second on Ampere (without GA100) and newer, momentary on others.
   */
  powerMilliwatts(): number

  /**
   * Several fields in one call, each with a code and a value of its own, in the order of the requests. Throws only if the
   * driver has no word for any of them.
   */
  fieldValues(requests: readonly FieldRequest[]): FieldValue[]

  /** The limit that was set, in mW. */
  powerLimitMilliwatts(): number

  /** The limit after a reset, in mW. */
  defaultPowerLimitMilliwatts(): number

  /** The lowest of all limits that apply, in mW: the one that the board keeps to. */
  enforcedPowerLimitMilliwatts(): number

  /** Between which limits can be chosen, in mW. */
  powerLimitRange(): { readonly minMilliwatts: number; readonly maxMilliwatts: number }

  /** How busy it was. Code 3 while MIG is on. */
  utilisation(): Utilisation

  /** Its memory. */
  memory(): GpuMemory

  /** Temperature of the chip. */
  temperatureCelsius(): number

  /** A clock, now. */
  clockMegahertz(clock: Clock): number

  /** Why its clocks are lower than they could be; empty if they are not. */
  throttleReasons(): ThrottleReason[]

  /** The processes that compute on it. */
  computeProcesses(): GpuProcess[]

  /**
   * What each process used in every sample period after a time, in microseconds since 1970: the largest
   * `timeMicroseconds` of the last call. 0, the default, gives all that the driver still knows. Empty if nothing is new.
   * Code 3 while MIG is on.
   */
  processUtilisation(sinceMicroseconds?: bigint): ProcessUtilisation[]

  /** Whether it is divided into instances. Code 3 where it cannot be. */
  migMode(): MigMode

  /** How many instances it can have; 0 without MIG. */
  maxMigDevices(): number

  /** One of its instances; code 6 where there is none. Instances may be anywhere below `maxMigDevices()`. */
  migDevice(index: number): NvmlDevice

  /** All instances that it has. */
  migDevices(): NvmlDevice[]

  /** The GPU of a MIG instance. */
  parent(): NvmlDevice

  /** Number of a MIG instance's GPU instance. */
  gpuInstanceId(): number

  /** Number of a MIG instance's compute instance. */
  computeInstanceId(): number

  /** What a MIG instance has of its GPU: slices, engines, memory. */
  migAttributes(): MigAttributes
}
