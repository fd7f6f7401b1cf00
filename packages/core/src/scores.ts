import { ratio } from './efficiency.ts'
import { JOULES_PER_KILOWATT_HOUR } from './factors.ts'
import type { HealthEntry } from './health.ts'
import type { ReportScore, ReportScorePoint, ReportScoreTarget } from './report.ts'

/** A score at an instant. */
export interface Score {
  readonly t: number
  readonly name: string
  readonly value: number
  readonly better?: 'higher' | 'lower'
}

/** What scores are held against. Each answers with undefined where the energy is not known well enough to divide by. */
export interface ScoreCosts {
  /** Kilowatt hours of the whole. */
  readonly kilowattHours?: number | undefined
  /** Joules from the begin to a time. */
  joulesTo?(time: number): number | undefined
  /** Joules between two times. */
  joulesBetween?(from: number, to: number): number | undefined
  /** Grams of CO2e from the begin to a time. */
  gramsTo?(time: number): number | undefined
}

/** Scores to reach, by name. */
export type ScoreTargets = Readonly<Record<string, number>>

/** Names whose figure is better the lower it is, unless it is said otherwise. */
const LOWER_IS_BETTER = /loss|error|perplexity|mse|mae|rmse/i

/** So many names are given for one that was not found. */
const MOST_NAMES = 8

/** So many points of a curve at most: of more, some are left out evenly. */
const MOST_POINTS = 200

/** Each score by name: the values in the order of time, and the direction that is better. */
export function scoresByName(
  scores: readonly Score[],
): Map<string, { better: 'higher' | 'lower'; points: Score[] }> {
  const byName = new Map<string, { better: 'higher' | 'lower'; points: Score[] }>()
  for (const score of [...scores].sort((a, b) => a.t - b.t)) {
    const { name } = score
    const known = byName.get(name)
    const better = score.better ?? known?.better ?? (LOWER_IS_BETTER.test(name) ? 'lower' : 'higher')
    if (known) {
      known.better = better
      known.points.push(score)
    } else byName.set(name, { better, points: [score] })
  }
  return byName
}

/** First, last and best of each score, its course, what it cost, and when it reached its target. */
export function summariseScores(
  scores: readonly Score[],
  costs: ScoreCosts = {},
  targets: ScoreTargets = {},
): Record<string, ReportScore> {
  const summary: Record<string, ReportScore> = {}
  for (const [name, { better, points }] of scoresByName(scores)) {
    const values = points.map(({ value }) => value)
    const last = values.at(-1) as number
    const perKilowattHour = better === 'higher' ? ratio(last, costs.kilowattHours) : undefined
    const target = Object.hasOwn(targets, name) ? targets[name] : undefined
    summary[name] = {
      first: values[0] as number,
      last,
      best: values.reduce((best, value) => (isAsGood(value, best, better) ? value : best)),
      better,
      ...(perKilowattHour === undefined ? {} : { perKilowattHour }),
      ...(target === undefined ? {} : { target: targetOf(points, better, target, costs) }),
      curve: curveOf(points, better, costs),
    }
  }
  return summary
}

/** Targets for scores that nobody told: a name that was mistyped would else go unnoticed. */
export function targetHealth(
  scores: readonly Pick<Score, 'name'>[],
  targets: ScoreTargets = {},
): HealthEntry[] {
  const told = new Set(scores.map(({ name }) => name))
  return Object.entries(targets)
    .filter(([name]) => !told.has(name))
    .map(([name, target]) => ({
      severity: 'warning',
      code: 'target-unknown',
      message: `no score '${name}' was told, so its target of ${target} is held against nothing${told.size === 0 ? '' : `; told were ${[...told].slice(0, MOST_NAMES).join(', ')}`}`,
    }))
}

function isAsGood(value: number, other: number, better: 'higher' | 'lower'): boolean {
  return better === 'lower' ? value <= other : value >= other
}

/** What it took to reach a value: up to the first score that is as good. */
function targetOf(
  points: readonly Score[],
  better: 'higher' | 'lower',
  target: number,
  costs: ScoreCosts,
): ReportScoreTarget {
  const reached = points.find(({ value }) => isAsGood(value, target, better))
  if (!reached) return { value: target, reached: false }
  const joules = costs.joulesTo?.(reached.t)
  const grams = joules === undefined ? undefined : costs.gramsTo?.(reached.t)
  return {
    value: target,
    reached: true,
    seconds: reached.t,
    ...(joules === undefined ? {} : { joules, kilowattHours: joules / JOULES_PER_KILOWATT_HOUR }),
    ...(grams === undefined ? {} : { gramsCo2e: grams }),
  }
}

/** The marginal curve: each score with what had been taken by then, and what the score gained per kWh since the one before. */
function curveOf(
  points: readonly Score[],
  better: 'higher' | 'lower',
  costs: ScoreCosts,
): ReportScorePoint[] {
  const kept = thinned(points)
  return kept.map(({ t, value }, index) => {
    const joules = costs.joulesTo?.(t)
    const gain = marginalGain(kept[index - 1], { t, value }, better, costs)
    return {
      seconds: t,
      value,
      ...(joules === undefined ? {} : { joules }),
      ...(gain === undefined ? {} : { gainPerKilowattHour: gain }),
    }
  })
}

/** What a score gained per kWh between two instants: above 0 is better, whichever direction that is. */
export function marginalGain(
  before: Pick<Score, 't' | 'value'> | undefined,
  after: Pick<Score, 't' | 'value'>,
  better: 'higher' | 'lower',
  { joulesBetween }: Pick<ScoreCosts, 'joulesBetween'>,
): number | undefined {
  if (!before || !joulesBetween || after.t <= before.t) return undefined
  const gain = better === 'lower' ? before.value - after.value : after.value - before.value
  const joules = joulesBetween(before.t, after.t)
  return ratio(gain, joules === undefined ? undefined : joules / JOULES_PER_KILOWATT_HOUR)
}

/** At most 200 of them, the first and the last among them. */
function thinned<Point>(points: readonly Point[]): Point[] {
  if (points.length <= MOST_POINTS) return [...points]
  return Array.from({ length: MOST_POINTS }, (_, index) => {
    return points[Math.round((index * (points.length - 1)) / (MOST_POINTS - 1))] as Point
  })
}
