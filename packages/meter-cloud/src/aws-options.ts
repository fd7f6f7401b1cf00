import type { StandardSchema } from '@ergometer/meter'
import * as z from 'zod/mini'
import { matching, strictOptions, thisHostOption } from './option-schema.ts'

/** Options for a machine or a job of AWS. Credentials are none of them: AWS's own chain finds those. */
export interface AwsOptions {
  readonly provider: 'aws'
  /** `eu-west-1`; absent: what AWS's own settings say (`AWS_REGION`, the profile). */
  readonly region?: string | undefined
  /** Of an EC2 machine: `i-0123…`. Either this or `trainingJob`. */
  readonly instanceId?: string | undefined
  /** `p4d.24xlarge`, which decides on the power model; absent: what the CloudWatch agent or SageMaker says. */
  readonly instanceType?: string | undefined
  /** Name of a SageMaker training job. */
  readonly trainingJob?: string | undefined
  /** Machines of the training job; absent: what SageMaker says. */
  readonly instanceCount?: number | undefined
  /** The agent's dimension `host`, where its metrics do not bear the InstanceId. */
  readonly host?: string | undefined
  /** Namespace of the agent's metrics; absent: `CWAgent`. */
  readonly namespace?: string | undefined
  /** Address of another server that speaks as CloudWatch and SageMaker do. */
  readonly endpoint?: string | undefined
  /** Of AWS's own configuration files. */
  readonly profile?: string | undefined
  /** Seconds of a bucket, a multiple of 60; absent: 60, and for the CPU of a machine what its monitoring tells. */
  readonly period?: number | undefined
  /** By whose clock the run's times are; absent: this machine's, and figures are moved where that is out of order. */
  readonly clock?: 'aws' | undefined
  /** Whether it is the machine that runs this; absent: true if it says so itself (DMI of Nitro machines). */
  readonly thisHost?: boolean | undefined
}

const text = z.optional(z.string('expected a text').check(z.minLength(1, 'expected a text')))

const DAY = 86_400
const shape = {
  provider: z.literal('aws'),
  region: z.optional(matching(/^[a-z0-9-]{1,64}$/, 'a region (eu-west-1)')),
  instanceId: z.optional(matching(/^i-[0-9a-f]{8,32}$/, 'an instance id (i-0123456789abcdef0)')),
  instanceType: z.optional(
    matching(/^[a-z0-9-]{1,32}(\.[a-z0-9-]{1,32}){1,2}$/, 'an instance type (p4d.24xlarge)'),
  ),
  trainingJob: z.optional(matching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,62})$/, 'the name of a training job')),
  instanceCount: z.optional(
    z
      .int('expected a whole number')
      .check(z.minimum(1, 'expected 1 to 512'), z.maximum(512, 'expected 1 to 512')),
  ),
  host: text,
  namespace: text,
  endpoint: z.optional(
    z
      .string('expected http[s]://HOST')
      .check(z.refine(isAddress, 'expected http[s]://HOST[:PORT][/PATH] without user or password')),
  ),
  profile: text,
  period: z.optional(
    z
      .int('expected seconds')
      .check(
        z.minimum(60, 'expected seconds from 60 on'),
        z.maximum(DAY, `expected seconds up to ${DAY}`),
        z.multipleOf(60, 'expected a multiple of 60 seconds'),
      ),
  ),
  clock: z.optional(z.literal('aws', "expected 'aws'")),
  thisHost: thisHostOption,
}

/** Checks options for AWS; its messages never repeat a value. */
export const awsOptions: StandardSchema<AwsOptions> = strictOptions(
  shape,
  "; credentials come from AWS's own chain",
).check(
  z.refine(({ instanceId, trainingJob }) => (instanceId === undefined) !== (trainingJob === undefined), {
    path: ['instanceId'],
    message: 'expected either instanceId or trainingJob',
  }),
)

function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password, search, hash } = new URL(value)
  return (protocol === 'https:' || protocol === 'http:') && `${username}${password}${search}${hash}` === ''
}
