import { LAYOUTS, readUint } from './struct-layout.ts'

/** How busy a GPU was over its last sample period, which is between a sixth of a second and one second. */
export interface Utilisation {
  /** Share of the time in which at least one kernel ran; not how much of the GPU it filled. */
  readonly gpuPercent: number
  /** Share of the time in which memory was read or written. */
  readonly memoryPercent: number
}

/** Reads an `nvmlUtilization_t`. */
export function readUtilisation(view: DataView): Utilisation {
  const { members } = LAYOUTS.nvmlUtilization_t
  return { gpuPercent: readUint(view, members.gpu), memoryPercent: readUint(view, members.memory) }
}
