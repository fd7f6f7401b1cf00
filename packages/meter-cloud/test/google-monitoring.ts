// Cloud Monitoring as its documentation has it: https://docs.cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list,
// https://docs.cloud.google.com/monitoring/api/v3/filters, https://docs.cloud.google.com/monitoring/api/troubleshooting.
import { type Answer, type Asked, serveJson } from './json-server.ts'

export interface StoredSeries {
  readonly metric: { readonly type: string; readonly labels?: Readonly<Record<string, string>> }
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> }
  /** Absent: the reply names none, as those of official clients. */
  readonly unit?: string
  /** Seconds since 1970, and the gauge at that time. */
  readonly points: (readonly [number, number])[]
}

/** Answers `timeSeries.list`, page by page, with means of periods that are aligned to the end of the interval. */
export class GoogleMonitoringServer {
  address = ''
  readonly asked: Asked[] = []
  readonly stored: StoredSeries[] = []
  /** Points of a page, whatever is asked for. */
  pageSize = 100_000
  /** The token that is accepted; absent: any. */
  token: string | undefined
  /** What is answered instead, one after the other. */
  readonly instead: (Answer | undefined)[] = []
  executionErrors: object[] = []
  #question = ''
  #flat: readonly { readonly one: StoredSeries; readonly point: object }[] = []

  async start(): Promise<this> {
    this.address = await serveJson((asked) => this.#answer(asked))
    return this
  }

  store(
    type: string,
    labels: Readonly<Record<string, string>>,
    points: (readonly [number, number])[],
    more: { resource?: StoredSeries['resource']; unit?: string } = {},
  ): void {
    const { resource = instance('4520031799277581759'), unit } = more
    this.stored.push({ metric: { type, labels }, resource, points, ...(unit === undefined ? {} : { unit }) })
  }

  #answer(asked: Asked): Answer {
    this.asked.push(asked)
    const instead = this.instead.shift()
    if (instead) return instead
    if (this.token !== undefined && asked.headers.authorization !== `Bearer ${this.token}`) {
      return refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
    }
    if (asked.path !== '/v3/projects/my-project/timeSeries')
      return refusal(404, 'NOT_FOUND', 'no such method')
    const terms = (asked.query.get('filter') ?? '')
      .split(' AND ')
      .map((term) => /^([\w.]+)\s*=\s*"(.*)"$/.exec(term))
    const types = terms.filter((term) => term?.[1] === 'metric.type')
    if (types.length !== 1 || terms.some((term) => term === null)) {
      return refusal(
        400,
        'INVALID_ARGUMENT',
        'The supplied filter does not specify a valid combination of metric type',
      )
    }
    if (asked.query.get('aggregation.perSeriesAligner') !== 'ALIGN_MEAN')
      return refusal(400, 'INVALID_ARGUMENT', 'aligner')
    const period = Number(/^(\d+)s$/.exec(asked.query.get('aggregation.alignmentPeriod') ?? '')?.[1])
    const start = Date.parse(asked.query.get('interval.startTime') ?? '') / 1000
    const end = Date.parse(asked.query.get('interval.endTime') ?? '') / 1000
    const query = new URLSearchParams(asked.query)
    query.delete('pageToken')
    // The pages of one question are one answer.
    if (this.#question !== String(query) || !asked.query.has('pageToken')) {
      const matching = this.stored.filter((one) =>
        terms.every((term) => has(one, term?.[1] as string, term?.[2] as string)),
      )
      this.#flat = matching.flatMap((one) =>
        aligned(one.points, { start, end, period }).map((point) => ({ one, point })),
      )
    }
    this.#question = String(query)
    const flat = this.#flat
    const first = Number(asked.query.get('pageToken') ?? 0)
    const next = first + Math.min(this.pageSize, Number(asked.query.get('pageSize')))
    const page = flat.slice(first, next)
    return {
      body: {
        timeSeries: [...new Set(page.map(({ one }) => one))].map((one) => ({
          metric: one.metric,
          resource: one.resource,
          metricKind: 'GAUGE',
          valueType: 'DOUBLE',
          points: page.filter((entry) => entry.one === one).map(({ point }) => point),
          ...(one.unit === undefined ? {} : { unit: one.unit }),
        })),
        ...(next < flat.length ? { nextPageToken: String(next) } : {}),
        ...(this.executionErrors.length > 0 ? { executionErrors: this.executionErrors } : {}),
      },
    }
  }
}

export function instance(id: string, zone = 'us-central1-a'): StoredSeries['resource'] {
  return { type: 'gce_instance', labels: { project_id: 'my-project', zone, instance_id: id } }
}

export function refusal(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } }
}

function has({ metric, resource }: StoredSeries, name: string, value: string): boolean {
  if (name === 'metric.type') return metric.type === value
  if (name === 'resource.type') return resource.type === value
  return resource.labels[/^resource\.labels\.(\w+)$/.exec(name)?.[1] ?? ''] === value
}

/** Newest first, and a period without a point has none. */
function aligned(
  points: StoredSeries['points'],
  { start, end, period }: { start: number; end: number; period: number },
): object[] {
  const byPeriod = new Map<number, number[]>()
  for (const [time, value] of points) {
    const to = end - Math.floor((end - time) / period) * period
    byPeriod.set(to, [...(byPeriod.get(to) ?? []), value])
  }
  const means: object[] = []
  for (let to = end; to > start; to -= period) {
    const inside = byPeriod.get(to)
    if (inside === undefined) continue
    const time = new Date(to * 1000).toISOString().replace('.000Z', 'Z')
    const doubleValue = inside.reduce((sum, value) => sum + value, 0) / inside.length
    means.push({ interval: { startTime: time, endTime: time }, value: { doubleValue } })
  }
  return means
}
