import type { MeterContext, Outcome } from '@ergometer/meter'
import type { Authorisation } from './credentials.ts'
import { parseExposition } from './exposition-text.ts'
import { fetchText, invalid, placeOf } from './fetch-text.ts'
import type { PrometheusOptions } from './prometheus-options.ts'
import { parseQueryReply } from './query-reply.ts'
import type { Series } from './series.ts'
import type { SeriesRule } from './series-rule.ts'
import { trustingFetch } from './trusting-fetch.ts'

/** Where series come from. */
export interface SeriesSource {
  /** For a person. */
  readonly place: string
  /**
   * Everything that is there now. `since`: seconds since it was asked with success. `refusal`: what follows when the
   * server refuses. Throws what `fetchText` throws.
   */
  series(since: number, signal: AbortSignal, refusal: Outcome): Promise<readonly Series[]>
}

const TIMEOUT = 5
/** A server is asked for the samples of so many periods, and of so many seconds: at least as many as it looks back itself. */
const PERIODS = 4
const SHORTEST_WINDOW = 300
const LONGEST_WINDOW = 3600
/** A metric, a set of matchers, or both; no function, no range. */
const SELECTOR =
  /^(?:[a-zA-Z_:][\w:]*\s*)?(?:\{(?:[^"'`{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\})?$/

/** The page of an exporter, or the server, that the options name. `period`: seconds between two scrapes. */
export function seriesSource(
  options: PrometheusOptions,
  rules: readonly SeriesRule[],
  period: number,
  authorisation: Authorisation,
  context: Pick<MeterContext, 'fetch'>,
): SeriesSource {
  const fetch = options.caFile === undefined ? context.fetch : trustingFetch(options.caFile)
  const request = { fetch, authorisation, timeout: options.timeout ?? TIMEOUT }
  if (options.url !== undefined) {
    const url = new URL(options.url)
    const place = placeOf(url)
    return {
      place,
      async series(_since, signal, refusal) {
        const { text } = await fetchText({ ...request, url, signal, refusal })
        const { series, badLines } = parseExposition(text)
        if (series.length > 0 || badLines === 0) return series
        throw invalid(
          place,
          'sends no metrics that can be understood; expected the text of Prometheus or OpenMetrics',
        )
      },
    }
  }
  const base = new URL(options.prometheus as string)
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/api/v1/query`
  const place = placeOf(base)
  const query = (options.query ?? anyOf(rules)).trim()
  return {
    place,
    async series(since, signal, refusal) {
      const url = new URL(base)
      url.searchParams.set('query', withWindow(query, period, since))
      const { status, text } = await fetchText({ ...request, url, signal, refusal })
      const series = parseQueryReply(text)
      if (typeof series !== 'string') return series
      throw invalid(place, `status ${status}, ${series}`, status === 200 ? 'retry' : refusal)
    },
  }
}

function anyOf(rules: readonly SeriesRule[]): string {
  return `{__name__=~"${rules.flatMap(({ metrics = [] }) => metrics).join('|')}"}`
}

/**
 * Asked for a selector, a server tells its last value as if it were of now, for up to five minutes after the last
 * scrape. Asked for a range, it tells every sample with its own time: none is stale, none missed, none there twice.
 */
function withWindow(query: string, period: number, since: number): string {
  if (!SELECTOR.test(query)) return query
  const seconds = Math.max(SHORTEST_WINDOW, PERIODS * period) + Math.max(0, since)
  return `${query}[${Math.ceil(Math.min(LONGEST_WINDOW, seconds))}s]`
}
