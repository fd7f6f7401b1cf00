import { hostname } from 'node:os'
import { defineMeter, type EnergyMeter, type MeterContext } from '@ergometer/meter'
import { authorisation } from './credentials.ts'
import { findDomains, matches } from './find-domains.ts'
import { assertApart, ownRule } from './own-rule.ts'
import { PRESETS, type Preset } from './presets.ts'
import { type PrometheusOptions, prometheusOptions } from './prometheus-options.ts'
import type { Series } from './series.ts'
import { absent, SeriesReader } from './series-reader.ts'
import type { SeriesRule } from './series-rule.ts'
import { seriesSource } from './series-source.ts'
import { hostsTaken, isOf, someOf } from './this-host.ts'

/** Seconds between two scrapes of a server, as servers are mostly set up. */
const SCRAPE = 15
const MOST_DOMAINS = 1024

/** The meter `prometheus`: domains from an exporter's page, or from what a Prometheus server has stored. */
export default defineMeter(import.meta.url, {
  name: 'prometheus',
  options: prometheusOptions,
  interval: 5,
  open: openPrometheus,
})

async function openPrometheus(options: PrometheusOptions, context: MeterContext): Promise<EnergyMeter> {
  const preset: Preset =
    options.preset === undefined ? { rules: [ownRule(options)] } : PRESETS[options.preset]
  const { rules } = preset
  const period = options.updatePeriod ?? SCRAPE
  const source = seriesSource(options, rules, period, authorisation(options, context.env), context)
  sayUnencrypted(options, context)
  const series = (await source.series(0, context.signal, 'fatal')).filter(
    (one) => matches(one, options.match) && rules.some((rule) => tellsOf(rule, one)),
  )
  if (series.length === 0) throw absent(`${source.place}: ${nothing(options, rules)}`, 'fatal')
  const { NODE_NAME } = context.env
  const own = [...(NODE_NAME ? [NODE_NAME] : []), hostname()]
  const pointed = [options.url, options.query, options.match].some((one) => one !== undefined)
  const hosts = hostsTaken(series, options.host, own, pointed)
  const isTaken = (one: Series) => matches(one, options.match) && isOf(one, hosts)
  const taken = series.filter(isTaken)
  if (options.preset === undefined) assertApart(taken, rules[0] as SeriesRule)
  const settings = { ...options, ...withPeriod(options, preset) }
  const found = findDomains(taken, rules, settings)
  if (found.length === 0) throw absent(`${source.place}: none of the series has a value yet`, 'retry')
  if (found.length > MOST_DOMAINS) {
    throw absent(
      `${source.place}: ${found.length} domains, expected at most ${MOST_DOMAINS}; "match" takes fewer`,
      'fatal',
    )
  }
  sayAddedUp(
    found.map(({ domain }) => domain.id),
    context,
  )
  return new SeriesReader({ source, rules, found, isTaken }, context)
}

function tellsOf({ metrics, describe }: SeriesRule, series: Series): boolean {
  return (metrics === undefined || metrics.includes(series.name)) && describe(series) !== undefined
}

function nothing(
  { preset, metric, query, id, match }: PrometheusOptions,
  rules: readonly SeriesRule[],
): string {
  const what = query ?? metric ?? someOf(rules.flatMap(({ metrics = [] }) => metrics))
  const with_ = [...(id === undefined ? [] : [id]), ...Object.keys(match ?? {})]
  const labels = with_.length === 0 ? '' : ` with the label ${with_.join(', ')}`
  return `no series of ${what}${labels}; ${preset === undefined ? 'is the name right?' : `is it ${preset}, and does it export power?`}`
}

/** A value changes no faster than it is scraped, nor than its exporter looks at the sensor. */
function withPeriod(options: PrometheusOptions, { updatePeriod = 0 }: Preset): { updatePeriod?: number } {
  const seconds = options.updatePeriod ?? Math.max(updatePeriod, options.url === undefined ? SCRAPE : 0)
  return seconds > 0 ? { updatePeriod: seconds } : {}
}

function sayUnencrypted(options: PrometheusOptions, { log }: MeterContext): void {
  const { protocol, hostname: host } = new URL((options.url ?? options.prometheus) as string)
  const secret = options.tokenEnv ?? options.tokenFile ?? options.userEnv
  if (secret === undefined || protocol === 'https:' || /^(localhost|127\..*|\[::1\])$/.test(host)) return
  log(`the credentials for ${host} go over the network as they are: use https`, {
    severity: 'warning',
    code: 'credentials-unencrypted',
  })
}

function sayAddedUp(ids: readonly string[], { log }: MeterContext): void {
  if (!ids.includes('packages')) return
  log('Kepler tells one sum of all CPU packages: beside a meter of each package, leave one of the two out', {
    code: 'packages-added-up',
    domain: 'packages',
  })
}
