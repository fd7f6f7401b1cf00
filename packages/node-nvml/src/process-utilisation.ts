import { LAYOUTS, LITTLE_ENDIAN, readUint } from './struct-layout.ts'

/** How much of a device one process used in one sample period of the driver. */
export interface ProcessUtilisation {
  /** By the host's count: in a container it may not be the process's own. */
  readonly pid: number
  /** End of the period, in microseconds since 1970. The largest of them is what to pass next time. */
  readonly timeMicroseconds: bigint
  /** Streaming multiprocessors. */
  readonly smPercent: number
  readonly memoryPercent: number
  readonly encoderPercent: number
  readonly decoderPercent: number
}

const { size, members } = LAYOUTS.nvmlProcessUtilizationSample_t

/** Reads an array of `nvmlProcessUtilizationSample_t`. */
export function readProcessUtilisation(view: DataView, count: number): ProcessUtilisation[] {
  return Array.from({ length: count }, (_, index) => {
    const at = index * size
    return {
      pid: readUint(view, at + members.pid),
      timeMicroseconds: view.getBigUint64(at + members.timeStamp, LITTLE_ENDIAN),
      smPercent: readUint(view, at + members.smUtil),
      memoryPercent: readUint(view, at + members.memUtil),
      encoderPercent: readUint(view, at + members.encUtil),
      decoderPercent: readUint(view, at + members.decUtil),
    }
  })
}
