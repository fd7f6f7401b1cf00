import { LAYOUTS, LITTLE_ENDIAN, readBytes } from './struct-layout.ts'

/** Memory of a device. */
export interface GpuMemory {
  readonly totalBytes: number
  readonly freeBytes: number
  /** With what the driver reserves for itself, where `reservedBytes` is absent. */
  readonly usedBytes: number
  /** What driver and firmware keep for themselves. Absent before driver 510. */
  readonly reservedBytes?: number
}

/** The word by which NVML knows a structure's version: its size, and the version in the highest byte. */
const VERSION_2 = LAYOUTS.nvmlMemory_v2_t.size | (2 << 24)

/** Prepares an `nvmlMemory_v2_t` for the call. */
export function prepareMemory(view: DataView): void {
  view.setUint32(LAYOUTS.nvmlMemory_v2_t.members.version, VERSION_2, LITTLE_ENDIAN)
}

/** Reads an `nvmlMemory_v2_t`. */
export function readMemory(view: DataView): GpuMemory {
  const { members } = LAYOUTS.nvmlMemory_v2_t
  return {
    totalBytes: readBytes(view, members.total),
    freeBytes: readBytes(view, members.free),
    usedBytes: readBytes(view, members.used),
    reservedBytes: readBytes(view, members.reserved),
  }
}

/** Reads an `nvmlMemory_t`, of older drivers. */
export function readFirstMemory(view: DataView): GpuMemory {
  const { members } = LAYOUTS.nvmlMemory_t
  return {
    totalBytes: readBytes(view, members.total),
    freeBytes: readBytes(view, members.free),
    usedBytes: readBytes(view, members.used),
  }
}
