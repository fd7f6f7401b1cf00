import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScoreCosts, summariseScores } from '../src/scores.ts'
import { score, steadyRun } from './steady-run.ts'

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
    const score = summariseScores(at(name, 3, 1, 2))[name]
    expect(score).toMatchObject({ first: 3, last: 2, best: better === 'lower' ? 1 : 3, better })
  })

  test('is better as its client says, from then on', () => {
    const said = [
      { t: 0, name: 'loss', value: 1, better: 'higher' as const },
      ...at('loss', 0, 3, 2).slice(1),
    ]
    expect(summariseScores(said)['loss']).toMatchObject({ best: 3, better: 'higher' })
  })

  test('is summed up in the order of time, not of arrival', () => {
    const [late, early] = [
      { t: 2, name: 'accuracy', value: 0.9 },
      { t: 1, name: 'accuracy', value: 0.8 },
    ]
    expect(summariseScores([late, early])['accuracy']).toMatchObject({ first: 0.8, last: 0.9 })
  })

  test('has a figure per kilowatt hour only where higher is better and energy is known', () => {
    const scores = [...at('accuracy', 0.5, 0.9), ...at('loss', 1, 0.1)]
    const summary = summariseScores(scores, { kilowattHours: 0.25 })
    expect(summary['accuracy']?.perKilowattHour).toBeCloseTo(3.6, 12)
    expect(summary['loss']).not.toHaveProperty('perKilowattHour')
    for (const kilowattHours of [undefined, 0]) {
      expect(summariseScores(scores, { kilowattHours })['accuracy']).not.toHaveProperty('perKilowattHour')
    }
    expect(summariseScores(at('accuracy', 1e308), { kilowattHours: 1e-9 })['accuracy']).not.toHaveProperty(
      'perKilowattHour',
    )
  })
})

/** A kilowatt hour takes 36,000 s at 100 W. */
const STEADY: ScoreCosts = {
  joulesTo: (time) => 100 * time,
  joulesBetween: (from, to) => 100 * (to - from),
  gramsTo: (time) => time,
}

describe('the marginal curve', () => {
  const course = (name: string, values: number[]) =>
    summariseScores(
      values.map((value, index) => ({ t: 36_000 * (index + 1), name, value })),
      STEADY,
    )[name]?.curve

  test('is what each evaluation gained per kWh since the one before', () => {
    expect(course('accuracy', [0.5, 0.75, 0.7])).toEqual([
      { seconds: 36_000, value: 0.5, joules: 3.6e6 },
      { seconds: 72_000, value: 0.75, joules: 7.2e6, gainPerKilowattHour: 0.25 },
      { seconds: 108_000, value: 0.7, joules: 10.8e6, gainPerKilowattHour: expect.closeTo(-0.05, 12) },
    ])
  })

  test('rises where a loss falls', () => {
    expect(course('loss', [2, 1.5, 1.75])?.map((point) => point.gainPerKilowattHour)).toEqual([
      undefined,
      0.5,
      -0.25,
    ])
  })

  test('has no gain where nothing was taken, nor where it is not known what', () => {
    const scores = [
      { t: 1, name: 'accuracy', value: 0.5 },
      { t: 1, name: 'accuracy', value: 0.6 },
      { t: 2, name: 'accuracy', value: 0.7 },
    ]
    const free = summariseScores(scores, { ...STEADY, joulesBetween: () => 0 })['accuracy']?.curve
    expect(free?.some((point) => 'gainPerKilowattHour' in point)).toBe(false)
    const dark = summariseScores(scores, { joulesTo: () => undefined, joulesBetween: () => undefined })
    expect(dark['accuracy']?.curve).toEqual(scores.map(({ t, value }) => ({ seconds: t, value })))
  })

  test('adds up, gains times energy, to what was gained in all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 450 }),
        fc.constantFrom('accuracy', 'loss'),
        (values, name) => {
          const curve = course(name, values) ?? []
          expect(curve.length).toBe(Math.min(200, values.length))
          const gained = curve.reduce((sum, { gainPerKilowattHour = 0, joules = 0 }, index) => {
            return sum + gainPerKilowattHour * ((joules - (curve[index - 1]?.joules ?? 0)) / 3.6e6)
          }, 0)
          const [first = 0, last = 0] = [values[0], values.at(-1)]
          expect(gained).toBeCloseTo(name === 'loss' ? first - last : last - first, 6)
        },
      ),
    )
  })

  test('of a run is a read of its energy', () => {
    const { report } = steadyRun({
      watts: [
        [10, 100],
        [10, 300],
      ],
      end: 20,
      events: [score(10, { accuracy: 0.5 }), score(20, { accuracy: 0.8 })],
    })
    const [first, second] = report.scores['accuracy']?.curve ?? []
    expect(first?.joules).toBeCloseTo(1000, 1)
    expect(second?.joules).toBeCloseTo(4000, 1)
    expect(second?.gainPerKilowattHour).toBeCloseTo(0.3 / (3000 / 3.6e6), 0)
  })
})

test('a gain is not told of evaluations that lie closer together than the meters resolve', () => {
  const events = [10, 10.2, 12].map((time) => score(time, { accuracy: time / 20 }))
  const curve = steadyRun({ watts: 100, end: 20, events }).report.scores['accuracy']?.curve ?? []
  expect(curve.map((point) => 'gainPerKilowattHour' in point)).toEqual([false, false, true])
})

describe('a target', () => {
  const summary = (name: string, value: number, ...values: number[]) =>
    summariseScores(at(name, ...values), STEADY, { [name]: value })[name]?.target

  test('is reached by the first score that is as good, in either direction', () => {
    const reached = { reached: true, seconds: 2, joules: 200, kilowattHours: 200 / 3.6e6, gramsCo2e: 2 }
    expect(summary('accuracy', 0.9, 0.5, 0.89, 0.9, 0.99)).toEqual({ value: 0.9, ...reached })
    expect(summary('loss', 0.1, 0.5, 0.11, 0.1, 0.01)).toEqual({ value: 0.1, ...reached })
  })

  test('that was not reached has no cost, and one that nobody set is absent', () => {
    expect(summary('accuracy', 0.9, 0.5, 0.8)).toEqual({ value: 0.9, reached: false })
    expect(summariseScores(at('accuracy', 0.5), STEADY, { loss: 1 })['accuracy']).not.toHaveProperty('target')
  })

  test('has no joules where those until then are not well known', () => {
    const run = { watts: 100, end: 20, events: [score(8, { accuracy: 0.5 }), score(18, { accuracy: 0.9 })] }
    const targets = { accuracy: 0.9 }
    expect(steadyRun(run, { targets }).report.scores['accuracy']?.target).toMatchObject({
      reached: true,
      seconds: 18,
      joules: expect.closeTo(1800, 1),
      gramsCo2e: expect.closeTo((1800 / 3.6e6) * 500, 4),
    })
    expect(steadyRun(run, { targets }).report.health.map(({ code }) => code)).not.toContain('target-unknown')
    const mistyped = steadyRun(run, { targets: { acuracy: 0.9 } }).report.health
    expect(mistyped.find(({ code }) => code === 'target-unknown')?.message).toBe(
      "no score 'acuracy' was told, so its target of 0.9 is held against nothing; told were accuracy",
    )
    const dark = steadyRun({ ...run, unread: [9, 15] }, { targets }).report.scores['accuracy']?.target
    expect(dark).toEqual({ value: 0.9, reached: true, seconds: 18 })
  })
})
