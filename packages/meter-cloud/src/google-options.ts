import type { StandardSchema } from '@ergometer/meter'
import * as z from 'zod/mini'
import { matching, strictOptions, thisHostOption } from './option-schema.ts'
import { endpointOption } from './service-address.ts'

/** Options of the meter `cloud` for Google Cloud: one instance, one Vertex AI job, or one TPU. */
export interface GoogleOptions {
  readonly provider: 'gcp'
  /** The project whose monitoring is read: its id. */
  readonly project: string
  /** The number of a Compute Engine instance. */
  readonly instanceId?: string | undefined
  /** The number of a Vertex AI custom job: the end of `…/customJobs/4512620604880322560`. */
  readonly job?: string | undefined
  /** The name of a Cloud TPU. */
  readonly tpu?: string | undefined
  /** `a2-highgpu-1g`: the machine type, by which power is modelled. */
  readonly instanceType?: string | undefined
  /** Of a TPU: `v3-8`. */
  readonly acceleratorType?: string | undefined
  readonly region?: string | undefined
  readonly zone?: string | undefined
  /** The instance is the machine that runs this; by default it is another one. */
  readonly thisHost?: boolean | undefined
  /** Another base address of Cloud Monitoring. */
  readonly endpoint?: string | undefined
}

/** What goes into a filter, or an address, is of letters that need no escape. */
const shape = {
  provider: z.literal('gcp'),
  project: matching(/^[a-z][a-z0-9.:-]{0,99}$/, 'the id of a project: my-project'),
  instanceId: z.optional(matching(/^\d{1,20}$/, 'the number of an instance, not its name')),
  job: z.optional(matching(/^[A-Za-z0-9_-]{1,128}$/, 'the number of a custom job')),
  tpu: z.optional(matching(/^[A-Za-z0-9_-]{1,128}$/, 'the name of a TPU')),
  instanceType: z.optional(matching(/^[a-z0-9-]{1,64}$/, 'a machine type: a2-highgpu-1g')),
  acceleratorType: z.optional(matching(/^v\d{1,2}[a-z]{0,8}-\d{1,6}$/, 'a type of TPU: v3-8')),
  region: z.optional(matching(/^[a-z0-9-]{1,64}$/, 'a region: us-central1')),
  zone: z.optional(matching(/^[a-z0-9-]{1,64}$/, 'a zone: us-central1-a')),
  thisHost: thisHostOption,
  endpoint: endpointOption,
}

/** The schema of the options. */
export const googleOptions: StandardSchema<GoogleOptions> = strictOptions(shape).check(
  z.refine<GoogleOptions>(
    ({ instanceId, job, tpu }) => [instanceId, job, tpu].filter((one) => one !== undefined).length === 1,
    { error: 'expected "instanceId", "job" or "tpu", one of the three' },
  ),
  z.refine<GoogleOptions>(
    ({ tpu, acceleratorType }) => (tpu === undefined) === (acceleratorType === undefined),
    {
      error: '"acceleratorType" is the type of a "tpu", and each TPU has one',
    },
  ),
)
