import { MeterError } from '@ergometer/meter'
import { NvmlError } from '@ergometer/node-nvml'
import { FIXES } from './safe-fixes.ts'

const UNINITIALIZED = 1
const DRIVER_NOT_LOADED = 9
export const LIBRARY_NOT_FOUND = 12
const GPU_IS_LOST = 15
const RESET_REQUIRED = 16
const VERSION_MISMATCH = 18
const GPU_NOT_FOUND = 28
const UNKNOWN = 999

/** After these the driver may have been loaded anew, or the GPU reset: its counter may have begun at zero. */
const RESTARTED: ReadonlySet<number | undefined> = new Set([
  UNINITIALIZED,
  DRIVER_NOT_LOADED,
  GPU_IS_LOST,
  RESET_REQUIRED,
  VERSION_MISMATCH,
  UNKNOWN,
])

/** There is nothing to meter here, and nothing is wrong. */
const ABSENT: ReadonlySet<number | undefined> = new Set([DRIVER_NOT_LOADED, LIBRARY_NOT_FOUND, GPU_NOT_FOUND])

/** NVML's code, if it is NVML that failed. */
export function codeOf(error: unknown): number | undefined {
  return NvmlError.isInstance(error) ? error.code : undefined
}

/** True if what is read after this may not be joined with what was read before, and handles are void. */
export function mayHaveRestarted(error: unknown): boolean {
  return RESTARTED.has(codeOf(error))
}

/** True if there is no library, no driver or no GPU. */
function isAbsent(error: unknown): boolean {
  return ABSENT.has(codeOf(error))
}

/** Why NVML cannot be opened, with what would mend it. */
export function openError(cause: unknown): MeterError {
  const fixes = FIXES[codeOf(cause) ?? 0] ?? []
  const { message } = cause as Error
  if (isAbsent(cause)) return unavailable(message, fixes, cause)
  return new MeterError(message, { outcome: 'retry', code: 'NVML_NOT_OPENED', fixes, cause })
}

/** There is nothing to meter here. */
export function unavailable(message: string, fixes: readonly string[] = [], cause?: unknown): MeterError {
  return new MeterError(message, { outcome: 'fatal', code: 'METER_UNAVAILABLE', fixes, cause })
}

/** What an error says, and the first step to mend it, in one line. */
export function adviceOf(error: unknown): string {
  const [fix] = FIXES[codeOf(error) ?? 0] ?? []
  const { message } = error as Error
  return fix === undefined ? message : `${message}; try: ${fix.replace(/ {2,}#.*$/, '')}`
}

/** What a call gives, or undefined if NVML refuses it. */
export function ifOffered<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
