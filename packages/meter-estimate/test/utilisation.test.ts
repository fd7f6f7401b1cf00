import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Utilisation } from '../src/utilisation.ts'

const times = (busySeconds: number, totalSeconds: number) => ({ busySeconds, totalSeconds })

it('is the mean since the call before', () => {
  const utilisation = new Utilisation(times(100, 1000))
  expect(utilisation.next(times(101, 1002))).toBe(0.5)
  expect(utilisation.next(times(103, 1004))).toBe(1)
  expect(utilisation.next(times(103, 1006))).toBe(0)
})

it('before the first tick it knows nothing; after it, whatever there is', () => {
  const utilisation = new Utilisation(times(100, 1000))
  expect(utilisation.next(times(100, 1000))).toBeUndefined()
  expect(utilisation.next(times(100.01, 1000.02))).toBeCloseTo(0.5, 9)
})

it('keeps the last figure until ten ticks have passed, and loses none of them', () => {
  const utilisation = new Utilisation(times(0, 0))
  expect(utilisation.next(times(1, 2))).toBe(0.5)
  expect(utilisation.next(times(1.05, 2.05))).toBe(0.5)
  expect(utilisation.next(times(1.1, 2.1))).toBeCloseTo(1, 9)
})

it('begins anew when CPU time runs backwards, as it does when CPUs go offline', () => {
  const utilisation = new Utilisation(times(0, 0))
  expect(utilisation.next(times(5, 10))).toBe(0.5)
  expect(utilisation.next(times(3, 6))).toBe(0.5)
  expect(utilisation.next(times(3.2, 7))).toBeCloseTo(0.2, 9)
})

it('stays within 0 and 1, whatever the counters do', () => {
  const counter = fc.tuple(
    fc.double({ min: 0, max: 1e9, noNaN: true }),
    fc.double({ min: 0, max: 1e9, noNaN: true }),
  )
  fc.assert(
    fc.property(fc.array(counter, { minLength: 2 }), ([first, ...rest]) => {
      const utilisation = new Utilisation(times(...(first as [number, number])))
      for (const [busy, total] of rest) {
        const value = utilisation.next(times(busy, total))
        if (value !== undefined) expect(value >= 0 && value <= 1).toBe(true)
      }
    }),
  )
})
