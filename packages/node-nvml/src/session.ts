import { CLOSED_CALLS } from './bind-calls.ts'
import type { Calls } from './call-table.ts'
import { PROCESS_ROOM } from './gpu-process.ts'
import { StructArray } from './struct-array.ts'
import { LAYOUTS } from './struct-layout.ts'

/** Longer than any text of NVML. */
const TEXT_LENGTH = 96
/** Longer than any single structure. */
const STRUCT_LENGTH = 128
/** Enough for nearly everybody at the first call. */
const FIELDS = 16
const PROCESSES = 64
const SAMPLES = 128

/**
 * What lies between an init and the last shutdown: NVML's functions, and memory that all calls share. Calls are
 * synchronous, and what one wrote is taken out before the next.
 */
export class Session {
  /** All calls of devices go through here. */
  calls: Calls
  readonly uint: Uint32Array = new Uint32Array(1)
  readonly secondUint: Uint32Array = new Uint32Array(1)
  readonly ulonglong: BigUint64Array = new BigUint64Array(1)
  readonly handle: BigUint64Array = new BigUint64Array(1)
  readonly text: Buffer = Buffer.alloc(TEXT_LENGTH)
  readonly fields: StructArray = new StructArray(LAYOUTS.nvmlFieldValue_t.size, FIELDS)
  readonly processes: StructArray = new StructArray(PROCESS_ROOM, PROCESSES)
  readonly samples: StructArray = new StructArray(LAYOUTS.nvmlProcessUtilizationSample_t.size, SAMPLES)
  readonly #struct = new BigUint64Array(STRUCT_LENGTH / 8)
  readonly #structView = new DataView(this.#struct.buffer)

  constructor(calls: Calls) {
    this.calls = calls
  }

  /** Room for one structure, all zeros. */
  struct(): DataView {
    this.#struct.fill(0n)
    return this.#structView
  }

  /** NVML's pointers are void from now on: whatever is called answers with code 1. */
  end(): void {
    this.calls = CLOSED_CALLS
  }
}
