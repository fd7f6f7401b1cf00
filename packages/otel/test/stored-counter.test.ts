import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoredCounter } from '../src/stored-counter.ts'

type Sample = readonly [seconds: number, value: number]

/** Lives of a counter, each of growing values from 0 on; each but the first begins below where the one before ended. */
const lives = fc
  .array(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((steps) => {
    let before = Number.POSITIVE_INFINITY
    return steps.map((increments) => {
      let value = Math.min(increments[0] as number, before / 2)
      const life = increments.map((increment, at) => {
        if (at > 0) value += increment
        return value
      })
      before = value
      return life
    })
  })
  .filter((all) => all.slice(1).every((life, at) => (life[0] as number) < (all[at]?.at(-1) as number)))

function samplesOf(all: readonly (readonly number[])[]): Sample[] {
  return all.flat().map((value, at) => [1e9 + at * 15, value])
}

function counted(parts: readonly (readonly Sample[])[]): number | undefined {
  const counter = new StoredCounter()
  for (const [seconds, value] of parts.flat()) counter.add(seconds, value)
  return counter.total
}

describe('a stored counter', () => {
  test('has counted what each of its lives ended with', () => {
    fc.assert(
      fc.property(lives, (all) => {
        const total = all.reduce((sum, life) => sum + (life.at(-1) as number), 0)
        expect(counted([samplesOf(all)])).toBeCloseTo(total, 3)
      }),
    )
  })

  test('counts the same from parts that overlap', () => {
    fc.assert(
      fc.property(lives, fc.array(fc.nat(40), { maxLength: 5 }), fc.nat(3), (all, cuts, overlap) => {
        const samples = samplesOf(all)
        const edges = [0, ...cuts.sort((a, b) => a - b), samples.length]
        const parts = edges
          .slice(1)
          .map((edge, at) => samples.slice(Math.max(0, (edges[at] ?? 0) - overlap), edge))
        expect(counted(parts)).toBe(counted([samples]))
      }),
    )
  })

  test('loses to a gap only what was counted in it, and extrapolates nothing', () => {
    expect(counted([[[0, 5]]])).toBe(5)
    expect(
      counted([
        [
          [0, 5],
          [900, 7],
        ],
      ]),
    ).toBe(7)
    expect(
      counted([
        [
          [0, 5],
          [1, 5],
          [2, 0],
          [3, 4],
        ],
      ]),
    ).toBe(9)
  })

  test('takes what no counter shows for no value', () => {
    expect(counted([])).toBeUndefined()
    expect(
      counted([
        [
          [0, Number.NaN],
          [1, -1],
          [2, Number.POSITIVE_INFINITY],
        ],
      ]),
    ).toBeUndefined()
    expect(
      counted([
        [
          [0, 3],
          [1, Number.NaN],
          [2, 4],
        ],
      ]),
    ).toBe(4)
  })
})
