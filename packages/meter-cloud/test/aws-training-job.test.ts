import { realContext } from '@ergometer/meter'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openAws } from '../src/aws-account.ts'
import type { AwsOptions } from '../src/aws-options.ts'
import type { InstanceModel } from '../src/instance-model.ts'
import { AWS_ENV } from './aws-world.ts'
import { FakeCloudWatch, type FakeMetric } from './fake-cloudwatch.ts'

const JOB = 'mnist-2026-11-01'
const HOUR = Math.floor(Date.now() / 3_600_000) * 3600 - 7200
/** Four vCPUs of 2 to 10 W each, two GPUs of 50 to 250 W each. */
const MODEL: InstanceModel = {
  known: 'type',
  vCpus: 4,
  cpu: { idleWatts: 8, peakWatts: 40, relativeUncertainty: 0.3, source: 'a table' },
  gpu: { idleWatts: 50, peakWatts: 250, relativeUncertainty: 0.2, source: 'another', count: 2, label: 'T4' },
}

let server: FakeCloudWatch

beforeEach(async () => {
  for (const [name, value] of Object.entries(AWS_ENV)) vi.stubEnv(name, value)
  server = await new FakeCloudWatch().listen()
})

afterEach(async () => {
  await server.close()
  vi.unstubAllEnvs()
})

function load(MetricName: string, host: string): FakeMetric {
  return { Namespace: '/aws/sagemaker/TrainingJobs', MetricName, Dimensions: [{ Name: 'Host', Value: host }] }
}

async function joulesOf(more: Partial<AwsOptions> = {}, model = MODEL) {
  const types: (string | undefined)[] = []
  const options = {
    provider: 'aws',
    region: 'eu-west-1',
    trainingJob: JOB,
    endpoint: server.address,
    ...more,
  } as const
  const account = await openAws(options, realContext(), (type) => {
    types.push(type)
    return model
  })
  const buckets = await account.read(HOUR, HOUR + 60, new AbortController().signal)
  const joules = Object.fromEntries(
    account.series.map((series, index) => [
      series.domain.id,
      buckets[index]?.map((bucket) => series.joulesOf(bucket)),
    ]),
  )
  account.close?.()
  return { joules, types, domains: account.series.map(({ domain }) => domain) }
}

/** What a host shows: CPU as a sum over vCPUs, GPU as a sum over GPUs. */
function put(host: string, cpu: number, gpu: number): void {
  server.put(load('CPUUtilization', host), HOUR, cpu)
  server.put(load('GPUUtilization', host), HOUR, gpu)
}

describe('a training job of SageMaker', () => {
  it('is divided by its vCPUs and GPUs, machine by machine, as SageMaker describes it', async () => {
    server.jobs[JOB] = {
      ResourceConfig: { InstanceType: 'ml.g4dn.12xlarge', InstanceCount: 2, VolumeSizeInGB: 30 },
    }
    put(`${JOB}/algo-1`, 400, 200)
    put(`${JOB}/algo-2`, 100, 50)
    const { joules, types, domains } = await joulesOf()
    expect(joules).toEqual({
      [`${JOB}/algo-1/cpu`]: [60 * 40],
      [`${JOB}/algo-1/gpu`]: [60 * 2 * 250],
      [`${JOB}/algo-2/cpu`]: [60 * (8 + 0.25 * 32)],
      [`${JOB}/algo-2/gpu`]: [60 * 2 * (50 + 0.25 * 200)],
    })
    expect(types).toEqual(['g4dn.12xlarge'])
    expect(domains.every(({ method, feeds }) => method === 'modelled' && feeds === undefined)).toBe(true)
    expect(server.count('ListMetrics')).toBe(0)
  })

  it('is found in CloudWatch where its type is named and its number is not', async () => {
    server.listSize = 1
    put(`${JOB}/algo-1`, 0, 0)
    put(`${JOB}/algo-10`, 0, 0)
    put(`${JOB}/algo-2`, 0, 0)
    put(`${JOB}-2/algo-1`, 400, 200)
    put('../algo-7', 400, 200)
    const { joules } = await joulesOf({ instanceType: 'ml.g4dn.12xlarge' }, {
      ...MODEL,
      gpu: undefined,
    } as never)
    expect(joules).toEqual({
      [`${JOB}/algo-1/cpu`]: [480],
      [`${JOB}/algo-2/cpu`]: [480],
      [`${JOB}/algo-10/cpu`]: [480],
    })
    expect(server.count('DescribeTrainingJob')).toBe(0)
  })

  it('takes the groups of a job that has one type in all of them, and refuses a mixture', async () => {
    const group = (InstanceType: string) => ({
      InstanceType,
      InstanceCount: 1,
      InstanceGroupName: InstanceType,
    })
    server.jobs[JOB] = { ResourceConfig: { InstanceGroups: [group('ml.m5.large'), group('ml.m5.large')] } }
    expect(Object.keys((await joulesOf()).joules)).toHaveLength(4)
    server.jobs[JOB] = { ResourceConfig: { InstanceGroups: [group('ml.m5.large'), group('ml.p3.2xlarge')] } }
    await expect(joulesOf()).rejects.toMatchObject({ code: 'CLOUD_REFUSED', outcome: 'fatal' })
  })

  it('has no CPU where nobody knows its vCPUs, and no load beyond all of them', async () => {
    put(`${JOB}/algo-1`, 500, 260)
    const one = { instanceType: 'ml.new.large', instanceCount: 1 }
    expect((await joulesOf(one)).joules).toEqual({
      [`${JOB}/algo-1/cpu`]: [undefined],
      [`${JOB}/algo-1/gpu`]: [undefined],
    })
    const { vCpus: _, ...unknown } = MODEL
    expect(Object.keys((await joulesOf(one, unknown)).joules)).toEqual([`${JOB}/algo-1/gpu`])
  })

  it('is waited for while CloudWatch knows nothing of it', async () => {
    await expect(joulesOf({ instanceType: 'ml.m5.large' })).rejects.toMatchObject({
      code: 'CLOUD_DATA_ABSENT',
      outcome: 'retry',
    })
  })
})
