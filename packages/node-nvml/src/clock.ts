const CLOCKS = { graphics: 0, sm: 1, memory: 2, video: 3 } as const

/** A clock of a GPU: of graphics, streaming multiprocessors, memory, or video encoder and decoder. */
export type Clock = keyof typeof CLOCKS

/** NVML's number of a clock; of none, if there is no such clock. */
export function clockId(clock: Clock): number {
  return Object.hasOwn(CLOCKS, clock) ? CLOCKS[clock] : 0xffffffff
}
