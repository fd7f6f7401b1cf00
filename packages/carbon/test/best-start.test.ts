import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bestStart, IntensityCurve, type IntensityStep, startAt } from '../src/index.ts'
import { at } from './fake-world.ts'

const HOUR = 3600
const labels = { kind: 'average', basis: 'lifecycle', source: 'test', estimated: true } as const

/** A curve of levels, each as long as it says; undefined is a gap. */
function curveOf(from: number, levels: readonly (readonly [seconds: number, grams: number | undefined])[]) {
  const steps: IntensityStep[] = []
  let time = from
  for (const [seconds, grams] of levels) {
    if (grams !== undefined)
      steps.push({ ...labels, from: time, to: time + seconds, gramsPerKilowattHour: grams })
    time += seconds
  }
  return new IntensityCurve(labels, steps)
}

/** Hourly levels. */
function hours(from: number, ...levels: (number | undefined)[]) {
  return curveOf(
    from,
    levels.map((level) => [HOUR, level] as const),
  )
}

describe('bestStart', () => {
  test('is where the mean over the whole time is least, not where the first hour is', () => {
    const curve = hours(0, 300, 10, 500, 500, 100, 110, 120, 400)
    expect(bestStart(curve, { seconds: 3 * HOUR, from: 0, until: 5 * HOUR })).toEqual({
      from: 4 * HOUR,
      to: 7 * HOUR,
      gramsPerKilowattHour: 110,
    })
  })

  test('may end at a boundary rather than begin at one', () => {
    // 90 min: half of the 200 before the dip is better than half of the 400 after it.
    const best = bestStart(hours(0, 500, 200, 50, 400), { seconds: 1.5 * HOUR, from: 0, until: 3 * HOUR })
    expect(best).toEqual({ from: 1.5 * HOUR, to: 3 * HOUR, gramsPerKilowattHour: 100 })
  })

  test('is the earliest of equal ones', () => {
    const curve = hours(0, 300, 100.1, 300, 100.1, 100.1, 100.1)
    expect(bestStart(curve, { seconds: HOUR, from: 0, until: 5 * HOUR })?.from).toBe(HOUR)
    expect(bestStart(hours(0, 7, 7, 7), { seconds: HOUR, from: 600, until: 2 * HOUR })?.from).toBe(600)
  })

  test('is the earliest where sums differ in their last digits alone', () => {
    // All of three hours have the same mean.
    const curve = hours(0, ...Array.from({ length: 30 }, (_, hour) => [0.1, 0.7, 0.3][hour % 3]))
    for (const from of [0, 100, 1234.5]) {
      expect(bestStart(curve, { seconds: 3 * HOUR, from, until: 26 * HOUR })?.from).toBe(from)
    }
  })

  test('never needs a gap, however good the rest is, and 0 is no gap', () => {
    const curve = hours(0, 300, 1, undefined, 1, 400, 350)
    expect(bestStart(curve, { seconds: 2 * HOUR, from: 0, until: 4 * HOUR })?.from).toBe(0)
    expect(bestStart(hours(0, 300, 0, 300), { seconds: HOUR, from: 0, until: 2 * HOUR })).toMatchObject({
      from: HOUR,
      gramsPerKilowattHour: 0,
    })
  })

  test('is none where nothing is known for so long', () => {
    const curve = hours(0, 100, undefined, 100)
    expect(bestStart(curve, { seconds: 2 * HOUR, from: 0, until: HOUR })).toBeUndefined()
    expect(bestStart(new IntensityCurve(labels), { seconds: 1, from: 0, until: 10 })).toBeUndefined()
  })

  test('looks at both ends of the time for starts, and not beyond', () => {
    const falling = hours(0, 500, 400, 300, 200, 100)
    expect(bestStart(falling, { seconds: HOUR, from: 0, until: 1.25 * HOUR })).toMatchObject({
      from: 1.25 * HOUR,
    })
    expect(bestStart(falling, { seconds: HOUR, from: 0, until: 0 })).toMatchObject({ from: 0 })
  })

  test('does not let a yearly figure stand in for what is not foreseen', () => {
    const curve = new IntensityCurve(labels, [], { ...labels, gramsPerKilowattHour: 5 })
    expect(bestStart(curve, { seconds: 1, from: 0, until: 10 })).toBeUndefined()
  })

  test.each([
    // The hour that autumn has twice, and the one that spring has not: neither makes a run longer or shorter.
    ['2026-10-25T00:00+02:00', '2026-10-25T02:00+01:00'],
    ['2026-03-29T00:00+01:00', '2026-03-29T04:00+02:00'],
  ])('in the night of %s lasts as long as any other night', (from, dip) => {
    const midnight = at(from)
    const levels = Array.from({ length: 12 }, (_, hour) => {
      const time = midnight + hour * HOUR
      return time >= at(dip) && time < at(dip) + 2 * HOUR ? 50 : 300
    })
    const best = bestStart(hours(midnight, ...levels), {
      seconds: 2 * HOUR,
      from: midnight,
      until: midnight + 8 * HOUR,
    })
    expect(best).toEqual({ from: at(dip), to: at(dip) + 2 * HOUR, gramsPerKilowattHour: 50 })
  })

  test('agrees with brute force', () => {
    const level = fc.option(
      fc.integer({ min: 0, max: 5 }).map((one) => one * 100),
      { nil: undefined, freq: 6 },
    )
    const pieces = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), level), { minLength: 1, maxLength: 12 })
    const offset = fc.integer({ min: -5, max: 20 })
    const length = fc.integer({ min: 1, max: 30 })
    fc.assert(
      fc.property(pieces, offset, offset, length, (levels, from, span, seconds) => {
        const origin = at('2026-10-25T00:00:00Z')
        const curve = curveOf(origin, levels)
        const window = { seconds, from: origin + from, until: origin + from + Math.abs(span) }
        const best = bestStart(curve, window)
        // Whole seconds are enough: all boundaries are whole, and the least is at a boundary.
        const means: (number | undefined)[] = []
        for (let start = window.from; start <= window.until; start++) {
          const each = Array.from(
            { length: seconds },
            (_, second) => curve.at(start + second)?.gramsPerKilowattHour,
          )
          means.push(
            each.includes(undefined)
              ? undefined
              : (each as number[]).reduce((sum, one) => sum + one, 0) / seconds,
          )
        }
        const known = means.filter((mean) => mean !== undefined)
        if (known.length === 0) {
          expect(best).toBeUndefined()
          return
        }
        const least = Math.min(...known)
        expect(best?.gramsPerKilowattHour).toBeCloseTo(least, 9)
        const first = means.findIndex((mean) => mean !== undefined && mean <= least + 1e-9)
        expect(best?.from).toBe(window.from + first)
      }),
      { numRuns: 500 },
    )
  })

  test('agrees with the integral of the curve', () => {
    const piece = fc.tuple(
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      fc.double({ min: 0, max: 1200, noNaN: true }),
    )
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 2, maxLength: 40 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (levels, share) => {
          const total = levels.reduce((sum, [seconds]) => sum + seconds, 0)
          const curve = curveOf(0, levels)
          const seconds = total * share
          const best = bestStart(curve, { seconds, from: 0, until: total - seconds })
          if (best === undefined) throw new Error('expected a start')
          const mean = ({ from, to }: { from: number; to: number }) =>
            curve.integrate([{ from, to, joules: 3.6e6 }]).gramsCo2e as number
          expect(Math.abs(best.gramsPerKilowattHour - mean(best))).toBeLessThanOrEqual(
            1e-6 * (1 + mean(best)),
          )
          for (let k = 0; k <= 50; k++) {
            const from = ((total - seconds) * k) / 50
            expect(best.gramsPerKilowattHour).toBeLessThanOrEqual(
              mean({ from, to: from + seconds }) * (1 + 1e-6) + 1e-6,
            )
          }
        },
      ),
    )
  })
})

test('startAt is what it is to start then', () => {
  const curve = hours(0, 100, 300, undefined)
  expect(startAt(curve, 0.5 * HOUR, HOUR)).toEqual({
    from: 0.5 * HOUR,
    to: 1.5 * HOUR,
    gramsPerKilowattHour: 200,
  })
  expect(startAt(curve, 1.5 * HOUR, HOUR)).toBeUndefined()
})
