import { describe, expect, test } from 'vitest'
import { summariseScores } from '../src/scores.ts'

const at = (name: string, ...values: number[]) => values.map((value, t) => ({ t, name, value }))

describe('a score', () => {
  test.each([
    ['loss', 'lower'],
    ['val/Loss', 'lower'],
    ['training_error', 'lower'],
    ['perplexity', 'lower'],
    ['mse', 'lower'],
    ['RMSE', 'lower'],
    ['mae', 'lower'],
    ['accuracy', 'higher'],
    ['bleu', 'higher'],
    ['constructor', 'higher'],
  ] as const)('named %s is better the %s it is', (name, better) => {
    const score = summariseScores(at(name, 3, 1, 2), undefined)[name]
    expect(score).toEqual({ first: 3, last: 2, best: better === 'lower' ? 1 : 3, better })
  })

  test('is better as its client says, from then on', () => {
    const said = [
      { t: 0, name: 'loss', value: 1, better: 'higher' as const },
      ...at('loss', 0, 3, 2).slice(1),
    ]
    expect(summariseScores(said, undefined)['loss']).toMatchObject({ best: 3, better: 'higher' })
  })

  test('is summed up in the order of time, not of arrival', () => {
    const [late, early] = [
      { t: 2, name: 'accuracy', value: 0.9 },
      { t: 1, name: 'accuracy', value: 0.8 },
    ]
    expect(summariseScores([late, early], undefined)['accuracy']).toMatchObject({ first: 0.8, last: 0.9 })
  })

  test('has a figure per kilowatt hour only where higher is better and energy is known', () => {
    const scores = [...at('accuracy', 0.5, 0.9), ...at('loss', 1, 0.1)]
    const summary = summariseScores(scores, 0.25)
    expect(summary['accuracy']?.perKilowattHour).toBeCloseTo(3.6, 12)
    expect(summary['loss']).not.toHaveProperty('perKilowattHour')
    for (const none of [undefined, 0]) {
      expect(summariseScores(scores, none)['accuracy']).not.toHaveProperty('perKilowattHour')
    }
    expect(summariseScores(at('accuracy', 1e308), 1e-9)['accuracy']).not.toHaveProperty('perKilowattHour')
  })
})
