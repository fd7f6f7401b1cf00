import type { Method } from '@ergometer/meter'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MethodTotals } from '../src/method-totals.ts'

const METHODS = ['measured', 'modelled', 'reported'] as const satisfies readonly Method[]
const sum = (parts: Readonly<Partial<Record<Method, number>>>) =>
  Object.values(parts).reduce((total, joules) => total + joules, 0)

/** What the domains of some methods have taken since the look before: with another boundary other methods count. */
const seconds = fc.array(
  fc.record({
    taken: fc.tuple(...METHODS.map(() => fc.double({ min: 0, max: 500, noNaN: true }))),
    counted: fc.subarray([...METHODS], { minLength: 1 }),
  }),
  { minLength: 1, maxLength: 30 },
)

test('the parts never fall, and add up to the total, whichever methods count', () => {
  fc.assert(
    fc.property(seconds, (looks) => {
      const totals = new MethodTotals()
      const taken = { measured: 0, modelled: 0, reported: 0 }
      let total = 0
      let before: Readonly<Partial<Record<Method, number>>> = {}
      for (const { taken: step, counted } of looks) {
        METHODS.forEach((method, index) => {
          taken[method] += step[index] ?? 0
        })
        const sums = Object.fromEntries(counted.map((method) => [method, taken[method]]))
        total = Math.max(total, sum(sums))
        const parts = totals.upTo(total, sums)
        for (const method of METHODS) expect(parts[method] ?? 0).toBeGreaterThanOrEqual(before[method] ?? 0)
        expect(sum(parts)).toBeCloseTo(total, 6)
        before = parts
      }
    }),
  )
})

test('as long as the same methods count, each part is what its method took', () => {
  const totals = new MethodTotals()
  expect(totals.upTo(30, { measured: 20, modelled: 10 })).toEqual({ measured: 20, modelled: 10 })
  expect(totals.upTo(60, { measured: 45, modelled: 15 })).toEqual({ measured: 45, modelled: 15 })
})

test('a step to another boundary goes to its methods', () => {
  const totals = new MethodTotals()
  totals.upTo(30, { modelled: 30 })
  expect(totals.upTo(50, { measured: 50 })).toEqual({ modelled: 30, measured: 20 })
})
