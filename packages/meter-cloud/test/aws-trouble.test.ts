import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { awsError } from '../src/aws-error.ts'
import { sageMakerJob } from '../src/sagemaker-job.ts'
import { AWS_ENV, CANARIES, gpuPower, INSTANCE, open, read } from './aws-world.ts'
import { FakeCloudWatch, type Fault } from './fake-cloudwatch.ts'

const NOW = Date.now() / 1000
const HOUR = Math.floor(NOW / 3600) * 3600 - 7200
const WINDOW = { from: new Date(HOUR * 1000), to: new Date((HOUR + 120) * 1000) }
/** AWS tells back what was signed: session tokens and all. */
const CANARY = Object.values(CANARIES).join(' ')
const THROTTLED: Fault = { status: 400, type: 'ThrottlingException', message: `Rate exceeded ${CANARY}` }

let server: FakeCloudWatch
const options = () =>
  ({ provider: 'aws', region: 'eu-west-1', instanceId: INSTANCE, endpoint: server.address }) as const

beforeEach(async () => {
  for (const [name, value] of Object.entries(AWS_ENV)) vi.stubEnv(name, value)
  server = await new FakeCloudWatch().listen()
  for (const minute of [0, 1]) server.put(gpuPower(0), HOUR + minute * 60, 100)
})

afterEach(async () => {
  await server.close()
  vi.unstubAllEnvs()
})

/** What opening throws. */
async function refusal(mood: Fault): Promise<unknown> {
  server.mood = () => mood
  const error = await open(options(), WINDOW).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expectNoCanary(error)
  return error
}

/** What reading throws once the meter is open. */
async function failure(mood: Fault): Promise<unknown> {
  const { meter } = await open(options(), WINDOW)
  server.mood = () => mood
  const error = await read(meter).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expectNoCanary(error)
  meter.close?.()
  return error
}

function expectNoCanary(error: unknown): void {
  const all = inspect(error, { depth: 20, showHidden: true })
  for (const canary of Object.values(CANARIES)) expect(all).not.toContain(canary)
}

describe('CloudWatch in trouble', () => {
  it('of a region that is misspelt says what may be wrong, and so does a job whose region is not named', async () => {
    const nowhere = Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' })
    expect(awsError(nowhere, 'cloudwatch:ListMetrics').message).toBe(
      'AWS cloudwatch:ListMetrics cannot be reached (ENOTFOUND): is there a network, and is the region one of AWS?',
    )
    vi.stubEnv('AWS_REGION', undefined)
    await expect(sageMakerJob({ trainingJob: 'mnist' }, new AbortController().signal)).rejects.toThrow(
      'AWS: the region is not named, expected "region" or AWS_REGION',
    )
  })

  it('that throttles is asked again by its own client, and then later', async () => {
    const { meter } = await open(options(), WINDOW)
    server.moods.push(() => THROTTLED)
    expect(await read(meter)).toHaveLength(2)
    meter.close?.()
    expect(await failure(THROTTLED)).toMatchObject({ code: 'CLOUD_THROTTLED', outcome: 'retry' })
    expect(server.count('GetMetricData')).toBe(2 + 3)
  })

  it.each([
    ['ExpiredTokenException', 403, 'CLOUD_TOKEN_REFUSED', 'retry'],
    ['ExpiredToken', 400, 'CLOUD_TOKEN_REFUSED', 'retry'],
    ['UnrecognizedClientException', 403, 'CLOUD_TOKEN_REFUSED', 'fatal'],
    ['InvalidSignatureException', 403, 'CLOUD_TOKEN_REFUSED', 'fatal'],
    ['AccessDeniedException', 403, 'CLOUD_REFUSED', 'fatal'],
    ['ValidationError', 400, 'CLOUD_REFUSED', 'fatal'],
  ])('says %s (%i) in one line without a secret', async (type, status, code, outcome) => {
    const fault = { status, type, message: `The Canonical String should have been ${CANARY}` }
    const error = await refusal(fault)
    expect(error).toMatchObject({ code, outcome })
    expect((error as Error).message).toMatch(/^AWS cloudwatch:ListMetrics: \w+: [^\n]*$/)
    server.mood = undefined
    // What could be opened is asked again: a key may be renewed, and rights given back.
    expect(await failure(fault)).toMatchObject({ code, outcome: 'retry' })
  })

  it('that fails, or answers with a page for people, is asked again later', async () => {
    const broken = { status: 500, type: 'InternalServiceFault' }
    expect(await failure(broken)).toMatchObject({ code: 'CLOUD_UNREACHABLE', outcome: 'retry' })
    const page = { status: 502, type: 'x', body: `<html>${CANARY}</html>` }
    server.mood = undefined
    expect(await failure(page)).toMatchObject({ outcome: 'retry' })
    server.mood = undefined
    const { meter } = await open(options(), WINDOW)
    await server.close()
    await expect(read(meter)).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE', outcome: 'retry' })
    meter.close?.()
    await server.listen()
  }, 60_000)

  it('that answers without end is cut off before it fills the memory', async () => {
    const body = `{"MetricDataResults": [], "Messages": [{"Value": "${'x'.repeat(33 * 2 ** 20)}"}]}`
    expect(await failure({ status: 200, type: 'x', body })).toMatchObject({
      code: 'CLOUD_REPLY_INVALID',
      message: expect.stringContaining('at most 32 MiB'),
    })
  })

  it('that does not answer is given up when the read is', async () => {
    const { meter } = await open(options(), WINDOW)
    server.mood = 'silence'
    const reading = new AbortController()
    const told = read(meter, reading.signal)
    await vi.waitFor(() => expect(server.count('GetMetricData')).toBe(1))
    reading.abort(new Error('enough'))
    await expect(told).rejects.toThrow('enough')
    meter.close?.()
  })

  it('without credentials says which are expected', async () => {
    for (const name of Object.keys(CANARIES)) vi.stubEnv(name, '')
    await expect(open(options(), WINDOW)).rejects.toMatchObject({
      code: 'CLOUD_CREDENTIALS_MISSING',
      outcome: 'retry',
      message: expect.stringContaining('AWS_PROFILE'),
    })
  })

  it('without a region says how to name it', async () => {
    vi.stubEnv('AWS_REGION', undefined)
    const { region: _, ...rest } = options()
    await expect(open(rest, WINDOW)).rejects.toMatchObject({
      code: 'CLOUD_REFUSED',
      message: expect.stringContaining('AWS_REGION'),
    })
  })

  it('that refuses or fails at some of the questions tells of the others, and says so', async () => {
    server.put(gpuPower(1), HOUR, 50)
    const { meter, said } = await open(options(), WINDOW)
    const status = (StatusCode: string) => {
      server.statuses['nvidia_smi_power_draw'] = StatusCode
    }
    status('InternalError')
    await expect(read(meter)).rejects.toMatchObject({ code: 'CLOUD_UNREACHABLE', outcome: 'retry' })
    status('Forbidden')
    await expect(read(meter)).rejects.toMatchObject({ code: 'CLOUD_REFUSED', outcome: 'retry' })
    status('PartialData')
    expect(await read(meter)).toHaveLength(3)
    expect(said.map(({ code }) => code)).not.toContain('cloud-reply-partial')
    meter.close?.()
  })

  it('whose pages never end is left, and that is said', async () => {
    const { meter, said } = await open(options(), WINDOW)
    server.endless = true
    expect(await read(meter)).toHaveLength(2)
    expect(server.count('GetMetricData')).toBeLessThan(100)
    expect(said.map(({ code }) => code)).toContain('cloud-reply-partial')
    meter.close?.()
  })
})

describe("a machine whose clock is not AWS's", () => {
  it.each([
    ['behind', 3000],
    ['ahead', -3000],
  ])('%s by 50 minutes is told its energy at its own times', async (_, skew) => {
    // AWS refuses what was signed at another time than its own, and says what time it is.
    server.clock = () => Date.now() / 1000 + skew
    server.now = server.clock
    server.mood = (_operation, headers) => {
      const signed = String(headers['x-amz-date'])
      const at = Date.parse(signed.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z')) / 1000
      if (Math.abs(at - server.now()) < 300) return undefined
      return { status: 403, type: 'InvalidSignatureException', message: 'Signature expired' }
    }
    for (const minute of [0, 1]) server.put(gpuPower(1), HOUR + skew + minute * 60, 300 + minute)
    const { meter, said } = await open(options(), WINDOW)
    const told = await read(meter)
    const own = told.filter(({ id }) => id.endsWith('1'))
    expect(own.map(({ joules }) => joules)).toEqual([18_000, 18_060])
    // By whole minutes: so it is the same whenever it is asked, though AWS tells its time to the second only.
    expect(own[0]?.from).toBe(HOUR)
    expect(said.map(({ code }) => code)).toContain('clock-skewed')
    meter.close?.()
  })

  it('is told of a job by its own clock from the first read on, or by that of AWS', async () => {
    const SKEW = 600
    const job = {
      provider: 'aws',
      region: 'eu-west-1',
      trainingJob: 'job',
      endpoint: server.address,
    } as const
    const machines = { instanceType: 'ml.p3.2xlarge', instanceCount: 1 }
    server.clock = () => Date.now() / 1000 + SKEW
    for (const minute of [0, 1, 10, 11]) {
      const metric = {
        Namespace: '/aws/sagemaker/TrainingJobs',
        MetricName: 'GPUUtilization',
        Dimensions: [{ Name: 'Host', Value: 'job/algo-1' }],
      }
      server.put(metric, HOUR + minute * 60, minute)
    }
    const told = async (clock?: 'aws') => {
      const { meter } = await open({ ...job, ...machines, ...(clock ? { clock } : {}) }, WINDOW)
      const gpu = (await read(meter)).filter(({ id }) => id.endsWith('gpu'))
      meter.close?.()
      return gpu.map(({ from = 0, joules }) => [from - HOUR, joules])
    }
    const watts = (percent: number) => 35 + (percent / 100) * 271
    expect(await told()).toEqual([
      [0, expect.closeTo(60 * watts(10), 6)],
      [60, expect.closeTo(60 * watts(11), 6)],
    ])
    expect(await told('aws')).toEqual([
      [0, expect.closeTo(60 * watts(0), 6)],
      [60, expect.closeTo(60 * watts(1), 6)],
    ])
  })
})
