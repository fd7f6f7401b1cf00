import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '@ergometer/core'
import type { HostedJob } from '@ergometer/meter-cloud'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AWS_ENV, CANARIES } from '../../meter-cloud/test/aws-world.ts'
import { WORKSPACE } from '../../meter-cloud/test/azure-monitor.ts'
import { FakeCloudWatch } from '../../meter-cloud/test/fake-cloudwatch.ts'
import { serveJson } from '../../meter-cloud/test/json-server.ts'
import { main } from '../src/commands.ts'
import { followJob } from '../src/follow-job.ts'

let home: string
let printed: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ergometer-job-'))
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

async function ask(...args: string[]): Promise<{ code: number; report: Report }> {
  printed = ''
  const code = await main([...args, '--home', home, '--json'])
  return { code, report: JSON.parse(printed || '{}') as Report }
}

function runs(): string[] {
  return readdirSync(join(home, 'runs'))
}

/** All that was written of all runs. */
function written(): string {
  return runs()
    .flatMap((id) => readdirSync(join(home, 'runs', id)).map((file) => join(home, 'runs', id, file)))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
}

describe('a SageMaker training job', () => {
  const JOB = 'mnist-2026'
  const END = Math.floor(Date.now() / 60_000) * 60
  const BEGIN = END - 3600
  let server: FakeCloudWatch

  beforeEach(async () => {
    for (const [name, value] of Object.entries(AWS_ENV)) vi.stubEnv(name, value)
    server = await new FakeCloudWatch().listen()
    describeJob('Completed')
  })

  afterEach(() => server.close())

  /** As of https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html */
  function describeJob(TrainingJobStatus: string, more: object = {}) {
    server.jobs[JOB] = {
      TrainingJobName: JOB,
      TrainingJobArn: `arn:aws:sagemaker:eu-west-1:444455556666:training-job/${JOB}`,
      TrainingJobStatus,
      ResourceConfig: { InstanceType: 'ml.p3.2xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
      CreationTime: BEGIN - 300,
      TrainingStartTime: BEGIN,
      TrainingEndTime: END,
      LastModifiedTime: END,
      BillableTimeInSeconds: 3600,
      ...more,
    }
  }

  /** Half of 8 vCPUs, as their sum, and half of a GPU. */
  function put(from: number, to: number) {
    const Dimensions = [{ Name: 'Host', Value: `${JOB}/algo-1` }]
    for (let at = from; at < to; at += 60) {
      const Namespace = '/aws/sagemaker/TrainingJobs'
      server.put({ Namespace, MetricName: 'CPUUtilization', Dimensions }, at, 400)
      server.put({ Namespace, MetricName: 'GPUUtilization', Dimensions }, at, 50)
    }
  }

  const watch = (...more: string[]) =>
    ask(
      'watch-job',
      `sagemaker:${JOB}`,
      '--region',
      'eu-west-1',
      '--endpoint',
      server.address,
      '--intensity',
      '300',
      '--pue',
      '1.2',
      ...more,
    )

  // CPU (5.68 + 29.52) / 2, memory 18.1104, GPU (35 + 306) / 2: 206.2104 W.
  const WATTS = 206.2104

  it('is a run of its own begin and end, provisional while data are to come, then settled: the hand-computed joules and grams', async () => {
    put(BEGIN, BEGIN + 1800)
    const first = await watch()
    expect(first.code).toBe(0)
    expect(first.report.run).toMatchObject({
      name: JOB,
      status: 'completed',
      provisional: true,
      seconds: 3600,
      startedAt: new Date(BEGIN * 1000).toISOString(),
      endedAt: new Date(END * 1000).toISOString(),
      tags: { job: `sagemaker:${JOB}`, instanceType: 'ml.p3.2xlarge', billableSeconds: '3600' },
    })
    expect(first.report.energy.joules).toBeCloseTo(WATTS * 1800, 1)
    expect(first.report.energy).toMatchObject({ method: 'modelled', coverage: 0.5 })
    put(BEGIN + 1800, END)
    await ask('settle')
    const { report } = await ask('report')
    expect(report.run.provisional).toBe(false)
    expect(report.energy.joules).toBeCloseTo(WATTS * 3600, 1)
    // 0.2062104 kWh × 1.2 × 300 g/kWh
    expect(report.carbon.gramsCo2e).toBeCloseTo(74.235744, 4)
    expect(report.provenance.place).toMatchObject({
      provider: 'aws',
      region: 'eu-west-1',
      account: '444455556666',
    })
  })

  it('is one run, however often it is asked for', async () => {
    put(BEGIN, END)
    const { report } = await watch()
    const again = await watch()
    expect(again.report.energy.joules).toBe(report.energy.joules)
    expect(runs()).toHaveLength(1)
  })

  it.each([
    ['Failed', 'failed'],
    ['Stopped', 'aborted'],
  ])('that is %s is %s, exit code 1', async (told, status) => {
    describeJob(told, { FailureReason: 'AlgorithmError: out of memory' })
    put(BEGIN, END)
    const { code, report } = await watch()
    expect([code, report.run.status]).toEqual([1, status])
  })

  it('leaves no secret anywhere, and is exit code 2 with no run where it is refused', async () => {
    put(BEGIN, END)
    await watch()
    for (const canary of Object.values(CANARIES)) expect(written() + printed).not.toContain(canary)
    server.mood = () => ({
      status: 403,
      type: 'AccessDeniedException',
      message: `no ${CANARIES.AWS_SESSION_TOKEN}`,
    })
    expect((await watch()).code).toBe(2)
    expect(runs()).toHaveLength(1)
  })
})

describe('a run of Azure Machine Learning', () => {
  const BEGIN = new Date(Date.now() - 600_000)
  const END = new Date(Date.now() - 30_000)

  it('is provisional while Azure tells nothing of it yet, and final with a line in health once it is given up', async () => {
    const address = await serveJson(({ path }) => {
      if (path === '/token') {
        return { body: { access_token: 'token', expires_on: Date.now() / 1000 + 3600, token_type: 'Bearer' } }
      }
      if (path.includes('/history/')) {
        return {
          body: {
            runId: 'sad_pear',
            status: 'Completed',
            startTimeUtc: BEGIN.toISOString(),
            endTimeUtc: END.toISOString(),
          },
        }
      }
      return { body: { interval: 'PT1M', value: [] } }
    })
    vi.stubEnv('IDENTITY_ENDPOINT', `${address}/token`)
    vi.stubEnv('IDENTITY_HEADER', 'header')
    const where = ['--region', 'westeurope', '--workspace', WORKSPACE, '--endpoint', address]
    const { code, report } = await ask('watch-job', 'azureml:sad_pear', ...where)
    expect(code).toBe(0)
    expect(report.run.provisional).toBe(true)
    expect(report.health.map(({ code }) => code)).toContain('late-data-owed')
    vi.useFakeTimers({ toFake: ['Date'], now: END.getTime() + 3600_000 })
    await ask('settle')
    vi.useRealTimers()
    const later = (await ask('report')).report
    expect(later.run.provisional).toBe(false)
    expect(later.health.map(({ code }) => code)).toContain('late-data-missing')
  })
})

describe('an OpenAI fine-tuning job', () => {
  const ID = 'ftjob-abc123'
  const KEY = 'sk-canary-0004'
  let server: Server
  let answers: { status: number; body: object }[]
  let asked: { url: string | undefined; key: string | undefined }[]

  /** As of https://platform.openai.com/docs/api-reference/fine-tuning/object */
  const job = (status: string, more: object = {}) => ({
    object: 'fine_tuning.job',
    id: ID,
    model: 'gpt-4o-mini-2024-07-18',
    created_at: 1_793_000_000,
    finished_at: null,
    fine_tuned_model: null,
    organization_id: 'org-123',
    result_files: [],
    status,
    trained_tokens: null,
    training_file: 'file-abc',
    ...more,
  })

  beforeEach(async () => {
    answers = []
    asked = []
    server = createServer(({ url, headers }, response) => {
      asked.push({ url, key: headers.authorization })
      const { status, body } = answers.length > 1 ? answers.shift()! : answers[0]!
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('OPENAI_BASE_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)
    vi.stubEnv('OPENAI_API_KEY', KEY)
  })

  afterEach(() => new Promise((resolve) => server.close(resolve)))

  it('is followed to its end; its tokens are work, its energy is unknown, and health says why', async () => {
    answers = [
      { status: 200, body: job('queued') },
      { status: 503, body: {} },
      { status: 200, body: job('running') },
      { status: 200, body: job('succeeded', { finished_at: 1_793_003_600, trained_tokens: 5768 }) },
    ]
    const { code, report } = await ask('watch-job', `openai:${ID}`, '--every', '1')
    expect(code).toBe(0)
    expect(report.run).toMatchObject({ status: 'completed', seconds: 3600, provisional: false })
    expect(report.work).toEqual({ tokens: 5768 })
    expect(report.energy.joules).toBeUndefined()
    expect(report.carbon.gramsCo2e).toBeUndefined()
    expect(report.health.map(({ code }) => code)).toContain('job-energy-unknown')
    expect(asked).toHaveLength(4)
    expect(asked[0]).toEqual({ url: `/v1/fine_tuning/jobs/${ID}`, key: `Bearer ${KEY}` })
    expect(written() + printed).not.toContain(KEY)
  })

  it.each([
    ['cancelled', 'aborted'],
    ['failed', 'failed'],
  ])('that is %s is %s', async (status, expected) => {
    answers = [{ status: 200, body: job(status, { finished_at: 1_793_000_060 }) }]
    const { code, report } = await ask('watch-job', `openai:${ID}`)
    expect([code, report.run.status]).toEqual([1, expected])
  })

  it.each([
    [
      'a key that is refused',
      { status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } },
    ],
    ['another job', { status: 200, body: { ...job('succeeded'), id: 'ftjob-other' } }],
    ['a status that is none', { status: 200, body: job('constructor') }],
    ['a redirect', { status: 302, body: {} }],
  ])('%s is exit code 2, and no run', async (_, answer) => {
    answers = [answer]
    expect((await ask('watch-job', `openai:${ID}`)).code).toBe(2)
    expect(() => runs()).toThrow()
    expect(asked).toHaveLength(1)
  })

  it('sends its key nowhere but to https, or to this machine', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://example.com/v1')
    const fetched = vi.spyOn(globalThis, 'fetch')
    expect((await ask('watch-job', `openai:${ID}`)).code).toBe(2)
    expect(fetched).not.toHaveBeenCalled()
  })
})

describe('following a job', () => {
  const at = { begin: new Date(0), end: new Date(60_000), tags: {} }
  const flaky = Object.assign(new Error('later'), { outcome: 'retry' })

  /** Looks that answer one after the other; the last for ever. */
  function world(looks: (HostedJob | Error)[]) {
    const told: string[] = []
    let slept = 0
    return {
      told,
      slept: () => slept,
      look: async () => {
        const next = (looks.length > 1 ? looks.shift() : looks[0]) as HostedJob | Error
        if (next instanceof Error) throw next
        return next
      },
      sleep: async (seconds: number) => {
        slept += seconds
      },
      tell: (message: string) => void told.push(message),
    }
  }

  it('says each state once, and sleeps between looks', async () => {
    const running: HostedJob = { name: 'j', state: 'running', tags: {} }
    const looks = world([running, running, flaky, flaky, running, { name: 'j', state: 'completed', ...at }])
    expect((await followJob(30, looks)).state).toBe('completed')
    expect(looks.slept()).toBe(150)
    expect(looks.told).toEqual(['j: running, looked at every 30 s', 'later; it is looked at again'])
  })

  it('gives up at once where the first look fails, or one for good, and after ten that fail in a row', async () => {
    await expect(followJob(30, world([flaky]))).rejects.toThrow('later')
    const running: HostedJob = { name: 'j', state: 'running', tags: {} }
    await expect(followJob(30, world([running, new Error('refused')]))).rejects.toThrow('refused')
    const down = world([running, flaky])
    await expect(followJob(30, down)).rejects.toThrow('later')
    expect(down.slept()).toBe(300)
  })
})
