import type { Domain, DomainKind } from '@ergometer/meter'
import type { PrometheusOptions } from './prometheus-options.ts'
import type { Series } from './series.ts'
import { isKnown, type SeriesRule, type Thing } from './series-rule.ts'
import { someOf, unclear } from './this-host.ts'

/** A domain, and the series that it is read from. */
export interface FoundDomain {
  readonly domain: Domain
  readonly rule: SeriesRule
  /** Things that make it up: one, or all that feed this host together. */
  readonly things: ReadonlySet<string>
  /** What is added up: `<thing> <part>`. */
  readonly parts: ReadonlySet<string>
}

/** Nothing of the kind draws as much, in watts: wide, for figures that stand for many, or change seldom. */
const MOST_WATTS: Readonly<Partial<Record<DomainKind, number>>> = {
  cpu: 20_000,
  memory: 10_000,
  gpu: 10_000,
  host: 100_000,
}
/** Of domains that feed the host together. */
const WHOLE = 'host'

interface Found {
  readonly thing: Thing
  readonly rule: SeriesRule
  readonly parts: Set<string>
}

/** What a part of a thing is called. */
export function partOf({ id, part = '' }: Thing): string {
  return `${id} ${part}`
}

/** Whether a series has the labels that the options ask for. */
export function matches({ labels }: Series, match: PrometheusOptions['match'] = {}): boolean {
  return Object.entries(match).every(([label, wanted]) => [wanted].flat().includes(labels.get(label) ?? ''))
}

/** The rule for a series, and what it tells of. */
export function describeSeries(
  series: Series,
  rules: readonly SeriesRule[],
): readonly { readonly rule: SeriesRule; readonly thing: Thing }[] {
  return rules.flatMap((rule) => {
    if (rule.metrics && !rule.metrics.includes(series.name)) return []
    const thing = rule.describe(series)
    return thing ? [{ rule, thing }] : []
  })
}

/**
 * The domains in a first reply: one for each thing, by the first rule that knows a value of it.
 * @throws MeterError `PROMETHEUS_SERIES_UNCLEAR` when it cannot be told which of them supply this host
 */
export function findDomains(
  series: readonly Series[],
  rules: readonly SeriesRule[],
  options: PrometheusOptions,
): FoundDomain[] {
  const found = findThings(series, rules)
  const supplies = found.filter(({ thing }) => thing.supply)
  if (options.feeds) return [feeding(supplies, options), ...others(found, options)]
  if (supplies.length > 1 && supplies.length === found.length && !isSelected(options)) {
    const names = someOf(supplies.map(({ thing }) => thing.id))
    throw unclear(
      `${supplies.length} things supply machines: ${names}; say which of them supply this one ("match": {"LABEL": ["…"]})`,
    )
  }
  return withIds(
    found.map((one) => ({ one, id: one.thing.id, feeds: false })),
    options,
  )
}

/** Whether the user has said which of several they mean. */
function isSelected({ match, query }: PrometheusOptions): boolean {
  return match !== undefined || query !== undefined
}

function findThings(series: readonly Series[], rules: readonly SeriesRule[]): Found[] {
  const found = new Map<string, Found>()
  for (const rule of rules) {
    for (const one of series) {
      if (!one.samples.some(({ value }) => isKnown(rule, value))) continue
      for (const { thing } of describeSeries(one, [rule])) {
        const known = found.get(thing.id) ?? { thing, rule, parts: new Set<string>() }
        found.set(thing.id, known)
        if (known.rule === rule) known.parts.add(partOf(thing))
      }
    }
  }
  return [...found.values()]
}

/** A machine with two supplies hangs on two outlets: together they are one domain, since each alone is half of it. */
function feeding(supplies: readonly Found[], options: PrometheusOptions): FoundDomain {
  const [first, ...more] = supplies
  if (first === undefined)
    throw unclear('nothing there supplies a whole machine, so that nothing can feed this one')
  const addable = supplies.every(({ thing, rule }) => thing.part !== undefined && rule === first.rule)
  if (more.length > 0 && (!addable || !isSelected(options))) {
    const names = someOf(supplies.map(({ thing }) => thing.id))
    throw unclear(`${names}: say which of them feed this machine ("match": {"LABEL": ["…"]})`)
  }
  const label = supplies.map(({ thing }) => thing.label).join(' + ')
  const whole = more.length === 0 ? first.thing : { ...first.thing, id: WHOLE, label }
  const parts = new Set(supplies.flatMap((one) => [...one.parts]))
  const [domain] = withIds([{ one: { ...first, thing: whole, parts }, id: whole.id, feeds: true }], options)
  return { ...(domain as FoundDomain), things: new Set(supplies.map(({ thing }) => thing.id)) }
}

function others(found: readonly Found[], options: PrometheusOptions): FoundDomain[] {
  const rest = found.filter(({ thing }) => !thing.supply && thing.id !== WHOLE)
  return withIds(
    rest.map((one) => ({ one, id: one.thing.id, feeds: false })),
    options,
  )
}

function withIds(
  found: readonly { readonly one: Found; readonly id: string; readonly feeds: boolean }[],
  options: PrometheusOptions,
): FoundDomain[] {
  const taken = new Set<string>()
  return found.map(({ one, id, feeds }) => {
    const plain = domainId(id)
    let free = plain
    for (let count = 2; taken.has(free); count++) free = `${plain}:${count}`
    taken.add(free)
    const domain = domainOf(one, free, feeds, options)
    return { domain, rule: one.rule, things: new Set([one.thing.id]), parts: one.parts }
  })
}

/** What an id may hold of a label's value. */
function domainId(text: string): string {
  return text.replace(/[^A-Za-z0-9_./:-]+/g, '-').slice(0, 120) || '-'
}

function domainOf({ thing, rule }: Found, id: string, feeds: boolean, options: PrometheusOptions): Domain {
  const { kind, label, identity, within } = thing
  const { uncertainty, updatePeriod } = options
  const maxWatts = options.maxWatts ?? MOST_WATTS[kind]
  const { quantity, size } = rule.unit
  return {
    id,
    kind,
    label,
    method: options.method ?? thing.method ?? 'measured',
    reads: quantity === 'power' ? { quantity } : { quantity, joulesPerCount: size },
    ...(maxWatts === undefined ? {} : { maxWatts }),
    ...(updatePeriod === undefined ? {} : { updatePeriod }),
    ...(uncertainty === undefined
      ? {}
      : { standardUncertainty: { relative: uncertainty, shared: 'meter' as const } }),
    ...(identity === undefined ? {} : { identity }),
    ...(within === undefined ? {} : { within: domainId(within) }),
    ...(feeds ? { feeds: 'this-host' as const } : {}),
  }
}
