import { describe, expect, it } from 'vitest'
import { azureMlJob } from '../src/azureml-job.ts'
import { type Answer, type Asked, serveJson } from './json-server.ts'

const RUN = 'sad_pear_1x2y3z'
const TOKEN = 'canary-token-0006'
const SUBSCRIPTION = 'b324c52b-4073-4807-93af-e07d289c093e'
const WORKSPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/training/providers/Microsoft.MachineLearningServices/workspaces/lab`

/** `RunDetails` of Azure's "Run History APIs", 2019-09-30: github.com/Azure/azure-rest-api-specs, runHistory.json. */
const history = (status: string, more: object = {}) => ({
  runId: RUN,
  status,
  createdUtc: '2026-10-31T22:50:00.1234567+00:00',
  startTimeUtc: '2026-10-31T23:00:00.000+00:00',
  endTimeUtc: null,
  ...more,
})

async function look(answer: Answer) {
  const asked: Asked[] = []
  const endpoint = await serveJson((one) => {
    asked.push(one)
    return answer
  })
  const question = { workspace: WORKSPACE, region: 'westeurope', run: RUN, endpoint }
  const world = { fetch: globalThis.fetch, clock: () => 0 }
  const job = await azureMlJob(question, world, { token: async () => TOKEN })(new AbortController().signal)
  return { job, asked, endpoint }
}

describe('a run of Azure Machine Learning', () => {
  it('has its begin, end and place, and what the meter needs to tell of it', async () => {
    const { job, asked, endpoint } = await look({
      body: history('Completed', { endTimeUtc: '2026-11-01T01:00:00+00:00' }),
    })
    expect(asked.map(({ path }) => path)).toEqual([`/history/v1.0${WORKSPACE}/runs/${RUN}/details`])
    expect(job).toEqual({
      name: RUN,
      state: 'completed',
      begin: new Date('2026-10-31T23:00:00Z'),
      end: new Date('2026-11-01T01:00:00Z'),
      place: { provider: 'azure', region: 'westeurope', account: SUBSCRIPTION },
      tags: {},
      meter: { provider: 'azure', workspace: WORKSPACE, runId: RUN, region: 'westeurope', endpoint },
    })
  })

  it.each([
    ['Preparing', 'waiting'],
    ['constructor', 'waiting'],
    ['Finalizing', 'running'],
    ['Failed', 'failed'],
    ['Canceled', 'aborted'],
  ])('%s is %s', async (status, expected) => {
    expect((await look({ body: history(status) })).job.state).toBe(expected)
  })

  it('of another id, or refused, is an error without a secret', async () => {
    const other = await look({ body: { ...history('Completed'), runId: 'other' } }).catch((cause) => cause)
    expect(other.code).toBe('CLOUD_REPLY_INVALID')
    const refused = await look({ status: 403, body: { error: { message: `no ${TOKEN}` } } }).catch(
      (cause) => cause,
    )
    expect(refused.code).toBe('CLOUD_REFUSED')
    expect(refused.message).not.toContain(TOKEN)
  })
})
