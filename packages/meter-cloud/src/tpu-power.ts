import type { PowerModel } from './power-model.ts'

/** What of a TPU is known. */
export interface TpuPower {
  /** Of one chip while it trains: a mean over trainings, which says nothing of how it varies with the load. */
  readonly chip: PowerModel
  /** Chips of one worker. */
  readonly chipsPerWorker: number
}

/** Measured mean watts of one chip, with its share of the host's: https://arxiv.org/abs/2104.10350. */
const CHIP_WATTS: Readonly<Record<string, number>> = { v2: 221, v3: 283 }
/** Both generations have two cores on a chip, and four chips at a host: https://docs.cloud.google.com/tpu/docs/v3. */
const CORES_PER_CHIP = 2
const CHIPS_PER_WORKER = 4
/** Ours: the trainings of that paper on TPUv3 lie between 245 and 310 W. */
const RELATIVE_UNCERTAINTY = 0.1

/** The power of a type such as `v3-8`, where somebody has published a figure; undefined for all other generations. */
export function tpuPower(acceleratorType: string): TpuPower | undefined {
  const [generation = '', cores = ''] = acceleratorType.split('-')
  const watts = CHIP_WATTS[generation]
  if (watts === undefined || !Object.hasOwn(CHIP_WATTS, generation) || !(Number(cores) >= CORES_PER_CHIP))
    return undefined
  return {
    chip: {
      idleWatts: watts,
      peakWatts: watts,
      relativeUncertainty: RELATIVE_UNCERTAINTY,
      source: 'Patterson et al. 2021, arXiv:2104.10350',
    },
    chipsPerWorker: Math.min(CHIPS_PER_WORKER, Number(cores) / CORES_PER_CHIP),
  }
}
