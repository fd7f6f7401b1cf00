import type { Metric } from '@aws-sdk/client-cloudwatch'
import { type MeterContext, MeterError } from '@ergometer/meter'
import { awsError } from './aws-error.ts'
import type { AwsOptions } from './aws-options.ts'
import { type AwsSignal, constantSignal, modelledSignal, type SignalDomain } from './aws-signal.ts'
import { BEFORE_PARSING, boundedReply } from './bounded-reply.ts'
import { type CloudWatch, clientOptions } from './cloudwatch.ts'
import type { InstanceModel } from './instance-model.ts'
import { peerPackage } from './peer-package.ts'

/** SageMaker tells once a minute: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const MINUTE = 60
const NAMESPACE = '/aws/sagemaker/TrainingJobs'
const MOST_MACHINES = 512
/** Pages of 500 that are looked through for the machines of a job that nobody has described. */
const MOST_PAGES = 20

/** A training job as it was described. */
interface TrainingJob {
  readonly instanceType: string
  /** Names of its machines: `algo-1`. */
  readonly machines: readonly string[]
}

/** What is needed to look at a training job. */
export interface TrainingJobQuestion {
  readonly options: AwsOptions & { readonly trainingJob: string }
  readonly cloudWatch: CloudWatch
  readonly context: MeterContext
  readonly modelOf: (instanceType: string) => InstanceModel
}

/**
 * What CloudWatch tells of a SageMaker training job, machine by machine: CPU utilisation as a sum over vCPUs, GPU utilisation
 * as a sum over GPUs, which a model turns into watts.
 */
export async function trainingJobSignals(question: TrainingJobQuestion): Promise<AwsSignal[]> {
  const { options, cloudWatch, context, modelOf } = question
  const region = await cloudWatch.region()
  const { instanceType, machines } = await describeJob(question)
  const model = modelOf(instanceType.replace(/^ml\./, ''))
  if (model.known !== 'type') {
    context.log(
      `'${instanceType}' is unknown: it is modelled by ${model.known === 'family' ? 'its family' : "the provider's average"}`,
      { severity: 'warning', code: 'instance-type-unknown' },
    )
  }
  const attributes = {
    'cloud.provider': 'aws',
    'cloud.region': region,
    'host.type': instanceType,
  }
  return machines.flatMap((machine) =>
    machineSignals(options.trainingJob, machine, model, attributes, options.period),
  )
}

function machineSignals(
  job: string,
  machine: string,
  { vCpus, cpu, memory, gpu }: InstanceModel,
  attributes: NonNullable<SignalDomain['attributes']>,
  period = MINUTE,
): AwsSignal[] {
  const metrics = (name: string): Metric[] => [
    { Namespace: NAMESPACE, MetricName: name, Dimensions: [{ Name: 'Host', Value: `${job}/${machine}` }] },
  ]
  const domain = (kind: 'cpu' | 'memory' | 'gpu', label: string): SignalDomain => ({
    id: `${job}/${machine}/${kind}`,
    kind,
    label: `${label} of ${job}/${machine} (model)`,
    attributes,
  })
  const load = metrics('CPUUtilization')
  return [
    ...(cpu && vCpus
      ? [modelledSignal(domain('cpu', `${vCpus} vCPUs`), load, period, { model: cpu, fullLoad: 100 * vCpus })]
      : []),
    ...(memory && memory.watts > 0
      ? [constantSignal(domain('memory', `${memory.gigabytes} GB`), load, period, memory)]
      : []),
    ...(gpu
      ? [
          modelledSignal(domain('gpu', `${gpu.count} ${gpu.label}`), metrics('GPUUtilization'), period, {
            model: gpu,
            count: gpu.count,
            fullLoad: 100 * Math.max(1, gpu.count),
          }),
        ]
      : []),
  ]
}

async function describeJob(question: TrainingJobQuestion): Promise<TrainingJob> {
  const { instanceType, instanceCount } = question.options
  if (instanceType === undefined) return askSageMaker(question)
  if (instanceCount !== undefined) return { instanceType, machines: machinesUpTo(instanceCount) }
  return { instanceType, machines: await listedMachines(question) }
}

function machinesUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `algo-${index + 1}`)
}

async function askSageMaker({ options, context }: TrainingJobQuestion): Promise<TrainingJob> {
  const { trainingJob, instanceCount } = options
  const { SageMakerClient, DescribeTrainingJobCommand } = await peerPackage(
    '@aws-sdk/client-sagemaker',
    () => import('@aws-sdk/client-sagemaker'),
  )
  const client = new SageMakerClient(clientOptions(options))
  client.middlewareStack.add(boundedReply, BEFORE_PARSING)
  try {
    const command = new DescribeTrainingJobCommand({ TrainingJobName: trainingJob })
    const reply = await client.send(command, { abortSignal: context.signal })
    const { InstanceType, InstanceCount, InstanceGroups = [] } = reply.ResourceConfig ?? {}
    const types = new Set(
      [InstanceType, ...InstanceGroups.map((group) => group.InstanceType)].filter(Boolean),
    )
    const groups = InstanceGroups.reduce((sum, group) => sum + (group.InstanceCount ?? 0), 0)
    const count = instanceCount ?? InstanceCount ?? groups
    const [type] = types
    if (type === undefined || types.size > 1 || !(count >= 1 && count <= MOST_MACHINES)) {
      throw new MeterError(
        `training job ${trainingJob} has ${types.size} types of machines and ${count} machines, expected one type and 1 to ${MOST_MACHINES}: say "instanceType" and "instanceCount"`,
        { outcome: 'fatal', code: 'CLOUD_REFUSED' },
      )
    }
    return { instanceType: type, machines: machinesUpTo(count) }
  } catch (cause) {
    if (context.signal.aborted) throw context.signal.reason
    throw awsError(cause, 'sagemaker:DescribeTrainingJob')
  } finally {
    client.destroy()
  }
}

/** The machines of which CloudWatch knows anything. */
async function listedMachines({ options, cloudWatch, context }: TrainingJobQuestion): Promise<string[]> {
  const wanted = { namespace: NAMESPACE, name: 'CPUUtilization', dimension: 'Host' }
  const metrics = await cloudWatch.list(wanted, context.signal, MOST_PAGES)
  const machines = metrics.flatMap(({ Dimensions = [] }) => {
    const [job, machine = ''] = Dimensions.find(({ Name }) => Name === 'Host')?.Value?.split('/') ?? []
    return job === options.trainingJob && /^algo-\d{1,4}$/.test(machine) ? [machine] : []
  })
  if (machines.length > 0) return [...new Set(machines)].sort(byNumber).slice(0, MOST_MACHINES)
  throw new MeterError(
    `CloudWatch knows no machine of training job ${options.trainingJob} yet: it is looked for again; or say "instanceCount"`,
    { outcome: 'retry', code: 'CLOUD_DATA_ABSENT' },
  )
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(5)) - Number(b.slice(5))
}
