import { bindCalls } from './bind-calls.ts'
import type { Calls, CallsTaking } from './call-table.ts'
import { Device } from './device.ts'
import type { NativeLibrary } from './native-library.ts'
import type { NvmlBinding } from './nvml-binding.ts'
import type { NvmlDevice } from './nvml-device.ts'
import {
  check,
  LIBRARY_NOT_FOUND,
  NvmlError,
  nvmlErrorName,
  SUCCESS,
  UNINITIALIZED,
  unsigned,
} from './nvml-error.ts'
import { Session } from './session.ts'
import { decodeText, encodeText } from './text.ts'

/** NVML over a loaded library. It is not initialised yet. */
export class Nvml implements NvmlBinding {
  readonly library: string
  readonly #calls: Calls
  readonly #errorText: ((code: number) => string) | undefined
  #users = 0
  #session: Session

  constructor(library: NativeLibrary) {
    this.library = library.name
    this.#calls = bindCalls(library)
    this.#errorText = library.bindText('nvmlErrorString')
    this.#session = new Session(this.#calls)
    this.#session.end()
  }

  init(): void {
    const code = this.#calls.nvmlInit_v2()
    if (code !== SUCCESS && this.#isStub(code))
      throw new NvmlError(LIBRARY_NOT_FOUND, 'nvmlInit_v2', {
        why: `${this.library} is the CUDA toolkit's stub, which measures nothing`,
      })
    check(code, 'nvmlInit_v2')
    if (this.#users === 0) this.#session = new Session(this.#calls)
    this.#users += 1
  }

  shutdown(): void {
    if (this.#users === 0) return
    this.#users -= 1
    if (this.#users === 0) this.#session.end()
    const code = this.#calls.nvmlShutdown()
    // A driver that was unloaded meanwhile has forgotten us: that is what was asked for.
    if (code !== UNINITIALIZED) check(code, 'nvmlShutdown')
  }

  [Symbol.dispose](): void {
    this.shutdown()
  }

  driverVersion(): string {
    return this.#text(this.#session.calls, 'nvmlSystemGetDriverVersion')
  }

  nvmlVersion(): string {
    return this.#text(this.#calls, 'nvmlSystemGetNVMLVersion')
  }

  deviceCount(): number {
    const { calls, uint } = this.#session
    check(calls.nvmlDeviceGetCount_v2(uint), 'nvmlDeviceGetCount_v2')
    return uint[0] as number
  }

  deviceByIndex(index: number): NvmlDevice {
    const call = 'nvmlDeviceGetHandleByIndex_v2'
    const label = `GPU ${index}`
    const { calls, handle } = this.#session
    check(calls[call](unsigned(index, call, label), handle), call, label)
    return new Device(this.#session, handle[0] as bigint, label)
  }

  deviceByUuid(uuid: string): NvmlDevice {
    return this.#find('nvmlDeviceGetHandleByUUID', uuid)
  }

  deviceByPciBusId(busId: string): NvmlDevice {
    return this.#find('nvmlDeviceGetHandleByPciBusId_v2', busId)
  }

  errorString(code: number): string {
    return firstLine(this.#errorText?.(code) ?? nvmlErrorName(code))
  }

  #find(call: CallsTaking<readonly ['char*', 'handle*']>, name: string): NvmlDevice {
    const { calls, handle } = this.#session
    check(calls[call](encodeText(name), handle), call, name)
    return new Device(this.#session, handle[0] as bigint, name)
  }

  #text(calls: Calls, call: CallsTaking<readonly ['char*', 'uint']>): string {
    const { text } = this.#session
    check(calls[call](text, text.length), call)
    return decodeText(text)
  }

  /** A stub that was copied elsewhere still shows itself: it answers with a notice of many lines. */
  #isStub(code: number): boolean {
    return /stub library|wrong path/.test(this.#errorText?.(code) ?? '')
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] as string
}
