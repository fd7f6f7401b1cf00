import type { PrometheusOptions } from './prometheus-options.ts'
import { type Series, seriesText } from './series.ts'
import type { SeriesRule, Thing } from './series-rule.ts'
import { unclear } from './this-host.ts'
import { UNITS } from './unit.ts'

/** The rule that a user's own options make, where there is no preset. */
export function ownRule(options: PrometheusOptions): SeriesRule {
  const { metric, unit = 'W', id, identity, label, feeds } = options
  const kind = options.kind ?? (feeds ? 'host' : 'other')
  const describe = (series: Series): Thing | undefined => {
    const own = id === undefined ? series.name || 'query' : series.labels.get(id)
    if (!own) return undefined
    const named = identity === undefined ? undefined : filled(identity, series)
    return {
      id: own,
      kind,
      label: label === undefined ? own : (filled(label, series) ?? own),
      part: own,
      ...(named === undefined ? {} : { identity: named }),
      ...(kind === 'host' ? { supply: true } : {}),
    }
  }
  return { ...(metric === undefined ? {} : { metrics: [metric] }), unit: UNITS[unit], describe }
}

/**
 * Holds that each series is a domain of its own: nobody has said that they repeat each other, or may be added up.
 * @throws MeterError `PROMETHEUS_SERIES_UNCLEAR`
 */
export function assertApart(series: readonly Series[], rule: SeriesRule): void {
  const seen = new Map<string | undefined, Series>()
  for (const one of series) {
    const id = rule.describe(one)?.id
    const other = seen.get(id)
    if (other) {
      throw unclear(
        `${seriesText(other)} and ${seriesText(one)}: name the label that tells them apart ("id"), or take fewer ("match")`,
      )
    }
    seen.set(id, one)
  }
}

/** A text with labels put in where it has them in braces; undefined if one of them is not there. */
function filled(text: string, series: Series): string | undefined {
  let whole = true
  const result = text.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = series.labels.get(name)
    if (!value) whole = false
    return value ?? ''
  })
  return whole ? result : undefined
}
