import type { FleetRun, FleetScore, HealthEntry } from '@ergometer/core'
import { ATTRIBUTES, METRICS } from './names.ts'
import type { Owner, RunOwners } from './run-owners.ts'
import { StoredCounter } from './stored-counter.ts'
import { StoredGauge } from './stored-gauge.ts'
import { labelOf, type StoredSeries, seriesKey } from './stored-series.ts'

const METHODS: readonly string[] = ['measured', 'modelled', 'reported']
/** The kind of what is metered as a whole. */
const HOST = 'host'
/** Kinds add up to the energy, or else they are another boundary's. */
const AS_GOOD_AS_EQUAL = 0.01
/** One export brings all series of a run, in the same second or two. */
const SAME_EXPORT = 2

/** One figure of a run by the series that tell it: a run over two roads, or read by two servers, has copies. */
type Copies<Figure> = Map<string, Figure>

/** What is known of one run. */
interface Known {
  readonly owner: Owner
  from: number
  to: number
  /** By metric and attribute. */
  readonly counters: Map<string, Copies<StoredCounter>>
  readonly scores: Map<string, Copies<StoredGauge>>
  readonly coverage: Map<string, Copies<StoredGauge>>
}

type CounterKind = 'energy' | 'grams' | 'work' | 'kind' | 'host'

/** A run's energy is that of its components, or of the host as a whole. */
const LAYERS = ['kind', 'host'] as const

/** The series of all runs of a name, as they come from a store, until they are runs. */
export class FleetSeries {
  readonly #owners: RunOwners
  readonly #runs = new Map<string, Known>()

  constructor(owners: RunOwners) {
    this.#owners = owners
  }

  /** Takes a series of a run, or a part of it that is later than those before. */
  add(series: StoredSeries): void {
    const ownerAt = this.#owners.of(series)
    const key = seriesKey(series)
    const name = plainName(series)
    const score = isOf(METRICS.runScore, name) ? labelOf(series.labels, ATTRIBUTES.scoreName) : undefined
    const counter = counterOf(series, name)
    for (const [seconds, value] of series.samples) {
      const owner = ownerAt(seconds)
      const run = this.#runs.get(owner.key) ?? newRun(owner, seconds)
      this.#runs.set(owner.key, run)
      run.from = Math.min(run.from, seconds)
      run.to = Math.max(run.to, seconds)
      if (score !== undefined) copyOf(run.scores, score, key, StoredGauge).add(seconds, value)
      if (counter !== undefined) copyOf(run.counters, counter, key, StoredCounter).add(seconds, value)
    }
  }

  /** Takes a series that names no run, or a part of it: that of runs that are known by now, while they were seen. */
  addBeside(series: StoredSeries): void {
    const ownerAt = this.#owners.of(series)
    const key = seriesKey(series)
    const name = plainName(series)
    const id = labelOf(series.labels, ATTRIBUTES.hardwareId) ?? ''
    const kind = labelOf(series.labels, ATTRIBUTES.hardwareType) ?? 'other'
    const covers = isOf(METRICS.coverage, name)
    const counter = isOf(METRICS.hostEnergy, name)
      ? counterKey('host', HOST, id)
      : counterKey('kind', kind, id)
    for (const [seconds, value] of series.samples) {
      const run = this.#runs.get(ownerAt(seconds).key)
      if (!run || seconds < run.from - SAME_EXPORT || seconds > run.to + SAME_EXPORT) continue
      if (covers) copyOf(run.coverage, id, key, StoredGauge).add(seconds, value)
      else copyOf(run.counters, counter, key, StoredCounter).add(seconds, value)
    }
  }

  /** The runs, and what a reader should know of how they came about. */
  finish(): { readonly runs: FleetRun[]; readonly health: HealthEntry[] } {
    const runs = [...this.#runs.values()]
    const copied = runs.filter(({ counters }) =>
      [...counters].some(([key, copies]) => isOwnFigure(key) && copies.size > 1),
    )
    const hosts = [...new Set(copied.map(({ owner }) => owner.host))].sort()
    const health: HealthEntry[] = []
    if (hosts.length > 0) {
      health.push({
        severity: 'info',
        code: 'counted-once',
        message: `the store has the figures of ${copied.length} of ${runs.length} runs more than once (${hosts.slice(0, 5).join(', ')}): each run id counts once, by the copy that saw most`,
      })
    }
    return { runs: runs.map(runOf), health }
  }
}

function newRun(owner: Owner, seconds: number): Known {
  return { owner, from: seconds, to: seconds, counters: new Map(), scores: new Map(), coverage: new Map() }
}

function plainName({ labels }: StoredSeries): string {
  return (labels.get('__name__') ?? '').replaceAll('.', '_')
}

function isOf({ name }: { readonly name: string }, spelt: string): boolean {
  return spelt.startsWith(name.replaceAll('.', '_'))
}

/** What a series of a run counts; undefined where it is no counter, or does not say of what. */
function counterOf({ labels }: StoredSeries, name: string): string | undefined {
  if (isOf(METRICS.runEnergy, name)) {
    // Whatever does not say that a sensor saw it is not taken for measured.
    const method = labelOf(labels, ATTRIBUTES.method)
    return counterKey('energy', method !== undefined && METHODS.includes(method) ? method : 'reported')
  }
  if (isOf(METRICS.runEmissions, name))
    return counterKey('grams', labelOf(labels, ATTRIBUTES.carbonKind) ?? 'unknown')
  const unit = isOf(METRICS.runWork, name) ? labelOf(labels, ATTRIBUTES.workUnit) : undefined
  return unit === undefined ? undefined : counterKey('work', unit)
}

function counterKey(kind: CounterKind, attribute: string, id = ''): string {
  return JSON.stringify([kind, attribute, id])
}

function isOwnFigure(key: string): boolean {
  return ['energy', 'grams', 'work'].includes(JSON.parse(key)[0])
}

function copyOf<Figure>(
  figures: Map<string, Copies<Figure>>,
  what: string,
  series: string,
  Kind: new () => Figure,
): Figure {
  const copies = figures.get(what) ?? new Map<string, Figure>()
  figures.set(what, copies)
  const figure = copies.get(series) ?? new Kind()
  copies.set(series, figure)
  return figure
}

function runOf({ owner, from, to, counters, scores, coverage }: Known): FleetRun {
  const { runId, host, hostId, instance } = owner
  const byMethod = totalsOf(counters, 'energy')
  const layer = LAYERS.find((one) => addsUp(totalsOf(counters, one), byMethod))
  // A plug beside the components, or components below it, are not in the total: what they lack is not missing.
  const others = idsOf(counters, layer && LAYERS.find((one) => one !== layer))
  const shares = [...coverage].flatMap(([id, copies]) =>
    others.has(id) ? [] : (latest(copies)?.value ?? []),
  )
  return {
    runId,
    host,
    hostId,
    instance,
    from,
    to,
    byMethod,
    byKind: layer && totalsOf(counters, layer),
    grams: totalsOf(counters, 'grams'),
    work: totalsOf(counters, 'work'),
    scores: [...scores]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, copies]) => scoreOf(name, copies)),
    coverage: shares.length === 0 ? undefined : Math.min(1, Math.max(0, Math.min(...shares))),
  }
}

/** Of copies of a counter that only grows, the greatest saw most of it. */
function totalsOf(counters: Known['counters'], kind: CounterKind): Record<string, number> {
  const totals = new Map<string, number>()
  for (const [key, copies] of counters) {
    const [itsKind, attribute] = JSON.parse(key) as [string, string]
    const known = [...copies.values()].flatMap(({ total }) => total ?? [])
    if (itsKind === kind && known.length > 0)
      totals.set(attribute, (totals.get(attribute) ?? 0) + Math.max(...known))
  }
  return Object.fromEntries([...totals].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether these are what the energy is made of. */
function addsUp(kinds: Record<string, number>, byMethod: Record<string, number>): boolean {
  const joules = sum(byMethod)
  return Object.keys(kinds).length > 0 && Math.abs(sum(kinds) - joules) <= AS_GOOD_AS_EQUAL * joules
}

function idsOf(counters: Known['counters'], kind: CounterKind | undefined): Set<string> {
  const keys = [...counters.keys()].map((key) => JSON.parse(key) as [string, string, string])
  return new Set(keys.flatMap(([its, , id]) => (its === kind ? [id] : [])))
}

function sum(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((whole, part) => whole + part, 0)
}

function latest(copies: Copies<StoredGauge>): { t: number; value: number } | undefined {
  return [...copies.values()]
    .flatMap(({ seen }) => seen?.last ?? [])
    .sort((a, b) => a.t - b.t)
    .at(-1)
}

function scoreOf(name: string, copies: Copies<StoredGauge>): FleetScore[] {
  const seen = [...copies.values()].flatMap((copy) => copy.seen ?? [])
  const [earliest] = [...seen].sort((a, b) => a.first.t - b.first.t)
  const [last] = [...seen].sort((a, b) => b.last.t - a.last.t)
  if (!earliest || !last) return []
  return [
    {
      name,
      first: earliest.first,
      last: last.last,
      least: Math.min(...seen.map((one) => one.least)),
      most: Math.max(...seen.map((one) => one.most)),
    },
  ]
}
