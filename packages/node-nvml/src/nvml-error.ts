/** Name and meaning of every code that NVML returns. */
const CODES = {
  0: ['SUCCESS', 'it succeeded'],
  1: ['UNINITIALIZED', 'NVML is not initialised, or no longer: init() first, and get the devices anew'],
  2: ['INVALID_ARGUMENT', 'an argument is invalid'],
  3: ['NOT_SUPPORTED', 'this device does not offer it'],
  4: ['NO_PERMISSION', 'this user may not do that'],
  5: ['ALREADY_INITIALIZED', 'NVML is initialised already'],
  6: ['NOT_FOUND', 'there is none'],
  7: ['INSUFFICIENT_SIZE', 'the buffer is too small'],
  8: ['INSUFFICIENT_POWER', "the device's external power cables are not properly attached"],
  9: ['DRIVER_NOT_LOADED', "NVIDIA's kernel driver is not loaded"],
  10: ['TIMEOUT', 'it took too long'],
  11: ['IRQ_ISSUE', 'the kernel has trouble with the interrupts of a GPU'],
  12: ['LIBRARY_NOT_FOUND', 'the NVML library cannot be loaded'],
  13: ['FUNCTION_NOT_FOUND', "this version of NVIDIA's library has no such function"],
  14: ['CORRUPTED_INFOROM', "the device's infoROM is corrupted"],
  15: ['GPU_IS_LOST', 'the GPU has fallen off the bus or is otherwise out of reach'],
  16: ['RESET_REQUIRED', 'the GPU must be reset before it can be used again'],
  17: ['OPERATING_SYSTEM', 'the operating system or a cgroup blocks the device'],
  18: ['LIB_RM_VERSION_MISMATCH', 'library and kernel driver are of different versions: was it upgraded?'],
  19: ['IN_USE', 'the GPU is in use'],
  20: ['MEMORY', 'the driver has too little memory'],
  21: ['NO_DATA', 'there is no data yet'],
  22: ['VGPU_ECC_NOT_SUPPORTED', 'not possible for a vGPU while ECC is on'],
  23: ['INSUFFICIENT_RESOURCES', 'the driver has run out of a resource other than memory'],
  24: ['FREQ_NOT_SUPPORTED', 'the frequency is not supported'],
  25: ['ARGUMENT_VERSION_MISMATCH', 'the library does not know this version of the structure'],
  26: ['DEPRECATED', 'it has been withdrawn'],
  27: ['NOT_READY', 'the system is not ready yet'],
  28: ['GPU_NOT_FOUND', 'there is no GPU'],
  29: ['INVALID_STATE', 'not possible in the present state'],
  30: ['RESET_TYPE_NOT_SUPPORTED', 'this kind of reset is not supported'],
  999: ['UNKNOWN', 'the driver failed and does not say why'],
} as const

/** Codes that this package gives without NVML, or looks at. */
export const SUCCESS = 0
export const UNINITIALIZED = 1
export const INVALID_ARGUMENT = 2
export const NOT_FOUND = 6
export const INSUFFICIENT_SIZE = 7
export const LIBRARY_NOT_FOUND = 12
export const FUNCTION_NOT_FOUND = 13
export const ARGUMENT_VERSION_MISMATCH = 25
export const UNKNOWN = 999

/** Name of a code: NVML's own without its prefix `NVML_ERROR_`; `CODE_31` for one that is newer than this package. */
export type NvmlErrorName = (typeof CODES)[keyof typeof CODES][0] | `CODE_${number}`

/** The name of a code that NVML returned, for a device or for a single field: `GPU_IS_LOST` for 15. */
export function nvmlErrorName(code: number): NvmlErrorName {
  return entryOf(code)?.[0] ?? `CODE_${code}`
}

function entryOf(code: number): readonly [NvmlErrorName, string] | undefined {
  return Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES] : undefined
}

/** What an error says beyond its code. */
interface ErrorDetails {
  /** The device. */
  readonly of?: string | undefined
  /** In place of what the code means in general. */
  readonly why?: string
  readonly cause?: unknown
}

const BRAND = Symbol.for('ergometer.NvmlError')

/** What a call throws that NVML did not answer with success. One line: the call, of what, why. */
export class NvmlError extends Error {
  /** What NVML returned: 15. Stable over all versions. */
  readonly code: number
  /** The name of that code: `GPU_IS_LOST`. */
  override readonly name: NvmlErrorName
  /** The NVML function: `nvmlDeviceGetPowerUsage`. */
  readonly function: string

  constructor(code: number, call: string, details: ErrorDetails = {}) {
    const { of, why = entryOf(code)?.[1] ?? 'NVML gives a code that is newer than this package' } = details
    const name = nvmlErrorName(code)
    const subject = of === undefined ? call : `${call} of ${of}`
    const options = details.cause === undefined ? undefined : { cause: details.cause }
    super(`${subject}: ${why} (NVML_ERROR_${name}, ${code})`, options)
    this.code = code
    this.name = name
    this.function = call
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for an NvmlError of any copy of this package. */
  static isInstance(value: unknown): value is NvmlError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}

/** Throws what NVML's code stands for, if it is not success. `of`: the device. */
export function check(code: number, call: string, of?: string): void {
  if (code !== SUCCESS) throw new NvmlError(code, call, { of })
}

/** An index or a number of NVML, which C would silently make another one of. */
export function unsigned(value: number, call: string, of?: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value
  throw new NvmlError(INVALID_ARGUMENT, call, { of, why: `expected a whole number from 0, not ${value}` })
}
