import type { Method } from '@ergometer/meter'
import { ENOUGH_COVERAGE } from './counted-energy.ts'
import { ratio } from './efficiency.ts'
import { JOULES_PER_KILOWATT_HOUR } from './factors.ts'
import { fleetHealth } from './fleet-health.ts'
import type { FleetRun, FleetScore } from './fleet-run.ts'
import type { HealthEntry } from './health.ts'
import type { ReportEfficiency, ReportScore } from './report.ts'
import { type Score, summariseScores } from './scores.ts'
import { sum } from './sum.ts'

/** Work of one unit against energy and emissions. */
export type FleetEfficiency = Pick<ReportEfficiency, 'perJoule' | 'joulesPer' | 'gramsCo2ePer'>

/** A node's part of a distributed run: a run of its own, as a store of metrics knows it. */
export interface FleetNode {
  host: string
  hostId?: string
  /** Absent: the store does not tell it. */
  runId?: string
  /** Where it was read from, as the store names it. */
  instance?: string
  /** ISO 8601: the first and the last sample in the window. */
  startedAt: string
  endedAt: string
  seconds: number
  /** Absent: unknown. */
  joules?: number
  kilowattHours?: number
  /** Adds up to `joules`. */
  byMethod: Record<string, number>
  gramsCo2e?: number
  work: Record<string, number>
  /** Share of the run whose energy is known, 0 to 1, of the domain that lacks most; absent: unknown. */
  coverage?: number
  /** Absent below a coverage of 0.9. */
  efficiency: Record<string, FleetEfficiency>
}

/**
 * What a store of metrics tells of all nodes of a run: schema `ergometer.fleet/1`, with the fields of a report. Absent
 * means unknown. Totals are those of the nodes where they are known; `health` says where they are not.
 */
export interface FleetReport {
  schema: 'ergometer.fleet/1'
  run: { name: string; startedAt: string; endedAt: string; seconds: number }
  energy: {
    joules?: number
    kilowattHours?: number
    method?: Method | 'mixed'
    byMethod: Record<string, number>
    /** Present where the components of every node add up to its energy, within 1 %. */
    byKind?: Record<string, number>
    /** Of the node that lacks most; absent where that of any node is unknown. */
    coverage?: number
  }
  carbon: {
    gramsCo2e?: number
    /** Average or marginal: the two are never added. */
    intensity?: { kind: string }
  }
  work: Record<string, number>
  scores: Record<string, ReportScore>
  /** Absent below a coverage of 0.9, and where any node's energy is unknown. */
  efficiency: Record<string, FleetEfficiency>
  nodes: FleetNode[]
  health: HealthEntry[]
}

/** The report of all runs of a name, by host and time. `runs`: at least one; `health`: what was met on the way to them. */
export function fleetReport(
  name: string,
  runs: readonly FleetRun[],
  health: readonly HealthEntry[] = [],
): FleetReport {
  const inOrder = [...runs].sort((a, b) => compare(a.host, b.host) || a.from - b.from)
  const nodes = inOrder.map(nodeOf)
  const joules = nodes.flatMap((node) => node.joules ?? [])
  const energy = joules.length === 0 ? undefined : sum(joules)
  const grams = totalGrams(inOrder)
  const work = sums(inOrder.map((run) => run.work))
  const coverage = least(nodes.map((node) => node.coverage))
  const whole = joules.length === nodes.length && nodes.every(isWellKnown)
  const wellKnown = whole ? energy : undefined
  const allGrams = inOrder.every((run) => gramsOf(run) !== undefined) ? grams?.gramsCo2e : undefined
  const byMethod = sums(inOrder.map((run) => run.byMethod))
  const byKind = kindsOf(inOrder)
  return {
    schema: 'ergometer.fleet/1',
    run: { name, ...times(Math.min(...runs.map((run) => run.from)), Math.max(...runs.map((run) => run.to))) },
    energy: {
      ...energyFields(energy),
      ...(energy === undefined ? {} : { method: methodOf(byMethod) }),
      byMethod,
      ...(byKind ? { byKind } : {}),
      ...(coverage === undefined ? {} : { coverage }),
    },
    carbon: grams ? { gramsCo2e: grams.gramsCo2e, intensity: { kind: grams.kind } } : {},
    work,
    scores: scoresOf(
      inOrder.flatMap((run) => run.scores),
      wellKnown,
    ),
    efficiency: efficiencyOf(work, wellKnown, allGrams),
    nodes,
    health: [...health, ...fleetHealth(inOrder)],
  }
}

function nodeOf(run: FleetRun): FleetNode {
  const { host, hostId, runId, instance, from, to, byMethod, work, coverage } = run
  const known = Object.values(byMethod)
  const joules = known.length === 0 ? undefined : sum(known)
  const gramsCo2e = gramsOf(run)
  const node: FleetNode = {
    host,
    ...(hostId === undefined ? {} : { hostId }),
    ...(runId === undefined ? {} : { runId }),
    ...(instance === undefined ? {} : { instance }),
    ...times(from, to),
    ...energyFields(joules),
    byMethod: { ...byMethod },
    ...(gramsCo2e === undefined ? {} : { gramsCo2e }),
    work: { ...work },
    ...(coverage === undefined ? {} : { coverage }),
    efficiency: {},
  }
  return { ...node, efficiency: efficiencyOf(work, isWellKnown(node) ? joules : undefined, gramsCo2e) }
}

function times(from: number, to: number): Pick<FleetNode, 'startedAt' | 'endedAt' | 'seconds'> {
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
  return { startedAt: iso(from), endedAt: iso(to), seconds: to - from }
}

function energyFields(joules: number | undefined): { joules?: number; kilowattHours?: number } {
  return joules === undefined ? {} : { joules, kilowattHours: joules / JOULES_PER_KILOWATT_HOUR }
}

function isWellKnown({ coverage = 1 }: Pick<FleetNode, 'coverage'>): boolean {
  return coverage >= ENOUGH_COVERAGE
}

/** Of one kind; those of a run that tells two kinds are not known to be the same energy's. */
function gramsOf({ grams }: FleetRun): number | undefined {
  const [one, ...more] = Object.values(grams)
  return more.length > 0 ? undefined : one
}

function totalGrams(runs: readonly FleetRun[]): { gramsCo2e: number; kind: string } | undefined {
  const kinds = new Set(runs.flatMap(({ grams }) => Object.keys(grams)))
  const [kind] = kinds
  if (kind === undefined || kinds.size > 1) return undefined
  return { gramsCo2e: sum(runs.flatMap((run) => gramsOf(run) ?? [])), kind }
}

function kindsOf(runs: readonly FleetRun[]): Record<string, number> | undefined {
  const known = runs.filter(({ byMethod }) => Object.keys(byMethod).length > 0)
  const byKind = known.flatMap((run) => (run.byKind ? [run.byKind] : []))
  return known.length > 0 && byKind.length === known.length ? sums(byKind) : undefined
}

function methodOf(byMethod: Readonly<Record<string, number>>): Method | 'mixed' {
  const [method, ...more] = Object.keys(byMethod)
  return more.length > 0 || method === undefined ? 'mixed' : (method as Method)
}

/** Work against what it took: of no work or no energy there is no figure. */
function efficiencyOf(
  work: Readonly<Record<string, number>>,
  joules: number | undefined,
  grams: number | undefined,
): Record<string, FleetEfficiency> {
  const entries = Object.entries(work).flatMap(([unit, amount]): [string, FleetEfficiency][] => {
    const perJoule = ratio(amount, joules)
    const joulesPer = ratio(joules, amount)
    if (!perJoule || !joulesPer) return []
    const gramsCo2ePer = ratio(grams, amount)
    return [[unit, { perJoule, joulesPer, ...(gramsCo2ePer === undefined ? {} : { gramsCo2ePer }) }]]
  })
  return Object.fromEntries(entries)
}

/** Over all nodes: the earliest, the latest and the best figure of each. */
function scoresOf(scores: readonly FleetScore[], joules: number | undefined): Record<string, ReportScore> {
  const points = scores.flatMap(({ name, first, last, least, most }): Score[] => [
    { t: first.t, name, value: first.value },
    { t: first.t, name, value: least },
    { t: first.t, name, value: most },
    { t: last.t, name, value: last.value },
  ])
  const kilowattHours = joules === undefined ? undefined : joules / JOULES_PER_KILOWATT_HOUR
  const summary = Object.entries(summariseScores(points, { kilowattHours }))
  // The points between are not in their order: there is no curve.
  return Object.fromEntries(summary.map(([name, { curve: _, ...score }]) => [name, score]))
}

function sums(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum = new Map<string, number>()
  for (const [name, value] of parts.flatMap((part) => Object.entries(part)))
    sum.set(name, (sum.get(name) ?? 0) + value)
  return Object.fromEntries([...sum].sort(([a], [b]) => compare(a, b)))
}

function least(shares: readonly (number | undefined)[]): number | undefined {
  const known = shares.filter((share) => share !== undefined)
  return known.length === shares.length ? Math.min(...known) : undefined
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
