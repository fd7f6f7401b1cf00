/** Power of memory in use, with its standard uncertainty. */
export interface MemoryPower {
  readonly watts: number
  /** One sigma, in watts. */
  readonly standardUncertaintyWatts: number
}

/**
 * Watts per gigabyte (1e9 bytes). Cloud Carbon Footprint's 0.392 is the mean of two makers' figures: Crucial's 3 W per
 * 8 GB and Micron's 0.4083 W/GB, DDR3 and DDR4.
 */
const MEMORY_WATTS_PER_GIGABYTE = 0.392

/**
 * Relative standard uncertainty of the default. BoaviztAPI takes 0.284 W/GB, large DDR5 modules stay near 0.15, and modules
 * in use but idle draw less than half of busy ones; DRAM's part in the total is small enough to leave it at that.
 */
const MEMORY_UNCERTAINTY = 0.5

/** Of watts per gigabyte that somebody gave: the figure is true for some traffic, not for all. */
const GIVEN_MEMORY_UNCERTAINTY = 0.25

/** Memory power by bytes in use. Pure. */
export function modelMemoryPower(memory: {
  readonly bytesInUse: number
  /** Watts per 1e9 bytes in use, where known better. */
  readonly wattsPerGigabyte?: number
}): MemoryPower {
  const { bytesInUse, wattsPerGigabyte = MEMORY_WATTS_PER_GIGABYTE } = memory
  if (!(bytesInUse >= 0)) throw new RangeError(`bytesInUse: expected 0 or more, got ${bytesInUse}`)
  const watts = (bytesInUse / 1e9) * wattsPerGigabyte
  return { watts, standardUncertaintyWatts: watts * memoryUncertainty(memory.wattsPerGigabyte) }
}

/** Relative standard uncertainty of memory power: of the default, or of given watts per gigabyte. */
export function memoryUncertainty(wattsPerGigabyte?: number): number {
  return wattsPerGigabyte === undefined ? MEMORY_UNCERTAINTY : GIVEN_MEMORY_UNCERTAINTY
}
