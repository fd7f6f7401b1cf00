import { defineMeter } from '@ergometer/meter'
import { nvmlAvailability } from './nvml-availability.ts'
import { nvmlOptions } from './nvml-options.ts'
import { openGpus } from './open-gpus.ts'

/** The meter `nvml`: NVIDIA GPUs through the driver's own library. */
export default defineMeter(import.meta.url, {
  name: 'nvml',
  options: nvmlOptions,
  interval: 0.1,
  // A call of a sick GPU hangs beyond interruption.
  isolate: true,
  probe: ({ library }, context) => nvmlAvailability(library, context),
  open: (options, context) => openGpus(options, context),
})
