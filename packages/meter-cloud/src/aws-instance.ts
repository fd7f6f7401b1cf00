import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metric } from '@aws-sdk/client-cloudwatch'
import type { MeterContext } from '@ergometer/meter'
import type { AwsOptions } from './aws-options.ts'
import {
  type AwsSignal,
  constantSignal,
  measuredSignal,
  modelledSignal,
  type SignalDomain,
} from './aws-signal.ts'
import type { CloudWatch } from './cloudwatch.ts'
import type { InstanceModel } from './instance-model.ts'

/** Seconds between two figures of the agent, and of a machine under detailed monitoring. */
const MINUTE = 60
/** Seconds between two figures of a machine under basic monitoring. */
const BASIC = 300
const HOUR = 3600
const POWER = 'nvidia_smi_power_draw'
const LOAD = 'nvidia_smi_utilization_gpu'

/** What is needed to look at a machine. */
export interface InstanceQuestion {
  readonly options: AwsOptions & { readonly instanceId: string }
  readonly cloudWatch: CloudWatch
  readonly context: MeterContext
  readonly modelOf: (instanceType: string | undefined) => InstanceModel
  /** Seconds since 1970, by AWS's clock: the end of the time that is of interest. */
  readonly until: number
}

/** What CloudWatch tells of an EC2 machine: its GPUs by the agent, its CPU and memory by the hypervisor's view and a model. */
export async function instanceSignals(question: InstanceQuestion): Promise<AwsSignal[]> {
  const { options, cloudWatch, context, modelOf } = question
  const region = await cloudWatch.region()
  const [power, load] = await Promise.all([POWER, LOAD].map((name) => agentMetrics(name, question)))
  const metrics = [...(power ?? []), ...(load ?? [])]
  const gpus = byGpu(metrics)
  const type =
    options.instanceType ?? metrics.map((metric) => dimensionOf(metric, 'InstanceType')).find(Boolean)
  const model = modelOf(type)
  const machine = describe(options, type, region, context)
  const signals = [...gpus].flatMap(([index, metrics]) =>
    gpuSignal(index, metrics, machine, model, options.period),
  )
  if (gpus.size === 0 && model.gpu) {
    context.log(
      `${options.instanceId} has GPUs, but the CloudWatch agent tells nothing of them: add nvidia_gpu and append_dimensions InstanceId to its configuration, or name its "host"; a new metric is listed after 15 minutes`,
      { severity: 'warning', code: 'cloud-gpus-silent' },
    )
  }
  if (model.known !== 'type') sayModel(type, model, context)
  return [...signals, ...(await cpuSignals(question, machine, model))]
}

function gpuSignal(
  index: string,
  metrics: readonly Metric[],
  machine: Machine,
  model: InstanceModel,
  period = MINUTE,
): AwsSignal[] {
  const named = (name: string) => bestLast(metrics.filter(({ MetricName }) => MetricName === name))
  const [power, load] = [named(POWER), named(LOAD)]
  const name = dimensionOf(metrics.at(-1), 'name') ?? model.gpu?.label ?? 'GPU'
  const domain = withUuid(partOf(machine, `gpu-${index}`, 'gpu', `${name} ${index}`), metrics)
  if (power.length > 0) return [measuredSignal(domain, power, period)]
  if (!model.gpu) return []
  const modelled = { ...domain, label: `${domain.label} (model)` }
  // Some machines have a part of a GPU.
  return [
    modelledSignal(modelled, load, period, {
      model: model.gpu,
      count: Math.min(1, model.gpu.count),
      fullLoad: 100,
    }),
  ]
}

const UUID = /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Where an agent tells a GPU's UUID, it is that GPU to all meters. */
function withUuid(domain: SignalDomain, metrics: readonly Metric[]): SignalDomain {
  const uuid = metrics.map((metric) => dimensionOf(metric, 'uuid')).find((one) => one && UUID.test(one))
  return uuid === undefined ? domain : { ...domain, identity: `gpu:${uuid}` }
}

async function cpuSignals(
  question: InstanceQuestion,
  machine: Machine,
  { cpu, memory }: InstanceModel,
): Promise<AwsSignal[]> {
  if (!cpu) return []
  const metric: Metric = {
    Namespace: 'AWS/EC2',
    MetricName: 'CPUUtilization',
    Dimensions: [{ Name: 'InstanceId', Value: question.options.instanceId }],
  }
  const period = question.options.period ?? (await cpuPeriod(metric, question))
  const domain = (kind: 'cpu' | 'memory', label: string) => {
    const part = partOf(machine, kind, kind, label)
    return { ...part, label: `${part.label} (model)` }
  }
  return [
    modelledSignal(domain('cpu', 'vCPUs'), [metric], period, { model: cpu, fullLoad: 100 }),
    // A machine that tells of its CPU is on, and so is its memory.
    ...(memory && memory.watts > 0
      ? [constantSignal(domain('memory', `${memory.gigabytes} GB`), [metric], period, memory)]
      : []),
  ]
}

/** Under detailed monitoring two figures lie a minute apart; a machine that shows none such is taken at five, which is true of both. */
async function cpuPeriod(metric: Metric, { cloudWatch, context, until }: InstanceQuestion): Promise<number> {
  const to = Math.ceil(until / BASIC) * BASIC
  const [buckets = []] = await cloudWatch.means(
    [{ metric, period: MINUTE }],
    { from: to - HOUR, to },
    context.signal,
  )
  const begins = buckets.map(({ from }) => from).sort((a, b) => a - b)
  return begins.some((begin, index) => begin - (begins[index - 1] ?? 0) === MINUTE) ? MINUTE : BASIC
}

/** The agent's metrics of one name, of this machine alone: those with all dimensions, since sums over GPUs lack their index. */
async function agentMetrics(
  name: string,
  { options, cloudWatch, context }: InstanceQuestion,
): Promise<Metric[]> {
  const { instanceId, host, namespace = 'CWAgent' } = options
  const [dimension, value] = host === undefined ? ['InstanceId', instanceId] : ['host', host]
  const metrics = await cloudWatch.list({ namespace, name, dimension, value }, context.signal)
  // What is asked of another machine is not taken from a server that answers too much.
  return metrics.filter(
    (metric) =>
      metric.MetricName === name && dimensionOf(metric, dimension) === value && indexOf(metric) !== undefined,
  )
}

function byGpu(metrics: readonly Metric[]): Map<string, Metric[]> {
  const gpus = new Map<string, Metric[]>()
  for (const metric of metrics) {
    const index = indexOf(metric) as string
    gpus.set(index, [...(gpus.get(index) ?? []), metric])
  }
  return new Map([...gpus].sort(([a], [b]) => Number(a) - Number(b)))
}

function indexOf(metric: Metric): string | undefined {
  const index = dimensionOf(metric, 'index')
  return index !== undefined && /^\d{1,3}$/.test(index) ? index : undefined
}

/** The one with the most dimensions last: sums over some of them come before. */
function bestLast(metrics: readonly Metric[]): Metric[] {
  const countOf = ({ Dimensions = [] }: Metric) => Dimensions.length
  return [...metrics].sort((a, b) => countOf(a) - countOf(b))
}

function dimensionOf(metric: Metric | undefined, dimension: string): string | undefined {
  return metric?.Dimensions?.find(({ Name }) => Name === dimension)?.Value
}

/** A machine as its domains name it. */
interface Machine {
  readonly id: string
  readonly label: string
  readonly attributes: NonNullable<SignalDomain['attributes']>
  /** It is the one that runs this. */
  readonly isHere: boolean
}

function describe(
  { instanceId, thisHost }: InstanceQuestion['options'],
  type: string | undefined,
  region: string,
  context: MeterContext,
): Machine {
  return {
    id: instanceId,
    label: type === undefined ? instanceId : `${instanceId} (${type})`,
    attributes: {
      'cloud.provider': 'aws',
      'cloud.region': region,
      'host.id': instanceId,
      ...(type === undefined ? {} : { 'host.type': type }),
    },
    isHere: thisHost ?? isThisMachine(instanceId, context),
  }
}

/** A part of a machine: `gpu-0`. That of the machine that runs this may be what a meter here tells too. */
function partOf(machine: Machine, part: string, kind: SignalDomain['kind'], label: string): SignalDomain {
  return {
    id: `${machine.id}/${part}`,
    kind,
    label: `${label} of ${machine.label}`,
    attributes: machine.attributes,
    ...(machine.isHere ? { identity: `this-host:${part}` } : {}),
  }
}

/** Nitro machines bear their own id in DMI: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html */
function isThisMachine(instanceId: string, { sysRoot }: MeterContext): boolean {
  try {
    return readFileSync(join(sysRoot, 'class/dmi/id/board_asset_tag'), 'utf8').trim() === instanceId
  } catch {
    return false
  }
}

function sayModel(type: string | undefined, { known, cpu }: InstanceModel, { log }: MeterContext): void {
  const what = type === undefined ? 'the type of the machine is unknown' : `'${type}' is unknown`
  const then = cpu
    ? `its CPU is modelled by ${known === 'family' ? 'its family' : "the provider's average"}`
    : 'its CPU is not metered'
  log(`${what}: ${then}; name its "instanceType" if you know it`, {
    severity: 'warning',
    code: 'instance-type-unknown',
  })
}
