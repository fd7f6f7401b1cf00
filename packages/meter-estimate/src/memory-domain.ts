import type { MeterContext } from '@ergometer/meter'
import type { Machine } from './machine.ts'
import { memoryUncertainty, modelMemoryPower } from './memory-power.ts'
import { type ModelledDomain, UPDATE_SECONDS } from './modelled-domain.ts'

/** Memory power by bytes in use, from now on; between two reads it is taken to change evenly. */
export function openMemoryDomain(
  machine: Machine,
  wattsPerGigabyte: number | undefined,
  { clock }: Pick<MeterContext, 'clock'>,
): ModelledDomain {
  const now = () => {
    const bytesInUse = machine.memoryBytesInUse()
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
      label: 'memory (model)',
      method: 'modelled',
      reads: { quantity: 'interval-energy' },
      standardUncertainty: { relative: memoryUncertainty(wattsPerGigabyte), shared: 'meter' },
      updatePeriod: UPDATE_SECONDS,
      attributes: { basis: 'bytes in use' },
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
