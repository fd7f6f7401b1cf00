import { LAYOUTS, LITTLE_ENDIAN, readUint } from './struct-layout.ts'

/** A process that computes on a device. */
export interface GpuProcess {
  /** By the host's count: in a container it may not be the process's own. */
  readonly pid: number
  /** Memory of the device that it uses. Absent where the driver cannot say (Windows). */
  readonly usedBytes?: number
  /** The MIG instance that it runs on; absent without MIG. */
  readonly gpuInstanceId?: number
  readonly computeInstanceId?: number
}

/**
 * Bytes from one process to the next: those of the first version; those that the header has; those that drivers 535.43
 * to 535.86 wrote all the same (https://github.com/XuehaiPan/nvitop/pull/79).
 */
const STRIDES = [LAYOUTS.nvmlProcessInfo_v1_t.size, LAYOUTS.nvmlProcessInfo_t.size, 32]

/** Room to give for each process, so that no driver writes past the end. */
export const PROCESS_ROOM = Math.max(...STRIDES)

const UNTOUCHED = 0xa5
/** What NVML writes where it has nothing to say, and what was here before. */
const NO_INSTANCE: readonly number[] = [0xffffffff, 0xa5a5a5a5]
const NO_BYTES: readonly bigint[] = [0xffffffffffffffffn, 0xa5a5a5a5a5a5a5a5n]

/** Prepares the memory, so that afterwards can be seen how much of it was written. */
export function prepareProcesses(view: DataView): void {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(UNTOUCHED)
}

/** Reads the processes that a driver wrote, whichever of the known structures it used. */
export function readProcesses(view: DataView, count: number): GpuProcess[] {
  const stride = strideOf(view, count)
  return Array.from({ length: count }, (_, index) => readProcess(view, index * stride, stride))
}

function readProcess(view: DataView, at: number, stride: number): GpuProcess {
  const { size, members } = LAYOUTS.nvmlProcessInfo_t
  const bytes = view.getBigUint64(at + members.usedGpuMemory, LITTLE_ENDIAN)
  const gpuInstanceId = readUint(view, at + members.gpuInstanceId)
  const computeInstanceId = readUint(view, at + members.computeInstanceId)
  return {
    pid: readUint(view, at + members.pid),
    ...(NO_BYTES.includes(bytes) ? {} : { usedBytes: Number(bytes) }),
    ...(stride < size || NO_INSTANCE.includes(gpuInstanceId) ? {} : { gpuInstanceId }),
    ...(stride < size || NO_INSTANCE.includes(computeInstanceId) ? {} : { computeInstanceId }),
  }
}

/** The smallest stride behind whose last process nothing was written. */
function strideOf(view: DataView, count: number): number {
  const written = new Uint8Array(view.buffer, view.byteOffset, count * PROCESS_ROOM)
  const end = written.findLastIndex((byte) => byte !== UNTOUCHED) + 1
  return STRIDES.find((stride) => end <= count * stride) ?? PROCESS_ROOM
}
