import { definitionOf, type EnergyMeter, parseOptions, type ReadingTime, realContext } from '@ergometer/meter'
import cloud from '../src/cloud-meter.ts'
import type { CloudOptions } from '../src/cloud-options.ts'
import type { FakeMetric } from './fake-cloudwatch.ts'

export const INSTANCE = 'i-0123456789abcdef0'
/** Words that may be seen nowhere but in requests. */
export const CANARIES = {
  AWS_ACCESS_KEY_ID: 'AKIACANARYCANARY0001',
  AWS_SECRET_ACCESS_KEY: 'canary-secret-access-key-0002',
  AWS_SESSION_TOKEN: 'canary-session-token-0003',
}

/** The environment of AWS's own chain: nothing of the machine that runs the tests, and no pause between attempts. */
export const AWS_ENV: Record<string, string> = {
  ...CANARIES,
  AWS_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
}

/** Watts of a GPU, as the agent stores them. */
export function gpuPower(index: number, more: Record<string, string> = {}): FakeMetric {
  return agentMetric('nvidia_smi_power_draw', index, more)
}

/** Percent of a GPU's time. */
export function gpuLoad(index: number, more: Record<string, string> = {}): FakeMetric {
  return agentMetric('nvidia_smi_utilization_gpu', index, more)
}

function agentMetric(MetricName: string, index: number, more: Record<string, string>): FakeMetric {
  const dimensions = {
    InstanceId: INSTANCE,
    index: String(index),
    name: 'NVIDIA A100-SXM4-40GB',
    host: 'ip-10-0-0-1.eu-west-1.compute.internal',
    ...more,
  }
  return {
    Namespace: 'CWAgent',
    MetricName,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  }
}

/** Percent of the vCPUs of a machine. */
export const CPU_LOAD: FakeMetric = {
  Namespace: 'AWS/EC2',
  MetricName: 'CPUUtilization',
  Dimensions: [{ Name: 'InstanceId', Value: INSTANCE }],
}

/** A line that the meter has to say. */
export interface Said {
  readonly message: string
  readonly code?: string | undefined
}

/** Opens the meter at a time that a test moves. `clock`: seconds since it was opened. */
export async function open(
  options: CloudOptions,
  window?: { from: Date; to: Date },
): Promise<{ meter: EnergyMeter; said: Said[]; clock: { seconds: number } }> {
  const said: Said[] = []
  const clock = { seconds: 0 }
  const definition = definitionOf(cloud)
  const context = realContext({
    clock: () => clock.seconds,
    log: (message, details) => said.push({ message, code: details?.code }),
    window,
  })
  return { meter: await definition.open(await parseOptions(definition, options), context), said, clock }
}

/** An interval that was recorded: seconds since 1970. */
export interface Recorded {
  readonly id: string
  readonly from: number
  readonly to: number
  readonly joules: number
}

/** Reads a meter once. Rejects with what it throws. */
export async function read(meter: EnergyMeter, signal = new AbortController().signal): Promise<Recorded[]> {
  const recorded: Recorded[] = []
  const record = Object.assign(
    (index: number, joules: number, at: ReadingTime = {}) => {
      const [from, to] = [at.from, at.time].map((time) => (time as Date).getTime() / 1000) as [number, number]
      recorded.push({ id: meter.domains[index]?.id ?? '', from, to, joules })
    },
    { gauge: () => {}, share: () => {}, restart: () => {}, uncertainty: () => {} },
  )
  await meter.read(record, signal)
  return recorded
}
