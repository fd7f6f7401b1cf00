/**
 * Bytes of NVML's structures, as its header lays them out for 64 bits: the size of each, and where its members begin.
 * Tests compare them with what a C compiler makes of the same declarations.
 */
export const LAYOUTS = {
  nvmlPciInfo_t: {
    size: 68,
    members: { domain: 16, bus: 20, device: 24, pciDeviceId: 28, pciSubSystemId: 32, busId: 36 },
  },
  nvmlUtilization_t: { size: 8, members: { gpu: 0, memory: 4 } },
  nvmlMemory_t: { size: 24, members: { total: 0, free: 8, used: 16 } },
  nvmlMemory_v2_t: { size: 40, members: { version: 0, total: 8, reserved: 16, free: 24, used: 32 } },
  nvmlFieldValue_t: {
    size: 40,
    members: {
      fieldId: 0,
      scopeId: 4,
      timestamp: 8,
      latencyUsec: 16,
      valueType: 24,
      nvmlReturn: 28,
      value: 32,
    },
  },
  nvmlProcessInfo_v1_t: { size: 16, members: { pid: 0, usedGpuMemory: 8 } },
  nvmlProcessInfo_t: {
    size: 24,
    members: { pid: 0, usedGpuMemory: 8, gpuInstanceId: 16, computeInstanceId: 20 },
  },
  nvmlProcessUtilizationSample_t: {
    size: 32,
    members: { pid: 0, timeStamp: 8, smUtil: 16, memUtil: 20, encUtil: 24, decUtil: 28 },
  },
  nvmlDeviceAttributes_t: {
    size: 40,
    members: {
      multiprocessorCount: 0,
      sharedCopyEngineCount: 4,
      sharedDecoderCount: 8,
      sharedEncoderCount: 12,
      sharedJpegCount: 16,
      sharedOfaCount: 20,
      gpuInstanceSliceCount: 24,
      computeInstanceSliceCount: 28,
      memorySizeMB: 32,
    },
  },
} as const satisfies Record<string, { size: number; members: Record<string, number> }>

/** All platforms of NVIDIA are little-endian. */
export const LITTLE_ENDIAN = true

/** An unsigned 64-bit integer as a number: bytes of a GPU's memory are far below 2 to the 53rd. */
export function readBytes(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, LITTLE_ENDIAN))
}

/** An unsigned 32-bit integer. */
export function readUint(view: DataView, at: number): number {
  return view.getUint32(at, LITTLE_ENDIAN)
}
