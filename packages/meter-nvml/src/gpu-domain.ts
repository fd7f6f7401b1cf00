import type { Domain } from '@ergometer/meter'
import type { Gpu } from './gpu.ts'
import { averagedOver, type Rung } from './rung.ts'
import type { SmiGpu } from './smi-power.ts'
import type { Superchip } from './superchip.ts'

/** An error that is only known to lie within +/- a limit has this share of it as its standard uncertainty (GUM, 4.3.7). */
const RECTANGULAR = 1 / Math.sqrt(3)
/**
 * +/- 5 %: a board's own error (arXiv 2312.02741, over 70 boards; NVML's reference manual, nvmlDeviceGetPowerUsage, says the
 * same of older ones).
 */
const BOARD = 0.05 * RECTANGULAR
/** +/- 5 %: what a sensor misses that looks at 25 ms of each 100 (the same paper). */
const PART_TIME = 0.05 * RECTANGULAR
/** Seconds between two changes of counter or power, at most: 0.01 to 0.1 by model. */
const UPDATE_PERIOD = 0.1
/** Seconds between two lines of `nvidia-smi`, with what it is late. */
const SMI_PERIOD = 1
/** Nothing of the kind draws as much, in watts; wide, so that a counter that moves seldom is not taken for a reset. */
const GPU_WATTS = 10_000
const MODULE_WATTS = 20_000
const JOULES_PER_MILLIJOULE = 1e-3

type Attributes = NonNullable<Domain['attributes']>

/** The domain of a GPU. `within`: the id of the superchip's domain that contains it. */
export function gpuDomain(gpu: Gpu, rung: Rung, more: Attributes, within?: string): Domain {
  const divided = gpu.divided ? ' (MIG)' : ''
  return {
    id: gpu.uuid,
    kind: 'gpu',
    label: `${gpu.name}, GPU ${gpu.index}${divided}`,
    ...sensed(rung, gpu),
    maxWatts: GPU_WATTS,
    identity: `gpu:${gpu.uuid}`,
    ...(within === undefined ? {} : { within }),
    attributes: { ...more, ...attributesOf(gpu, rung) },
  }
}

/** Id of a superchip's domain. */
export function moduleId({ socket, gpus }: Superchip): string {
  return `module-${socket ?? gpus[0]?.uuid}`
}

/** The domain of a whole superchip, read from one of its GPUs. Its identity is that of Linux's own sensor of it. */
export function moduleDomain(superchip: Superchip, gpu: Gpu, rung: Rung, more: Attributes): Domain {
  const { socket } = superchip
  return {
    id: moduleId(superchip),
    kind: 'module',
    label: `${gpu.name}, superchip${socket === undefined ? '' : ` ${socket}`}`,
    ...sensed(rung, gpu),
    maxWatts: MODULE_WATTS,
    ...(socket === undefined ? {} : { identity: `module:${socket}` }),
    attributes: { ...more, ...attributesOf(gpu, rung) },
  }
}

/** The domain of a GPU that only `nvidia-smi` tells of. */
export function smiDomain({ uuid, name }: SmiGpu): Domain {
  return {
    id: uuid,
    kind: 'gpu',
    label: name,
    method: 'measured',
    reads: { quantity: 'power' },
    maxWatts: GPU_WATTS,
    updatePeriod: SMI_PERIOD,
    standardUncertainty: { relative: BOARD, shared: 'domain' },
    identity: `gpu:${uuid}`,
    attributes: { 'nvml.rung': 'nvidia-smi' },
  }
}

function sensed(
  rung: Rung,
  gpu: Gpu,
): Pick<Domain, 'method' | 'reads' | 'updatePeriod' | 'standardUncertainty'> {
  const averaged = averagedOver(rung, gpu)
  const relative = gpu.looksPartTime ? Math.hypot(BOARD, PART_TIME) : BOARD
  return {
    method: 'measured',
    reads:
      rung.quantity === 'energy'
        ? { quantity: 'energy', joulesPerCount: JOULES_PER_MILLIJOULE }
        : { quantity: 'power', ...(averaged === undefined ? {} : { averagedOver: averaged }) },
    updatePeriod: UPDATE_PERIOD,
    standardUncertainty: { relative, shared: 'domain' },
  }
}

function attributesOf({ name, busId, divided, looksPartTime }: Gpu, rung: Rung): Attributes {
  return {
    'hw.name': name,
    'nvml.rung': rung.name,
    ...(busId === undefined ? {} : { 'nvml.pci': busId }),
    ...(looksPartTime ? { 'nvml.sensor.duty': 0.25 } : {}),
    ...(divided ? { 'nvml.mig': true } : {}),
  }
}
