import type { LiveDomain, LiveTotals } from '@ergometer/core'
import { ATTRIBUTES, type METRICS } from './names.ts'

/** One figure of a metric. */
export interface Point {
  readonly metric: keyof typeof METRICS
  readonly value: number
  readonly attributes: Readonly<Record<string, string>>
}

/** What the metrics are made of: live totals, or those of the past. */
type Totals = Omit<LiveTotals, 'health'>

/** Names of work and scores that make sense as attributes everywhere. */
const NAME = /^[A-Za-z0-9_./-]{1,64}$/
const MOST_NAMES = 64

/**
 * The metrics of totals, in any order: a pure function, so that two readers see the same. What is unknown has no point. Without
 * a `runName` they are a node's: hardware, intensity and meters alone.
 */
export function pointsOf(totals: Totals, runName?: string): Point[] {
  const parents = new Map(totals.domains.map((one) => [one.id, hardwareId(one)]))
  return [
    ...totals.domains.flatMap((one) => hardwarePoints(one, parents, totals.seconds)),
    ...(totals.meters ?? []).map(({ name, failures }): Point => {
      return { metric: 'failures', value: failures, attributes: { [ATTRIBUTES.meterName]: name } }
    }),
    ...intensityPoints(totals),
    ...(runName === undefined ? [] : runPoints(totals, runName)),
  ]
}

/** `hw.id`: of a GPU its UUID, by which other exporters call it too; else the domain's id. */
export function hardwareId({ id, kind, identity }: Pick<LiveDomain, 'id' | 'kind' | 'identity'>): string {
  return kind === 'gpu' && identity?.startsWith('gpu:') ? identity.slice('gpu:'.length) : id
}

function hardwarePoints(domain: LiveDomain, parents: ReadonlyMap<string, string>, seconds: number): Point[] {
  const { kind, label, layer, joules, watts, within, coverage } = domain
  if (!layer) return []
  const id = { [ATTRIBUTES.hardwareId]: hardwareId(domain) }
  const attributes = {
    ...id,
    [ATTRIBUTES.hardwareName]: label,
    ...(within === undefined ? {} : { [ATTRIBUTES.hardwareParent]: parents.get(within) ?? within }),
    ...(layer === 'host' ? {} : { [ATTRIBUTES.hardwareType]: kind }),
  }
  const energy = layer === 'host' ? 'hostEnergy' : 'hardwareEnergy'
  const power = layer === 'host' ? 'hostPower' : 'hardwarePower'
  return [
    ...(joules === undefined ? [] : [{ metric: energy, value: joules, attributes } as const]),
    ...(watts === undefined ? [] : [{ metric: power, value: watts, attributes } as const]),
    // Of no time at all there is no share.
    ...(seconds > 0 ? [{ metric: 'coverage', value: coverage, attributes: id } as const] : []),
  ]
}

function intensityPoints({ intensity }: Totals): Point[] {
  if (intensity?.gramsPerKilowattHour === undefined) return []
  const { kind, zone, gramsPerKilowattHour: value } = intensity
  const attributes = {
    [ATTRIBUTES.carbonKind]: kind,
    ...(zone === undefined ? {} : { [ATTRIBUTES.carbonZone]: zone }),
  }
  return [{ metric: 'intensity', value, attributes }]
}

function runPoints({ byMethod, gramsCo2e, intensity, work, scores }: Totals, name: string): Point[] {
  const run = { [ATTRIBUTES.runName]: name }
  const named = (
    metric: Point['metric'],
    attribute: string,
    values: Readonly<Record<string, number>> = {},
  ): Point[] =>
    Object.entries(values)
      .filter(([key]) => NAME.test(key))
      .slice(0, MOST_NAMES)
      .map(([key, value]) => ({ metric, value, attributes: { ...run, [attribute]: key } }))
  const kind = intensity?.kind ?? 'average'
  return [
    ...named('runEnergy', ATTRIBUTES.method, byMethod),
    ...(gramsCo2e === undefined
      ? []
      : [
          {
            metric: 'runEmissions',
            value: gramsCo2e,
            attributes: { ...run, [ATTRIBUTES.carbonKind]: kind },
          } as const,
        ]),
    ...named('runWork', ATTRIBUTES.workUnit, work),
    ...named('runScore', ATTRIBUTES.scoreName, scores),
  ]
}
