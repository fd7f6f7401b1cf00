import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Estimate, forecastTotal, type Taken } from '../src/forecast.ts'

interface Curve {
  readonly training: string
  readonly epochs: readonly (readonly [from: number, joulesFrom: number, to: number, joulesTo: number])[]
}

const curves: Curve[] = JSON.parse(
  readFileSync(new URL('fixtures/training-curves.json', import.meta.url), 'utf8'),
)

/** Costs of steps as what had been taken after each. */
function taken(costs: readonly number[]): Taken[] {
  let amount = 0
  return costs.map((cost, index) => {
    amount += cost
    return { done: index + 1, amount }
  })
}

function estimate(costs: readonly number[], total: number): Estimate {
  const forecast = forecastTotal(taken(costs), total)
  if (!forecast) throw new Error('no forecast')
  return forecast
}

const holds = ({ low, high }: Estimate, truth: number): boolean => low <= truth && truth <= high

/** Half of the interval against the value. */
const width = ({ value, low, high }: Estimate): number => (high - low) / 2 / value

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

describe('a forecast of recorded trainings', () => {
  const of = { joules: 3, seconds: 2 } as const

  test.each([
    [3, 'joules', 1.1],
    [3, 'seconds', 1.1],
    [5, 'joules', 0.75],
    [5, 'seconds', 0.75],
    [8, 'joules', 0.6],
    [8, 'seconds', 0.6],
  ] as const)(
    'after %i epochs holds the true %s in at least 18 of 20, and is no wider than it must be',
    (after, what, widest) => {
      const forecasts = curves.map(({ training, epochs }) => {
        const all = epochs.map((epoch, index) => ({ done: index + 1, amount: epoch[of[what]] }))
        const forecast = forecastTotal(all.slice(0, after), all.length) as Estimate
        return { training, forecast, truth: all.at(-1)?.amount as number }
      })
      const missed = forecasts.filter(({ forecast, truth }) => !holds(forecast, truth))
      expect(forecasts.length).toBeGreaterThanOrEqual(20)
      expect(
        missed.length / forecasts.length,
        missed.map(({ training }) => training).join('; '),
      ).toBeLessThanOrEqual(0.1)
      expect(median(forecasts.map(({ forecast }) => width(forecast)))).toBeLessThan(widest)
    },
  )
})

describe('a forecast', () => {
  const costs = fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { minLength: 3, maxLength: 40 })

  test('needs three steps', () => {
    expect(forecastTotal([], 10)).toBeUndefined()
    expect(forecastTotal(taken([1, 1]), 10)).toBeUndefined()
    expect(forecastTotal(taken([1, 1, 1]), 10)?.value).toBeCloseTo(10, 9)
  })

  test('of steady steps is their sum, ever narrower', () => {
    const widths = [3, 5, 9, 17].map((count) => {
      const forecast = estimate(Array(count).fill(100), 40)
      expect(forecast.value).toBeCloseTo(4000, 6)
      return width(forecast)
    })
    expect(widths[0]).toBeLessThan(0.5)
    expect(widths[1]).toBeLessThan(0.25)
    expect(widths[3]).toBeLessThan(0.1)
    expect([...widths].sort((a, b) => b - a)).toEqual(widths)
  })

  test('takes the first step for a warm-up: what it cost is spent, and tells nothing of the others', () => {
    const cold = estimate([500, 100, 101, 99], 10)
    const warm = estimate([100, 100, 101, 99], 10)
    expect(cold.value - warm.value).toBeCloseTo(400, 9)
    expect(cold.high - warm.high).toBeCloseTo(400, 9)
  })

  test('does not take one outlier for what is to come', () => {
    const { value } = estimate([100, 100, 101, 2000, 99, 100], 20)
    expect(value).toBeLessThan(2400 + 100 * 14 + 200)
    expect(value).toBeGreaterThan(2500 + 100 * 14 - 200)
  })

  test('of what is behind is what was', () => {
    expect(estimate([5, 1, 1, 3], 3)).toEqual({ value: 7, low: 7, high: 7 })
    expect(estimate([5, 1, 1, 3], 0.5)).toEqual({ value: 2.5, low: 2.5, high: 2.5 })
  })

  test('of steps that cost nothing is what was spent', () => {
    expect(estimate([5, 0, 0, 0], 30)).toEqual({ value: 5, low: 5, high: 5 })
  })

  test('has a mean where most steps are below what a meter resolves', () => {
    const forecast = estimate([5, 0, 0, 9, 0, 0, 9, 0, 0, 9], 40)
    expect(forecast.value).toBeCloseTo(32 + 30 * 3, 9)
    expect(forecast.low).toBeLessThan(100)
    expect(forecast.high).toBeGreaterThan(150)
  })

  test('is finite, in order, at least what was spent, and in whatever unit', () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 10_000 }), (steps, more) => {
        const spent = steps.reduce((sum, cost) => sum + cost, 0)
        const { value, low, high } = estimate(steps, steps.length + more)
        expect(Number.isFinite(high)).toBe(true)
        expect(low).toBeGreaterThanOrEqual(spent)
        expect(value).toBeGreaterThanOrEqual(low)
        expect(high).toBeGreaterThanOrEqual(value)
        const scaled = estimate(
          steps.map((cost) => cost * 3.6e6),
          steps.length + more,
        )
        expect(scaled.high / 3.6e6 / high).toBeCloseTo(1, 9)
      }),
    )
  })

  test('holds the truth of steps that scatter at random, and of such as neighbours share', () => {
    const random = mulberry32(7)
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    for (const [scatter, alike] of [
      [0.01, 0],
      [0.05, 0],
      [0.2, 0],
      [0.05, 0.8],
      [0.15, 0.8],
    ] as const) {
      let held = 0
      for (let trial = 0; trial < 500; trial++) {
        let state = normal()
        const steps = Array.from({ length: 20 }, () => {
          state = alike * state + Math.sqrt(1 - alike ** 2) * normal()
          return 100 * Math.exp(scatter * state)
        })
        steps[0] = (steps[0] as number) * 3
        const truth = steps.reduce((sum, cost) => sum + cost, 0)
        if (holds(estimate(steps.slice(0, 5), 20), truth)) held++
      }
      expect(held / 500, `${scatter} ${alike}`).toBeGreaterThan(0.95)
    }
  })
})

/** Tommy Ettinger's mulberry32: the same numbers for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
