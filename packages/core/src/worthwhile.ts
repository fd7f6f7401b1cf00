import { marginalGain, type Score, type ScoreCosts } from './scores.ts'

/** When more training is no longer worth its energy. */
export interface WorthwhileRule {
  /** What a kilowatt hour has to gain at least, in units of the score: 0.5 is half a point of accuracy. */
  readonly minimumGainPerKilowattHour: number
  /** So many evaluations in a row may gain less; 3 by default. */
  readonly patience?: number
}

const PATIENCE = 3

/**
 * False once so many evaluations in a row have gained too little. Each is held against the best before it and the energy
 * since then, so that recovering from a dip is no gain. Of what energy an evaluation took and nobody knows, it counts as
 * worthwhile: no training stops for want of a meter. `scores`: of one name, in the order of time.
 */
export function isWorthwhile(
  scores: readonly Pick<Score, 't' | 'value'>[],
  better: 'higher' | 'lower',
  costs: Pick<ScoreCosts, 'joulesBetween'>,
  { minimumGainPerKilowattHour, patience = PATIENCE }: WorthwhileRule,
): boolean {
  let best = scores[0]
  let below = 0
  for (const score of scores.slice(1)) {
    const gain = marginalGain(best, score, better, costs)
    below = gain !== undefined && gain < minimumGainPerKilowattHour ? below + 1 : 0
    if (!best || (better === 'lower' ? score.value < best.value : score.value > best.value)) best = score
  }
  return below < (patience >= 1 ? patience : PATIENCE)
}
