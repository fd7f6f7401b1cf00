import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secondsToGrid } from '../src/index.ts'

const now = fc.double({ min: 0, max: 1e7, noNaN: true })
const step = fc.constantFrom(0.001, 0.05, 0.1, 0.5, 1, 60)
const chance = fc.double({ min: 0, max: 1, noNaN: true })

describe('the grid of reads', () => {
  test('is that of the clock, whatever happened before: nothing drifts', () => {
    fc.assert(
      fc.property(now, step, (time, every) => {
        const wait = secondsToGrid(time, every)
        expect(wait).toBeGreaterThan(0)
        expect(wait).toBeLessThanOrEqual(every * 1.001)
        const at = (time + wait) / every
        expect(Math.abs(at - Math.round(at))).toBeLessThan(1e-4)
      }),
    )
  })

  test('with jitter has one instant around each multiple, never two, and no mean shift', () => {
    fc.assert(
      fc.property(now, step, fc.array(chance, { minLength: 30, maxLength: 30 }), (begin, every, chances) => {
        let time = begin
        let last = Number.NaN
        for (const one of chances) {
          time += secondsToGrid(time, every, 0.2, one)
          const at = time / every
          expect(Math.abs(at - Math.round(at))).toBeLessThan(0.1001)
          if (!Number.isNaN(last)) expect(Math.round(at)).toBe(last + 1)
          last = Math.round(at)
        }
      }),
    )
  })
})
