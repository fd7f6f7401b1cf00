import type { NvmlDevice } from './nvml-device.ts'

/**
 * NVML. `openNvml` gives the one of this package; another one, or a pretended one for tests, can stand in its place.
 * Every call is synchronous, and throws an `NvmlError` if NVML does not answer with success.
 */
export interface NvmlBinding extends Disposable {
  /** The library in use: its path, or the name by which the loader found it. */
  readonly library: string

  /** One more user. NVML counts too: each init wants a shutdown. */
  init(): void

  /** One user less. After the last one all devices are void. More shutdowns than inits do nothing. */
  shutdown(): void

  /** Version of NVIDIA's kernel driver: `535.261.03`. */
  driverVersion(): string

  /** Version of the library: `12.535.261.03`. Needs no init. */
  nvmlVersion(): string

  /** How many GPUs this process may see. */
  deviceCount(): number

  /** A GPU by its place. NVML's order is that of the bus, and need not be that of CUDA. */
  deviceByIndex(index: number): NvmlDevice

  /** A GPU (`GPU-…`) or a MIG instance (`MIG-…`) by its identity. */
  deviceByUuid(uuid: string): NvmlDevice

  /** A GPU by its place on the bus: `0000:3B:00.0`. */
  deviceByPciBusId(busId: string): NvmlDevice

  /** What the library itself says of a code, in one line. */
  errorString(code: number): string

  /** One user less, as `shutdown`, at the end of a `using` block. */
  [Symbol.dispose](): void
}
