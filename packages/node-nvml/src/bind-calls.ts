import { type ArgumentKind, CALLS, type Calls } from './call-table.ts'
import type { NativeLibrary } from './native-library.ts'
import { FUNCTION_NOT_FOUND, UNINITIALIZED } from './nvml-error.ts'

type AnyCall = (...args: never[]) => number

/** The functions of a library, each bound when it is called first: one that is missing fails alone, with code 13. */
export function bindCalls(library: NativeLibrary): Calls {
  const calls: Record<string, AnyCall> = {}
  for (const [name, kinds] of Object.entries<readonly ArgumentKind[]>(CALLS)) {
    calls[name] = (...args) => {
      const bound = library.bind(name, kinds) ?? missing
      calls[name] = bound
      return bound(...args)
    }
  }
  return calls as unknown as Calls
}

function missing(): number {
  return FUNCTION_NOT_FOUND
}

/** What devices call after the last shutdown: NVML's pointers are void then, and must never reach it again. */
export const CLOSED_CALLS: Calls = Object.fromEntries(
  Object.keys(CALLS).map((name) => [name, () => UNINITIALIZED]),
) as unknown as Calls
