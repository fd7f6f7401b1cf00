/** Watts per gigabyte of memory: Cloud Carbon Footprint's 0.000392 kWh/GB-h, the mean of two makers' figures (data/LICENSE.md). */
export const MEMORY_WATTS_PER_GIGABYTE = 0.392

/** Watts per terabyte of storage: Cloud Carbon Footprint's 1.2 and 0.65 Wh/TB-h (data/LICENSE.md). */
const STORAGE_WATTS_PER_TERABYTE = { ssd: 1.2, hdd: 0.65 }

/** Relative standard uncertainty of storage: the figures are from 2020, and take no account of the load. */
const STORAGE_UNCERTAINTY = 0.5

/** Watts of storage, and their relative standard uncertainty; copies that the provider keeps are not in it. */
export function storagePower(
  kind: 'ssd' | 'hdd',
  terabytes: number,
): { readonly watts: number; readonly relativeUncertainty: number } {
  return { watts: STORAGE_WATTS_PER_TERABYTE[kind] * terabytes, relativeUncertainty: STORAGE_UNCERTAINTY }
}
