import { serve } from './exporter.ts'
import type { Clock } from './open-prometheus.ts'

const STALE_AFTER = 300

interface Stored {
  readonly metric: Readonly<Record<string, string>>
  readonly samples: { readonly seconds: number; readonly value: number }[]
}

/**
 * A Prometheus server that knows ranges and instants: a range gives samples with their own times, an instant the last
 * value of five minutes as if it were of now. See https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness.
 */
export class PrometheusServer {
  address = ''
  readonly queries: string[] = []
  readonly #clock: Clock
  readonly #stored: Stored[] = []
  /** What it answers instead, if anything. */
  answer: { status: number; body: string } | 'silence' | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async start(): Promise<this> {
    this.address = await serve((request, response) => {
      const url = new URL(request.url as string, 'http://server')
      const query = url.searchParams.get('query') ?? ''
      this.queries.push(query)
      const known = url.pathname === '/prefix/api/v1/query' || url.pathname === '/api/v1/query'
      if (this.answer === 'silence') return
      const { status, body } = this.answer ?? { status: known ? 200 : 404, body: this.#reply(query) }
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    return this
  }

  /** A scrape, now. */
  scrape(metric: Readonly<Record<string, string>>, value: number): void {
    const key = JSON.stringify(metric)
    let stored = this.#stored.find((one) => JSON.stringify(one.metric) === key)
    if (!stored) {
      stored = { metric, samples: [] }
      this.#stored.push(stored)
    }
    stored.samples.push({ seconds: this.#clock.seconds, value })
  }

  #reply(query: string): string {
    const range = /\[(\d+)s\]$/.exec(query)
    const names = /__name__=~"([^"]*)"/.exec(query)?.[1]?.split('|')
    const { seconds } = this.#clock
    const at = (time: number) => (this.#clock.now - (seconds - time) * 1000) / 1000
    const result = this.#stored.flatMap(({ metric, samples }): object[] => {
      if (names && !names.includes(metric['__name__'] ?? '')) return []
      const window = range ? Number(range[1]) : STALE_AFTER
      const inside = samples.filter((one) => one.seconds > seconds - window)
      const last = inside.at(-1)
      if (!last) return []
      return range
        ? [{ metric, values: inside.map((one) => [at(one.seconds), String(one.value)]) }]
        : [{ metric, value: [at(seconds), String(last.value)] }]
    })
    return JSON.stringify({ status: 'success', data: { resultType: range ? 'matrix' : 'vector', result } })
  }
}
