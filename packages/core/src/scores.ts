import type { Report } from './report.ts'

/** A score at an instant. */
export interface Score {
  readonly t: number
  readonly name: string
  readonly value: number
  readonly better?: 'higher' | 'lower'
}

/** Names whose figure is better the lower it is, unless it is said otherwise. */
const LOWER_IS_BETTER = /loss|error|perplexity|mse|mae|rmse/i

/** First, last and best of each score; per kilowatt hour of the run where higher is better. */
export function summariseScores(
  scores: readonly Score[],
  kilowattHours: number | undefined,
): Report['scores'] {
  const summary: Report['scores'] = {}
  for (const score of [...scores].sort((a, b) => a.t - b.t)) {
    const { name, value } = score
    const known = Object.hasOwn(summary, name) ? summary[name] : undefined
    const better = score.better ?? known?.better ?? (LOWER_IS_BETTER.test(name) ? 'lower' : 'higher')
    const best = known ? (better === 'lower' ? Math.min : Math.max)(known.best, value) : value
    summary[name] = { first: known?.first ?? value, last: value, best, better }
  }
  if (kilowattHours === undefined || kilowattHours === 0) return summary
  for (const score of Object.values(summary)) {
    const perKilowattHour = score.last / kilowattHours
    if (score.better === 'higher' && Number.isFinite(perKilowattHour)) score.perKilowattHour = perKilowattHour
  }
  return summary
}
