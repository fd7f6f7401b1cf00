import { LAYOUTS, readBytes, readUint } from './struct-layout.ts'

/** Whether a GPU is divided into instances (Multi-Instance GPU). */
export interface MigMode {
  readonly enabled: boolean
  /** What it will be after the next reset of the GPU. */
  readonly pending: boolean
}

/** What a MIG instance has of its GPU. */
export interface MigAttributes {
  readonly multiprocessors: number
  /** Slices of the GPU instance. */
  readonly gpuSlices: number
  /** Slices of the compute instance: a compute instance may have a part of its GPU instance only. */
  readonly computeSlices: number
  readonly copyEngines: number
  readonly decoders: number
  readonly encoders: number
  readonly jpegEngines: number
  readonly opticalFlowEngines: number
  readonly memoryBytes: number
}

const BYTES_PER_MEBIBYTE = 1024 * 1024

/** Reads an `nvmlDeviceAttributes_t`. */
export function readMigAttributes(view: DataView): MigAttributes {
  const { members } = LAYOUTS.nvmlDeviceAttributes_t
  return {
    multiprocessors: readUint(view, members.multiprocessorCount),
    gpuSlices: readUint(view, members.gpuInstanceSliceCount),
    computeSlices: readUint(view, members.computeInstanceSliceCount),
    copyEngines: readUint(view, members.sharedCopyEngineCount),
    decoders: readUint(view, members.sharedDecoderCount),
    encoders: readUint(view, members.sharedEncoderCount),
    jpegEngines: readUint(view, members.sharedJpegCount),
    opticalFlowEngines: readUint(view, members.sharedOfaCount),
    // NVML says MB and means MiB.
    memoryBytes: readBytes(view, members.memorySizeMB) * BYTES_PER_MEBIBYTE,
  }
}
