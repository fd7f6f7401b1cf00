import { type Architecture, architectureOf } from './architecture.ts'
import type { Calls, CallsTaking } from './call-table.ts'
import { type Clock, clockId } from './clock.ts'
import { type FieldRequest, type FieldValue, readFieldValues, writeFieldRequests } from './field-value.ts'
import { type GpuMemory, prepareMemory, readFirstMemory, readMemory } from './gpu-memory.ts'
import { type GpuProcess, prepareProcesses, readProcesses } from './gpu-process.ts'
import { type MigAttributes, type MigMode, readMigAttributes } from './mig.ts'
import type { NvmlDevice } from './nvml-device.ts'
import {
  ARGUMENT_VERSION_MISMATCH,
  check,
  FUNCTION_NOT_FOUND,
  INVALID_ARGUMENT,
  NOT_FOUND,
  NvmlError,
  SUCCESS,
  UNKNOWN,
  unsigned,
} from './nvml-error.ts'
import { type PciInfo, readPciInfo } from './pci-info.ts'
import { type ProcessUtilisation, readProcessUtilisation } from './process-utilisation.ts'
import type { Session } from './session.ts'
import { decodeText } from './text.ts'
import { type ThrottleReason, throttleReasonsOf } from './throttle-reasons.ts'
import { readUtilisation, type Utilisation } from './utilisation.ts'
import { type VirtualisationMode, virtualisationModeOf } from './virtualisation.ts'

/** The newest first. */
const PROCESS_CALLS = [
  'nvmlDeviceGetComputeRunningProcesses_v3',
  'nvmlDeviceGetComputeRunningProcesses_v2',
  'nvmlDeviceGetComputeRunningProcesses',
] as const satisfies readonly (keyof Calls)[]

/** The only sensor that NVML has: that of the chip. */
const GPU_TEMPERATURE = 0

/** A device of a session. */
export class Device implements NvmlDevice {
  readonly label: string
  readonly #session: Session
  readonly #handle: bigint

  constructor(session: Session, handle: bigint, label: string) {
    this.#session = session
    this.#handle = handle
    this.label = label
  }

  uuid(): string {
    return this.#text('nvmlDeviceGetUUID')
  }

  name(): string {
    return this.#text('nvmlDeviceGetName')
  }

  pciInfo(): PciInfo {
    return readPciInfo(this.#struct('nvmlDeviceGetPciInfo_v3'))
  }

  architecture(): Architecture {
    return architectureOf(this.#uint('nvmlDeviceGetArchitecture'))
  }

  virtualisationMode(): VirtualisationMode {
    return virtualisationModeOf(this.#uint('nvmlDeviceGetVirtualizationMode'))
  }

  energyMillijoules(): bigint {
    return this.#ulonglong('nvmlDeviceGetTotalEnergyConsumption')
  }

  powerMilliwatts(): number {
    return this.#uint('nvmlDeviceGetPowerUsage')
  }

  fieldValues(requests: readonly FieldRequest[]): FieldValue[] {
    const call = 'nvmlDeviceGetFieldValues'
    for (const { field, scope = 0 } of requests) {
      unsigned(field, call, this.label)
      unsigned(scope, call, this.label)
    }
    if (requests.length === 0) return []
    const view = this.#session.fields.reserve(requests.length)
    writeFieldRequests(view, requests)
    const code = this.#session.calls[call](this.#handle, requests.length, view)
    const values = readFieldValues(view, requests, process.platform)
    // NVML fails as a whole where it has none of the fields, though it may say of each one why.
    if (values.every((value) => value.code === UNKNOWN)) this.#check(code, call)
    return values
  }

  powerLimitMilliwatts(): number {
    return this.#uint('nvmlDeviceGetPowerManagementLimit')
  }

  defaultPowerLimitMilliwatts(): number {
    return this.#uint('nvmlDeviceGetPowerManagementDefaultLimit')
  }

  enforcedPowerLimitMilliwatts(): number {
    return this.#uint('nvmlDeviceGetEnforcedPowerLimit')
  }

  powerLimitRange(): { readonly minMilliwatts: number; readonly maxMilliwatts: number } {
    const [minMilliwatts, maxMilliwatts] = this.#twoUints('nvmlDeviceGetPowerManagementLimitConstraints')
    return { minMilliwatts, maxMilliwatts }
  }

  utilisation(): Utilisation {
    return readUtilisation(this.#struct('nvmlDeviceGetUtilizationRates'))
  }

  memory(): GpuMemory {
    const call = 'nvmlDeviceGetMemoryInfo_v2'
    const struct = this.#session.struct()
    prepareMemory(struct)
    const code = this.#session.calls[call](this.#handle, struct)
    if (code === FUNCTION_NOT_FOUND || code === ARGUMENT_VERSION_MISMATCH)
      return readFirstMemory(this.#struct('nvmlDeviceGetMemoryInfo'))
    this.#check(code, call)
    return readMemory(struct)
  }

  temperatureCelsius(): number {
    return this.#uintOf('nvmlDeviceGetTemperature', GPU_TEMPERATURE)
  }

  clockMegahertz(clock: Clock): number {
    return this.#uintOf('nvmlDeviceGetClockInfo', clockId(clock))
  }

  throttleReasons(): ThrottleReason[] {
    const { calls, ulonglong } = this.#session
    const code = calls.nvmlDeviceGetCurrentClocksEventReasons(this.#handle, ulonglong)
    // Its name before driver 535.
    if (code === FUNCTION_NOT_FOUND)
      return throttleReasonsOf(this.#ulonglong('nvmlDeviceGetCurrentClocksThrottleReasons'))
    this.#check(code, 'nvmlDeviceGetCurrentClocksEventReasons')
    return throttleReasonsOf(ulonglong[0] as bigint)
  }

  computeProcesses(): GpuProcess[] {
    const { calls, processes } = this.#session
    for (const call of PROCESS_CALLS) {
      const code = processes.fill((view, count) => {
        prepareProcesses(view)
        return calls[call](this.#handle, count, view)
      })
      if (code === FUNCTION_NOT_FOUND) continue
      this.#check(code, call)
      return readProcesses(processes.view, processes.length)
    }
    throw new NvmlError(FUNCTION_NOT_FOUND, PROCESS_CALLS[0], { of: this.label })
  }

  processUtilisation(sinceMicroseconds = 0n): ProcessUtilisation[] {
    const call = 'nvmlDeviceGetProcessUtilization'
    if (sinceMicroseconds < 0n)
      throw new NvmlError(INVALID_ARGUMENT, call, {
        of: this.label,
        why: `expected microseconds from 0, not ${sinceMicroseconds}`,
      })
    const { calls, samples } = this.#session
    const code = samples.fill((view, count) => calls[call](this.#handle, view, count, sinceMicroseconds))
    if (code === NOT_FOUND) return []
    this.#check(code, call)
    return readProcessUtilisation(samples.view, samples.length)
  }

  migMode(): MigMode {
    const [current, pending] = this.#twoUints('nvmlDeviceGetMigMode')
    return { enabled: current === 1, pending: pending === 1 }
  }

  maxMigDevices(): number {
    return this.#uint('nvmlDeviceGetMaxMigDeviceCount')
  }

  migDevice(index: number): NvmlDevice {
    const device = this.#findMigDevice(index)
    if (device === undefined)
      throw new NvmlError(NOT_FOUND, 'nvmlDeviceGetMigDeviceHandleByIndex', { of: this.#migLabel(index) })
    return device
  }

  migDevices(): NvmlDevice[] {
    const indices = Array.from({ length: this.maxMigDevices() }, (_, index) => index)
    return indices.map((index) => this.#findMigDevice(index)).filter((device) => device !== undefined)
  }

  parent(): NvmlDevice {
    const call = 'nvmlDeviceGetDeviceHandleFromMigDeviceHandle'
    const { calls, handle } = this.#session
    this.#check(calls[call](this.#handle, handle), call)
    return new Device(this.#session, handle[0] as bigint, `GPU of ${this.label}`)
  }

  gpuInstanceId(): number {
    return this.#uint('nvmlDeviceGetGpuInstanceId')
  }

  computeInstanceId(): number {
    return this.#uint('nvmlDeviceGetComputeInstanceId')
  }

  migAttributes(): MigAttributes {
    return readMigAttributes(this.#struct('nvmlDeviceGetAttributes_v2'))
  }

  #findMigDevice(index: number): Device | undefined {
    const call = 'nvmlDeviceGetMigDeviceHandleByIndex'
    const label = this.#migLabel(index)
    const { calls, handle } = this.#session
    const code = calls[call](this.#handle, unsigned(index, call, label), handle)
    if (code === NOT_FOUND) return undefined
    check(code, call, label)
    return new Device(this.#session, handle[0] as bigint, label)
  }

  #migLabel(index: number): string {
    return `MIG ${index} of ${this.label}`
  }

  #uint(call: CallsTaking<readonly ['handle', 'uint*']>): number {
    const { calls, uint } = this.#session
    this.#check(calls[call](this.#handle, uint), call)
    return uint[0] as number
  }

  #uintOf(call: CallsTaking<readonly ['handle', 'uint', 'uint*']>, which: number): number {
    const { calls, uint } = this.#session
    this.#check(calls[call](this.#handle, which, uint), call)
    return uint[0] as number
  }

  #twoUints(call: CallsTaking<readonly ['handle', 'uint*', 'uint*']>): [number, number] {
    const { calls, uint, secondUint } = this.#session
    this.#check(calls[call](this.#handle, uint, secondUint), call)
    return [uint[0] as number, secondUint[0] as number]
  }

  #ulonglong(call: CallsTaking<readonly ['handle', 'ulonglong*']>): bigint {
    const { calls, ulonglong } = this.#session
    this.#check(calls[call](this.#handle, ulonglong), call)
    return ulonglong[0] as bigint
  }

  #text(call: CallsTaking<readonly ['handle', 'char*', 'uint']>): string {
    const { calls, text } = this.#session
    this.#check(calls[call](this.#handle, text, text.length), call)
    return decodeText(text)
  }

  #struct(call: CallsTaking<readonly ['handle', 'struct*']>): DataView {
    const struct = this.#session.struct()
    this.#check(this.#session.calls[call](this.#handle, struct), call)
    return struct
  }

  #check(code: number, call: keyof Calls): void {
    if (code !== SUCCESS) throw new NvmlError(code, call, { of: this.label })
  }
}
