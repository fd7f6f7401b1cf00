import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * CloudWatch and SageMaker, as far as their documentation tells, over HTTP. Sources:
 * - wire: AWS JSON 1.0, epoch seconds, `x-amz-target: GraniteServiceVersion20100801.…`:
 *   https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html, and the requests of `@aws-sdk/client-cloudwatch` 3.1164.0
 * - GetMetricData: retention, rounding, order, pages, `PartialData`:
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html and API_MetricDataResult.html
 * - ListMetrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
 * - errors: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
 * - DescribeTrainingJob: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
 */
export class FakeCloudWatch {
  address = ''
  /** Seconds since 1970, by which it knows how old its figures are. */
  now: () => number = () => Date.now() / 1000
  /** Seconds since 1970, as it tells with each answer. */
  clock: () => number = () => Date.now() / 1000
  /** Of each request: its operation and input, in order. */
  readonly requests: { readonly operation: string; readonly input: Input; readonly headers: Headers }[] = []
  /** Taken before a request is answered: what it answers instead, if anything. */
  readonly moods: Mood[] = []
  /** As `moods`, for all requests. */
  mood: Mood | undefined
  /** Points of a page, however many are asked for. */
  pageSize = 100_800
  /** Metrics of a page of ListMetrics. */
  listSize = 500
  /** Points come in disorder, and some twice, an older value first. */
  disorder = false
  /** By metric name: what its result has for a StatusCode. */
  readonly statuses: Record<string, string> = {}
  /** Every page names a next one. */
  endless = false
  /** Results without a point lack their lists. */
  bare = false
  readonly jobs: Record<string, object> = {}
  readonly #metrics: Stored[] = []
  #paged: { key: string; points: Point[] } = { key: '', points: [] }
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.address = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** How often an operation was asked for. */
  count(operation: string): number {
    return this.requests.filter((one) => one.operation === operation).length
  }

  /** Stores a figure, as an agent or AWS itself does. */
  put(metric: FakeMetric, seconds: number, value: number): void {
    const key = JSON.stringify(metric)
    let stored = this.#metrics.find((one) => one.key === key)
    if (!stored) {
      stored = { key, metric, points: new Map() }
      this.#metrics.push(stored)
    }
    stored.points.set(seconds, value)
    this.#paged.key = ''
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // For a training that wants to know whether its meter has been there.
    if (request.method === 'GET') {
      response.end(String(this.count('GetMetricData')))
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const input = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Input
    this.requests.push({ operation, input, headers: request.headers })
    const mood = this.moods.shift() ?? this.mood
    const fault = mood === 'silence' ? mood : (mood?.(operation, request.headers) ?? this.#unsigned(request))
    if (fault === 'silence') return
    const version = operation.startsWith('Describe') ? '1.1' : '1.0'
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      date: new Date(this.clock() * 1000).toUTCString(),
      'x-amzn-requestid': '11111111-2222-3333-4444-555555555555',
    }
    if (fault) {
      const { status, type, message } = fault
      response
        .writeHead(status, { ...headers, 'x-amzn-query-error': `${type};Sender` })
        .end(fault.body ?? JSON.stringify({ __type: `com.amazonaws.cloudwatch#${type}`, message }))
      return
    }
    response.writeHead(200, headers).end(JSON.stringify(this.#reply(operation, input)))
  }

  #unsigned({ headers }: IncomingMessage): Fault | undefined {
    const { authorization = '' } = headers
    if (
      /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[a-z0-9-]+\/(monitoring|sagemaker)\/aws4_request, /.test(
        authorization,
      )
    )
      return undefined
    return {
      status: 403,
      type: 'MissingAuthenticationToken',
      message: 'Request is missing Authentication Token',
    }
  }

  #reply(operation: string, input: Input): object {
    if (operation === 'ListMetrics') return this.#list(input)
    if (operation === 'GetMetricData') return this.#data(input)
    if (operation === 'DescribeTrainingJob') return this.jobs[input.TrainingJobName ?? ''] ?? {}
    throw new Error(`no such operation: ${operation}`)
  }

  #list({ Namespace, MetricName, Dimensions = [], NextToken }: Input): object {
    const found = this.#metrics
      .map(({ metric }) => metric)
      .filter(
        (metric) =>
          metric.Namespace === Namespace &&
          (MetricName === undefined || metric.MetricName === MetricName) &&
          Dimensions.every(({ Name, Value }) =>
            metric.Dimensions.some(
              (one) => one.Name === Name && (Value === undefined || one.Value === Value),
            ),
          ),
      )
    const from = Number(NextToken ?? 0)
    const next = from + this.listSize
    return {
      Metrics: found.slice(from, next),
      ...(next < found.length ? { NextToken: String(next) } : {}),
    }
  }

  #data({ MetricDataQueries = [], StartTime = 0, EndTime = 0, NextToken, MaxDatapoints }: Input): object {
    const points = this.#pointsOf(MetricDataQueries, StartTime, EndTime)
    const from = Number(NextToken ?? 0)
    const next = from + Math.min(this.pageSize, MaxDatapoints ?? 100_800)
    const page = points.slice(from, next)
    const more = next < points.length
    return {
      MetricDataResults: MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
        const own = page.filter((point) => point.Id === Id)
        return {
          Id,
          Label: Metric.MetricName,
          ...(this.bare && own.length === 0
            ? {}
            : { Timestamps: own.map(({ time }) => time), Values: own.map(({ value }) => value) }),
          StatusCode: this.statuses[Metric.MetricName] ?? (more ? 'PartialData' : 'Complete'),
        }
      }),
      ...(more || this.endless ? { NextToken: String(next) } : {}),
    }
  }

  /** Newest first, over all queries. Later pages are cut from what the first one was cut from. */
  #pointsOf(queries: NonNullable<Input['MetricDataQueries']>, start: number, end: number): Point[] {
    const key = JSON.stringify([queries, start, end])
    if (this.#paged.key === key) return this.#paged.points
    const points = queries.flatMap(({ Id, MetricStat: { Metric, Period, Unit } }) => {
      const stored = this.#metrics.find((one) => sameMetric(one.metric, Metric))
      // Nothing is converted: a figure that was stored without a unit is not found by one.
      if (!stored || Unit !== undefined) return []
      return this.#buckets(stored, start, end, Period).map((point) => ({ Id, ...point }))
    })
    points.sort((a, b) => b.time - a.time)
    if (this.disorder) disturb(points)
    this.#paged = { key, points }
    return points
  }

  #buckets(
    { points }: Stored,
    start: number,
    end: number,
    period: number,
  ): { time: number; value: number }[] {
    const age = this.now() - start
    const needed = age > 63 * DAY ? 3600 : age > 15 * DAY ? 300 : 60
    if (age > 455 * DAY || period % needed !== 0) return []
    const buckets = new Map<number, { sum: number; count: number }>()
    for (const [seconds, value] of points) {
      const begin = Math.floor(seconds / period) * period
      if (begin < start || begin >= end) continue
      const bucket = buckets.get(begin)
      if (bucket) {
        bucket.sum += value
        bucket.count++
      } else buckets.set(begin, { sum: value, count: 1 })
    }
    return [...buckets].map(([time, { sum, count }]) => ({ time, value: sum / count }))
  }
}

/** A metric by its full name. */
export interface FakeMetric {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
}

/** An answer that is an error. */
export interface Fault {
  readonly status: number
  readonly type: string
  readonly message?: string
  readonly body?: string
}

type Headers = IncomingMessage['headers']
/** What a request meets: an error, nothing at all, or no trouble. */
export type Mood = 'silence' | ((operation: string, headers: Headers) => Fault | undefined)

interface Input {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[]
  readonly NextToken?: string
  readonly MetricDataQueries?: readonly {
    readonly Id: string
    readonly MetricStat: { readonly Metric: FakeMetric; readonly Period: number; readonly Unit?: string }
  }[]
  readonly StartTime?: number
  readonly EndTime?: number
  readonly MaxDatapoints?: number
  readonly TrainingJobName?: string
}

interface Point {
  readonly Id: string
  readonly time: number
  readonly value: number
}

interface Stored {
  readonly key: string
  readonly metric: FakeMetric
  readonly points: Map<number, number>
}

const DAY = 86_400

function sameMetric(a: FakeMetric, b: FakeMetric): boolean {
  const names = ({ Dimensions }: FakeMetric) => Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()
  return (
    a.Namespace === b.Namespace &&
    a.MetricName === b.MetricName &&
    names(a).join('\n') === names(b).join('\n')
  )
}

/** In no order, and every third point also with another value before it. */
function disturb(points: Point[]): void {
  const mixed = points
    .map((point, index) => ({ point, at: (index * 7919) % 1009 }))
    .sort((a, b) => a.at - b.at)
  const doubled = mixed.flatMap(({ point }, index) =>
    index % 3 === 0 ? [{ ...point, value: point.value + 1000 }, point] : [point],
  )
  points.splice(0, points.length, ...doubled)
}
