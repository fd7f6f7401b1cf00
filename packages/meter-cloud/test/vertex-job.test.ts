import { describe, expect, it } from 'vitest'
import { vertexJob } from '../src/vertex-job.ts'
import { type Answer, type Asked, serveJson } from './json-server.ts'

const JOB = '4512620604880322560'
const TOKEN = 'canary-token-0005'

/** As of https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs */
const custom = (state: string, more: object = {}) => ({
  name: `projects/123/locations/europe-west4/customJobs/${JOB}`,
  displayName: 'mnist',
  jobSpec: { workerPoolSpecs: [{ machineSpec: { machineType: 'a2-highgpu-1g' }, replicaCount: '1' }] },
  state,
  createTime: '2026-10-31T22:50:00.000000Z',
  startTime: '2026-10-31T23:00:00.123456789Z',
  updateTime: '2026-11-01T01:00:01Z',
  ...more,
})

async function look(answer: Answer) {
  const asked: Asked[] = []
  const endpoint = await serveJson((one) => {
    asked.push(one)
    return answer
  })
  const question = { project: 'my-project', region: 'europe-west4', job: JOB, endpoint }
  const tokens = { token: async () => TOKEN }
  const world = { env: {}, fetch: globalThis.fetch, clock: () => 0 }
  const job = await vertexJob(question, world, tokens)(new AbortController().signal)
  return { job, asked, endpoint }
}

describe('a custom job of Vertex AI', () => {
  it('has its begin, end and place, and what the meter needs to tell of it', async () => {
    const body = custom('JOB_STATE_SUCCEEDED', { endTime: '2026-11-01T01:00:00Z' })
    const { job, asked, endpoint } = await look({ body })
    expect(asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      [`/v1/projects/my-project/locations/europe-west4/customJobs/${JOB}`, `Bearer ${TOKEN}`],
    ])
    expect(job).toEqual({
      name: JOB,
      state: 'completed',
      begin: new Date('2026-10-31T23:00:00.123Z'),
      end: new Date('2026-11-01T01:00:00Z'),
      place: {
        provider: 'gcp',
        region: 'europe-west4',
        account: 'my-project',
        instanceType: 'a2-highgpu-1g',
      },
      tags: { instanceType: 'a2-highgpu-1g', instanceCount: '1' },
      meter: {
        provider: 'gcp',
        project: 'my-project',
        region: 'europe-west4',
        job: JOB,
        instanceType: 'a2-highgpu-1g',
        endpoint,
      },
    })
  })

  it.each([
    ['JOB_STATE_PENDING', 'waiting', false],
    ['JOB_STATE_CANCELLING', 'running', false],
    ['JOB_STATE_CANCELLED', 'aborted', true],
    ['JOB_STATE_EXPIRED', 'failed', true],
  ])('%s is %s', async (state, expected, over) => {
    const { job } = await look({ body: custom(state) })
    expect([job.state, job.end !== undefined]).toEqual([expected, over])
  })

  it('of several machines has no instance type in its place: embodied emissions would be of one', async () => {
    const pool = (machineType: string, replicaCount: string) => ({
      machineSpec: { machineType },
      replicaCount,
    })
    const jobSpec = { workerPoolSpecs: [pool('a2-highgpu-1g', '1'), pool('a2-highgpu-1g', '3')] }
    const { job } = await look({ body: custom('JOB_STATE_RUNNING', { jobSpec }) })
    expect(job.place).not.toHaveProperty('instanceType')
    expect(job.tags).toEqual({ instanceType: 'a2-highgpu-1g', instanceCount: '4' })
    expect(job.meter).toMatchObject({ instanceType: 'a2-highgpu-1g' })
  })

  it.each([
    ['a state that is none', { body: custom('constructor') }, 'CLOUD_REPLY_INVALID'],
    ['a refusal', { status: 403, body: { error: { message: `no ${TOKEN}` } } }, 'CLOUD_REFUSED'],
  ])('%s is an error without a secret', async (_, answer, code) => {
    const error = await look(answer).catch((cause) => cause)
    expect(error.code).toBe(code)
    expect(error.message).not.toContain(TOKEN)
  })
})
