import type { CloudWatchClient, GetMetricDataCommandInput, Metric } from '@aws-sdk/client-cloudwatch'
import { type MeterContext, MeterError } from '@ergometer/meter'
import { awsError } from './aws-error.ts'
import type { AwsOptions } from './aws-options.ts'
import { BEFORE_PARSING, boundedReply } from './bounded-reply.ts'
import type { Bucket } from './bucket.ts'
import type { Interval } from './interval.ts'
import { peerPackage } from './peer-package.ts'

/** A question for means of one metric: which, and over how many seconds each. */
export interface MetricQuestion {
  readonly metric: Metric
  readonly period: number
}

const CLIENT = '@aws-sdk/client-cloudwatch'
/** GetMetricData answers so many questions at once. */
const MOST_QUESTIONS = 500
/** Points of a page, if CloudWatch fills it. */
const PAGE = 100_800
/** A reply may be cut in so many more pages than it fills, and in so many times more: what goes on for longer never ends. */
const MORE_PAGES = 50
const TIMES_PAGES = 4
/** The client takes a clock for wrong from so many milliseconds on. */
const SKEWED = 240_000
/** Buckets are of whole minutes, and so are they once moved; a correction that changes by less, in milliseconds, is none. */
const MINUTE = 60_000
const STEADY = 45_000
/** Without it the client waits for a reply for ever. Milliseconds, for each of its three attempts. */
const PATIENCE = {
  connectionTimeout: 10_000,
  requestTimeout: 20_000,
  socketTimeout: 20_000,
  throwOnRequestTimeout: true,
} as const
type Reply = readonly (readonly Bucket[])[]

/** CloudWatch, through AWS's own client. Whatever it throws is a MeterError. */
export class CloudWatch {
  readonly #sdk: typeof import('@aws-sdk/client-cloudwatch')
  readonly #client: CloudWatchClient
  readonly #log: MeterContext['log']
  readonly #isMoved: boolean
  #skew = 0

  private constructor(
    sdk: typeof import('@aws-sdk/client-cloudwatch'),
    options: AwsOptions,
    log: MeterContext['log'],
  ) {
    this.#sdk = sdk
    this.#client = new sdk.CloudWatchClient(clientOptions(options))
    this.#client.middlewareStack.add(boundedReply, BEFORE_PARSING)
    this.#log = log
    this.#isMoved = options.clock !== 'aws'
  }

  /** Loads the client; nothing is sent. */
  static async load(options: AwsOptions, { log }: MeterContext): Promise<CloudWatch> {
    const sdk = await peerPackage(CLIENT, () => import('@aws-sdk/client-cloudwatch'))
    try {
      return new CloudWatch(sdk, options, log)
    } catch (cause) {
      throw awsError(cause, 'cloudwatch')
    }
  }

  /** The region that it is asked in. Throws where neither options nor AWS's own settings name one. */
  region(): Promise<string> {
    return regionOf(this.#client)
  }

  /** Whole minutes, in seconds, by which AWS's clock is ahead of that of the run's times, where that is out of order; else 0. */
  get skewSeconds(): number {
    if (!this.#isMoved) return 0
    const found = this.#client.config.systemClockOffset ?? 0
    const skew = Math.abs(found) < SKEWED ? 0 : found
    if (Math.abs(skew - this.#skew) > STEADY) {
      this.#skew = Math.round(skew / MINUTE) * MINUTE
      const seconds = Math.abs(this.#skew) / 1000
      if (skew !== 0)
        this.#log(
          `this machine's clock is ${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} AWS's: its figures are moved by as much; set the clock right`,
          { severity: 'warning', code: 'clock-skewed' },
        )
    }
    return this.#skew / 1000
  }

  /** Metrics that have been told in the last two weeks, at most so many pages of 500. */
  async list(
    wanted: { namespace: string; name?: string; dimension: string; value?: string },
    signal: AbortSignal,
    pages = 20,
  ): Promise<Metric[]> {
    const { namespace, name, dimension, value } = wanted
    // One may be listed on several pages.
    const found = new Map<string, Metric>()
    let token: string | undefined
    for (let page = 0; page < pages; page++) {
      const command = new this.#sdk.ListMetricsCommand({
        Namespace: namespace,
        ...(name === undefined ? {} : { MetricName: name }),
        Dimensions: [{ Name: dimension, ...(value === undefined ? {} : { Value: value }) }],
        ...(token === undefined ? {} : { NextToken: token }),
      })
      const reply = await this.#send('cloudwatch:ListMetrics', signal, () =>
        this.#client.send(command, { abortSignal: signal }),
      )
      for (const metric of reply.Metrics ?? []) found.set(JSON.stringify(metric), metric)
      token = reply.NextToken || undefined
      if (token === undefined) break
    }
    return [...found.values()]
  }

  /** Buckets by question, from `from` (a multiple of all their periods) to before `to`, in seconds of AWS's clock. */
  async means(
    questions: readonly MetricQuestion[],
    { from, to }: Interval,
    signal: AbortSignal,
  ): Promise<Reply> {
    const replies: (readonly Bucket[])[] = []
    for (let first = 0; first < questions.length; first += MOST_QUESTIONS) {
      replies.push(...(await this.#ask(questions.slice(first, first + MOST_QUESTIONS), { from, to }, signal)))
    }
    return replies
  }

  async #ask(
    questions: readonly MetricQuestion[],
    { from, to }: Interval,
    signal: AbortSignal,
  ): Promise<Reply> {
    const input: GetMetricDataCommandInput = {
      StartTime: new Date(from * 1000),
      EndTime: new Date(to * 1000),
      // No unit is asked for: the agent gives its metrics none, and CloudWatch converts nothing.
      MetricDataQueries: questions.map(({ metric, period }, index) => ({
        Id: `q${index}`,
        MetricStat: { Metric: metric, Period: period, Stat: 'Average' },
      })),
    }
    const buckets: Bucket[][] = questions.map(() => [])
    const failed = new Map<number, string>()
    const points = questions.reduce((sum, { period }) => sum + (to - from) / period, 0)
    const pages = MORE_PAGES + TIMES_PAGES * Math.ceil(points / PAGE)
    let token: string | undefined
    for (let page = 0; page < pages; page++) {
      const command = new this.#sdk.GetMetricDataCommand({
        ...input,
        ...(token === undefined ? {} : { NextToken: token }),
      })
      const reply = await this.#send('cloudwatch:GetMetricData', signal, () =>
        this.#client.send(command, { abortSignal: signal }),
      )
      for (const { Id = '', Timestamps = [], Values = [], StatusCode = '' } of reply.MetricDataResults ??
        []) {
        const index = Number(/^q(\d{1,3})$/.exec(Id)?.[1] ?? Number.NaN)
        const period = questions[index]?.period
        if (period === undefined) continue
        if (StatusCode === 'InternalError' || StatusCode === 'Forbidden') failed.set(index, StatusCode)
        Timestamps.forEach((timestamp, at) => {
          const begin = timestamp.getTime() / 1000
          const value = Values[at]
          if (value !== undefined && begin >= from && begin < to) {
            buckets[index]?.push({ from: begin, to: begin + period, value })
          }
        })
      }
      token = reply.NextToken || undefined
      if (token === undefined) break
    }
    if (token !== undefined) {
      this.#log(`AWS's reply goes on for more than ${pages} pages: what they tell counts`, {
        severity: 'warning',
        code: 'cloud-reply-partial',
      })
    }
    this.#judge(failed, questions.length)
    return buckets
  }

  /** Some that fail are a gap; if all do, there is no reply. */
  #judge(failed: ReadonlyMap<number, string>, asked: number): void {
    const [status] = failed.values()
    if (status === undefined) return
    const [code, why] =
      status === 'Forbidden'
        ? ['CLOUD_REFUSED', 'the credentials do not allow it: expected a policy that allows this action']
        : ['CLOUD_UNREACHABLE', 'it failed inside']
    if (failed.size === asked) {
      throw new MeterError(`AWS cloudwatch:GetMetricData: ${status}: ${why}`, {
        outcome: 'retry',
        code: code as string,
      })
    }
    this.#log(`AWS answers ${failed.size} of ${asked} questions with ${status}: ${why}`, {
      severity: 'warning',
      code: 'cloud-reply-partial',
    })
  }

  async #send<Reply>(action: string, signal: AbortSignal, send: () => Promise<Reply>): Promise<Reply> {
    try {
      return await send()
    } catch (cause) {
      if (signal.aborted) throw signal.reason
      throw awsError(cause, action)
    }
  }

  /** Ends its connections. */
  close(): void {
    this.#client.destroy()
  }
}

/** The region that a client of AWS's asks in. Throws where neither options nor AWS's own settings name one. */
export async function regionOf(client: { config: { region: () => Promise<string> } }): Promise<string> {
  const region = await client.config.region().catch(() => '')
  if (region) return region
  throw new MeterError('AWS: the region is not named, expected "region" or AWS_REGION', {
    outcome: 'fatal',
    code: 'CLOUD_REFUSED',
  })
}

/** What all clients of AWS are given; credentials and region come from its own chain. */
export function clientOptions({ region, endpoint, profile }: AwsOptions): {
  region?: string
  endpoint?: string
  profile?: string
  requestHandler: typeof PATIENCE
} {
  return {
    requestHandler: PATIENCE,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
  }
}
