import type { LiveTotals } from '@ergometer/core'
import { hardwareId, KnownAttributes, type PointAttributes } from './known-attributes.ts'
import { ATTRIBUTES, type METRICS } from './names.ts'

/** One figure of a metric. */
export interface Point {
  readonly metric: keyof typeof METRICS
  readonly value: number
  readonly attributes: PointAttributes
}

/** What the metrics are made of: live totals, or those of the past. */
type Totals = Omit<LiveTotals, 'health'>

/** Names of work and scores that make sense as attributes everywhere. */
const NAME = /^[A-Za-z0-9_./-]{1,64}$/
const MOST_NAMES = 64

/**
 * The metrics of totals, in any order: a pure function, so that two readers see the same. What is unknown has no point. Without
 * a `runName` they are a node's: hardware, intensity and meters alone. `known`: attributes of before, to be used again.
 */
export function pointsOf(totals: Totals, runName?: string, known = new KnownAttributes()): Point[] {
  const points: Point[] = []
  addHardware(points, totals, known)
  for (const { name, failures } of totals.meters ?? []) {
    const attributes = known.of({ [ATTRIBUTES.meterName]: name })
    points.push({ metric: 'failures', value: failures, attributes })
  }
  addIntensity(points, totals, known)
  if (runName !== undefined) addRun(points, totals, runName, known)
  return points
}

function addHardware(points: Point[], { domains, seconds }: Totals, known: KnownAttributes): void {
  let ids: Map<string, string> | undefined
  const parentOf = (within: string): string => {
    ids ??= new Map(domains.map((one) => [one.id, hardwareId(one)]))
    return ids.get(within) ?? within
  }
  for (const domain of domains) {
    const { layer, joules, watts, within, coverage } = domain
    if (!layer) continue
    const host = layer === 'host'
    const { hardware, id } = known.ofDomain(domain, within === undefined ? undefined : parentOf(within))
    if (joules !== undefined)
      points.push({ metric: host ? 'hostEnergy' : 'hardwareEnergy', value: joules, attributes: hardware })
    if (watts !== undefined)
      points.push({ metric: host ? 'hostPower' : 'hardwarePower', value: watts, attributes: hardware })
    // Of no time at all there is no share.
    if (seconds > 0) points.push({ metric: 'coverage', value: coverage, attributes: id })
  }
}

function addIntensity(points: Point[], { intensity }: Totals, known: KnownAttributes): void {
  if (intensity?.gramsPerKilowattHour === undefined) return
  const { kind, zone, gramsPerKilowattHour: value } = intensity
  const attributes = known.of({
    [ATTRIBUTES.carbonKind]: kind,
    ...(zone === undefined ? {} : { [ATTRIBUTES.carbonZone]: zone }),
  })
  points.push({ metric: 'intensity', value, attributes })
}

function addRun(points: Point[], totals: Totals, name: string, known: KnownAttributes): void {
  const { byMethod, gramsCo2e, intensity, work, scores } = totals
  const run = { [ATTRIBUTES.runName]: name }
  const add = (metric: Point['metric'], attribute: string, value: number, key: string): void => {
    points.push({ metric, value, attributes: known.of({ ...run, [attribute]: key }) })
  }
  const addAll = (
    metric: Point['metric'],
    attribute: string,
    values: Readonly<Record<string, number>> = {},
  ) => {
    const names = Object.keys(values).filter((key) => NAME.test(key))
    for (const key of names.slice(0, MOST_NAMES)) add(metric, attribute, values[key] as number, key)
  }
  addAll('runEnergy', ATTRIBUTES.method, byMethod)
  if (gramsCo2e !== undefined)
    add('runEmissions', ATTRIBUTES.carbonKind, gramsCo2e, intensity?.kind ?? 'average')
  addAll('runWork', ATTRIBUTES.workUnit, work)
  addAll('runScore', ATTRIBUTES.scoreName, scores)
}
