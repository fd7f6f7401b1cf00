import type { MeterContext } from '@ergometer/meter'
import type { InstanceEstimate } from './instance-estimate.ts'
import type { Machine } from './machine.ts'
import { memoryUncertainty, modelMemoryPower } from './memory-power.ts'
import { type ModelledDomain, UPDATE_SECONDS } from './modelled-domain.ts'

/** What is known of the memory better than by default. */
export interface MemoryOverrides {
  /** Watts per 1e9 bytes in use. */
  readonly memoryWattsPerGigabyte?: number | undefined
  /** The instance whose CPU figures hold a part of the memory. */
  readonly instance?: InstanceEstimate | undefined
}

/** Memory power by bytes in use, from now on; between two reads it is taken to change evenly. */
export function openMemoryDomain(
  machine: Machine,
  { memoryWattsPerGigabyte: wattsPerGigabyte, instance }: MemoryOverrides,
  { clock }: Pick<MeterContext, 'clock'>,
): ModelledDomain {
  // Nothing counts twice: so much is in the watts of the CPU.
  const included = (instance?.includedGigabytes ?? 0) * 1e9 * machine.cpuShare
  const now = () => {
    const bytesInUse = Math.max(0, machine.memoryBytesInUse() - included)
    const memory = wattsPerGigabyte === undefined ? { bytesInUse } : { bytesInUse, wattsPerGigabyte }
    return { time: clock(), watts: modelMemoryPower(memory).watts }
  }

  // If memory cannot be read yet, its curve begins later; the CPU's need not wait for it.
  let from: ReturnType<typeof now> | undefined
  try {
    from = now()
  } catch {}

  return {
    domain: {
      id: 'memory',
      kind: 'memory',
      label: included > 0 ? 'memory beyond that of the CPU figures (model)' : 'memory (model)',
      method: 'modelled',
      reads: { quantity: 'interval-energy' },
      standardUncertainty: { relative: memoryUncertainty(wattsPerGigabyte), shared: 'meter' },
      updatePeriod: UPDATE_SECONDS,
      attributes: {
        basis:
          included > 0 ? `bytes in use beyond ${Number((included / 1e9).toPrecision(3))} GB` : 'bytes in use',
      },
    },
    read(record) {
      const to = now()
      if (from !== undefined && to.time > from.time) {
        const joules = ((from.watts + to.watts) / 2) * (to.time - from.time)
        record(joules, { from: from.time, time: to.time })
      }
      from = to
    },
  }
}
