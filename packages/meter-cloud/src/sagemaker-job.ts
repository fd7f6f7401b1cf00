import type { DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker'
import { awsError } from './aws-error.ts'
import type { AwsOptions } from './aws-options.ts'
import { BEFORE_PARSING, boundedReply } from './bounded-reply.ts'
import { clientOptions, regionOf } from './cloudwatch.ts'
import type { HostedJob } from './hosted-job.ts'
import { peerPackage } from './peer-package.ts'

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html */
const STATES: Readonly<Record<string, HostedJob['state']>> = {
  Completed: 'completed',
  Failed: 'failed',
  Stopped: 'aborted',
  Stopping: 'running',
}
const LONGEST_REASON = 200
/** `arn:aws:sagemaker:eu-west-1:123456789012:training-job/NAME` */
const ARN = /^arn:aws[a-z-]*:sagemaker:([a-z0-9-]{1,64}):(\d{12}):/

/** Which job: its name, and where it is, as options of the meter name it. */
export type SageMakerQuestion = Pick<AwsOptions, 'region' | 'endpoint' | 'profile'> & {
  readonly trainingJob: string
}

/**
 * What SageMaker says of a training job: one request, which needs `sagemaker:DescribeTrainingJob`.
 * @throws MeterError `CLOUD_PEER_MISSING`, and see `awsError`
 */
export async function sageMakerJob(question: SageMakerQuestion, signal: AbortSignal): Promise<HostedJob> {
  const { SageMakerClient, DescribeTrainingJobCommand } = await peerPackage(
    '@aws-sdk/client-sagemaker',
    () => import('@aws-sdk/client-sagemaker'),
  )
  const client = new SageMakerClient(clientOptions({ provider: 'aws', ...question }))
  client.middlewareStack.add(boundedReply, BEFORE_PARSING)
  try {
    await regionOf(client)
    const command = new DescribeTrainingJobCommand({ TrainingJobName: question.trainingJob })
    return jobOf(question, await client.send(command, { abortSignal: signal }))
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw awsError(cause, 'sagemaker:DescribeTrainingJob')
  } finally {
    client.destroy()
  }
}

function jobOf(question: SageMakerQuestion, reply: DescribeTrainingJobCommandOutput): HostedJob {
  const { TrainingJobStatus = '', TrainingJobArn = '', FailureReason, BillableTimeInSeconds } = reply
  const [, region, account] = ARN.exec(TrainingJobArn) ?? []
  const known = STATES[TrainingJobStatus]
  const started = reply.TrainingStartTime
  const state = known ?? (started ? 'running' : 'waiting')
  const over = state !== 'running' && state !== 'waiting'
  const { InstanceType: type, InstanceCount: count } = reply.ResourceConfig ?? {}
  const begin = started ?? (over ? reply.CreationTime : undefined)
  const end = over ? (reply.TrainingEndTime ?? reply.LastModifiedTime) : undefined
  const where = region ?? question.region
  return {
    name: question.trainingJob,
    state,
    ...(begin ? { begin } : {}),
    ...(end ? { end } : {}),
    ...(FailureReason ? { reason: FailureReason.slice(0, LONGEST_REASON) } : {}),
    ...(where === undefined ? {} : { place: placeOf(where, account, type, count) }),
    tags: {
      ...(type ? { instanceType: type } : {}),
      ...(count === undefined ? {} : { instanceCount: String(count) }),
      ...(BillableTimeInSeconds === undefined ? {} : { billableSeconds: String(BillableTimeInSeconds) }),
    },
    meter: {
      provider: 'aws',
      ...question,
      clock: 'aws',
      ...(where === undefined ? {} : { region: where }),
      ...(type ? { instanceType: type } : {}),
      ...(type && count !== undefined ? { instanceCount: count } : {}),
    },
  }
}

/** Embodied emissions follow from the type of a place, and are those of one machine: of several it is not told. */
function placeOf(region: string, account: string | undefined, type: string | undefined, count = 1) {
  return {
    provider: 'aws',
    region,
    ...(account === undefined ? {} : { account }),
    ...(type && count === 1 ? { instanceType: type.replace(/^ml\./, '') } : {}),
  }
}
