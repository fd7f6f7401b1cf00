import type { StandardSchema } from '@ergometer/meter'
import * as z from 'zod/mini'

/** Options of the meter `nvml`. */
export interface NvmlMeterOptions {
  /** Absolute path of NVIDIA's library; by default `ERGOMETER_NVML_LIBRARY`, else what the driver installs. */
  readonly library?: string | undefined
  /**
   * GPUs to meter, by NVML's number, UUID, begin of a UUID, or MIG instance; by default those that
   * `CUDA_VISIBLE_DEVICES` and `NVIDIA_VISIBLE_DEVICES` leave.
   */
  readonly devices?: readonly (number | string)[] | undefined
  /** Tell which share of a GPU's energy belongs to which process. */
  readonly processes?: boolean | undefined
}

const DEVICE = 'expected a number, a UUID or the begin of one'

/** The schema of the options. */
export const nvmlOptions: StandardSchema<NvmlMeterOptions> = z.strictObject(
  {
    library: z.optional(z.string('expected a path')),
    devices: z.optional(
      z.array(
        z.union(
          [z.int(DEVICE).check(z.nonnegative(DEVICE)), z.string(DEVICE).check(z.minLength(1, DEVICE))],
          DEVICE,
        ),
        'expected an array of GPUs',
      ),
    ),
    processes: z.optional(z.boolean('expected true or false')),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown: ${issue.keys?.join(', ')}; expected library, devices or processes`
        : 'expected an object',
  },
)
