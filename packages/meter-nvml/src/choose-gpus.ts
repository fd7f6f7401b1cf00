import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MeterContext } from '@ergometer/meter'
import { unavailable } from './nvml-trouble.ts'
import { type SelectableGpu, type Selection, selectGpus } from './visible-devices.ts'

/** The toolkit mounts the library into a container. */
const LET_IN = /\blibnvidia-ml\.so/

/**
 * The GPUs that are meant; what was said that makes no sense goes to health. `gpus`: by NVML's numbers. Throws a
 * MeterError if none is meant.
 */
export function chooseGpus<Gpu extends SelectableGpu>(
  gpus: readonly (Gpu | undefined)[],
  { devices }: { readonly devices?: readonly (number | string)[] | undefined },
  { env, procRoot, log }: MeterContext,
): Selection<Gpu> {
  const selection = selectGpus(gpus, { devices, env, contained: isContained(procRoot) })
  const { notes, orderUnsure } = selection
  const none = selection.gpus.length === 0
  const message = [...notes, ...(none ? ['no GPU is metered'] : [])].join('; ')
  if (message !== '') log(message, { severity: 'warning', code: 'gpus-not-found' })
  if (none) throw unavailable(message)
  if (orderUnsure) {
    const unsure =
      "CUDA_VISIBLE_DEVICES gives numbers, and these GPUs differ: CUDA may count the fastest first, which is not NVML's order; name UUIDs, or set CUDA_DEVICE_ORDER=PCI_BUS_ID"
    log(unsure, { severity: 'warning', code: 'gpu-order-unsure' })
  }
  return selection
}

/** True in a container whose GPUs NVIDIA's toolkit has chosen. */
function isContained(procRoot: string): boolean {
  try {
    return LET_IN.test(readFileSync(join(procRoot, 'self/mountinfo'), 'utf8'))
  } catch {
    return false
  }
}
