import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWorthwhile } from '../src/worthwhile.ts'

/** An evaluation takes 0.1 kWh. */
const STEP = 360
const COSTS = { joulesBetween: (from: number, to: number) => 1000 * (to - from) }
const RULE = { minimumGainPerKilowattHour: 0.1, patience: 2 }

const course = (...values: number[]) => values.map((value, index) => ({ t: STEP * index, value }))
const worthwhile = (values: number[], better: 'higher' | 'lower' = 'higher', rule = RULE) =>
  isWorthwhile(course(...values), better, COSTS, rule)

describe('training on', () => {
  test('is worthwhile while a kWh gains enough', () => {
    expect(worthwhile([])).toBe(true)
    expect(worthwhile([0.5])).toBe(true)
    expect(worthwhile([0.5, 0.52, 0.54, 0.56])).toBe(true)
    expect(worthwhile([2, 1.9, 1.8, 1.7], 'lower')).toBe(true)
  })

  test('is not once as many evaluations as patience has gained too little', () => {
    expect(worthwhile([0.5, 0.6, 0.601])).toBe(true)
    expect(worthwhile([0.5, 0.6, 0.601, 0.602])).toBe(false)
    expect(worthwhile([2, 1, 0.999, 0.998], 'lower')).toBe(false)
    expect(worthwhile([2, 1, 1.5, 3], 'lower')).toBe(false)
    expect(worthwhile([0.5, 0.6, 0.601], 'higher', { ...RULE, patience: 1 })).toBe(false)
  })

  test('is again when it gains again, and recovering from a dip is no gain', () => {
    expect(worthwhile([0.5, 0.6, 0.601, 0.65])).toBe(true)
    expect(worthwhile([0.5, 0.6, 0.4, 0.5, 0.59])).toBe(false)
    expect(worthwhile([0.5, 0.6, 0.5, 0.6, 0.5])).toBe(false)
  })

  test('is worthwhile as long as nobody knows what it takes', () => {
    const flat = course(0.5, 0.5, 0.5, 0.5, 0.5)
    expect(isWorthwhile(flat, 'higher', { joulesBetween: () => undefined }, RULE)).toBe(true)
    expect(isWorthwhile(flat, 'higher', { joulesBetween: () => 0 }, RULE)).toBe(true)
    expect(isWorthwhile(flat, 'higher', {}, RULE)).toBe(true)
  })

  test('is judged by three evaluations unless it is said otherwise, or makes no sense', () => {
    for (const rule of [{}, { patience: Number.NaN }, { patience: 0 }, { patience: -1 }]) {
      const given = { minimumGainPerKilowattHour: 0.1, ...rule } as typeof RULE
      expect(worthwhile([0.5, 0.5, 0.5], 'higher', given)).toBe(true)
      expect(worthwhile([0.5, 0.5, 0.5, 0.5], 'higher', given)).toBe(false)
    }
    expect(
      worthwhile([0.5, 0.5, 0.5, 0.5], 'higher', { ...RULE, minimumGainPerKilowattHour: Number.NaN }),
    ).toBe(true)
  })

  test('is judged alike in either direction', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -10, max: 10, noNaN: true })), (values) => {
        const mirrored = values.map((value) => -value)
        expect(worthwhile(values, 'lower')).toBe(worthwhile(mirrored, 'higher'))
      }),
    )
  })
})
