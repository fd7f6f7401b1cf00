import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Counter, counterStep, longestInterval } from '../src/counter-step.ts'

/** Rule 1 of the design, word by word: every candidate is tried. */
function possible(difference: number, seconds: number, counter: Counter): number[] {
  const { joulesPerCount, wrapsAt, maxWatts, updatePeriod = 0 } = counter
  const limit =
    maxWatts === undefined
      ? Number.POSITIVE_INFINITY
      : (maxWatts * (seconds + updatePeriod)) / joulesPerCount + 1
  const candidates: number[] = []
  for (let wraps = 0; wraps <= (wrapsAt === undefined ? 0 : 200); wraps++) {
    const counts = difference + wraps * (wrapsAt ?? 0)
    if (counts >= 0 && counts <= limit) candidates.push(wraps)
  }
  return candidates
}

const wrapping = fc.integer({ min: 2, max: 1000 }).chain((wrapsAt) =>
  fc.record({
    wrapsAt: fc.constant(wrapsAt),
    previous: fc.integer({ min: 0, max: wrapsAt }),
    next: fc.integer({ min: 0, max: wrapsAt }),
    seconds: fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 8),
    maxWatts: fc.integer({ min: 1, max: 400 }),
    joulesPerCount: fc.constantFrom(0.25, 1, 2, 16),
    updatePeriod: fc.constantFrom(undefined, 0.125, 1, 10),
  }),
)

describe('a step of a counter', () => {
  test('is the only candidate that is possible, or a reset, or ambiguous', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(wrapping, ({ previous, next, seconds, ...counter }) => {
        const candidates = possible(next - previous, seconds, counter)
        const step = counterStep(previous, next, seconds, counter)
        seen.add(step.kind)
        if (candidates.length === 0) expect(step).toEqual({ kind: 'reset' })
        else if (candidates.length > 1) expect(step).toEqual({ kind: 'ambiguous' })
        else {
          const wraps = candidates[0] as number
          const joules = (next - previous + wraps * counter.wrapsAt) * counter.joulesPerCount
          expect(step).toEqual({ kind: 'energy', wraps, joules })
        }
      }),
      { numRuns: 2000 },
    )
    expect([...seen].sort()).toEqual(['ambiguous', 'energy', 'reset'])
  })

  test('without a modulus is what lies between, as far as a source can go in that time', () => {
    fc.assert(
      fc.property(wrapping, ({ previous, next, seconds, wrapsAt: _, ...counter }) => {
        const step = counterStep(previous, next, seconds, counter)
        const [only] = possible(next - previous, seconds, counter)
        expect(step.kind).toBe(only === undefined ? 'reset' : 'energy')
      }),
    )
  })

  test('without any bound is whatever a counter shows that does not fall', () => {
    expect(counterStep(5, 2 ** 53, 1, { joulesPerCount: 1 })).toEqual({
      kind: 'energy',
      joules: 2 ** 53 - 5,
      wraps: 0,
    })
    expect(counterStep(5, 4, 1e9, { joulesPerCount: 1 })).toEqual({ kind: 'reset' })
  })

  test('allows one count beyond the bound, and what an update period may hold back', () => {
    const counter = { joulesPerCount: 1, maxWatts: 100 }
    expect(counterStep(0, 101, 1, counter).kind).toBe('energy')
    expect(counterStep(0, 102, 1, counter).kind).toBe('reset')
    expect(counterStep(0, 111, 1, { ...counter, updatePeriod: 0.1 }).kind).toBe('energy')
    expect(counterStep(0, 112, 1, { ...counter, updatePeriod: 0.1 }).kind).toBe('reset')
  })

  test('takes a count at the modulus itself for a wrap', () => {
    const counter = { joulesPerCount: 1, maxWatts: 10, wrapsAt: 1000 }
    expect(counterStep(1000, 3, 1, counter)).toEqual({ kind: 'energy', joules: 3, wraps: 1 })
  })
})

describe('the longest interval between reads', () => {
  test('never lets a wrap be missed or doubted, even when a read comes late by as much again', () => {
    const counters = fc.record({
      wrapsAt: fc.integer({ min: 1000, max: 2 ** 48 }),
      maxWatts: fc.integer({ min: 1, max: 5000 }),
      joulesPerCount: fc.constantFrom(1e-6, 6.1e-5, 1e-3, 1),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(counters, ({ share, at, ...counter }) => {
        const seconds = longestInterval(counter) * 1.9
        fc.pre(seconds > 0.01 && (counter.maxWatts * seconds) / counter.joulesPerCount > 50)
        const previous = Math.floor(at * (counter.wrapsAt - 1))
        const counts = Math.floor((share * counter.maxWatts * seconds) / counter.joulesPerCount)
        const step = counterStep(previous, (previous + counts) % counter.wrapsAt, seconds, counter)
        expect(step.kind).toBe('energy')
        if (step.kind === 'energy') expect(step.joules).toBeCloseTo(counts * counter.joulesPerCount, 3)
      }),
    )
  })

  test('is unbounded for a counter that does not wrap', () => {
    expect(longestInterval({ joulesPerCount: 1, maxWatts: 5 })).toBe(Number.POSITIVE_INFINITY)
  })
})
