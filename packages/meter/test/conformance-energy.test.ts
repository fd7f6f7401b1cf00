import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare, meantStretches, type SoundReading, unitMistake } from '../src/conformance-energy.ts'
import { domainOf } from './fixture.ts'

const steps = fc.array(
  fc.record({
    seconds: fc.double({ min: 0.1, max: 10, noNaN: true }),
    watts: fc.integer({ min: 0, max: 400 }),
  }),
  { minLength: 2, maxLength: 30 },
)

/** Truth over time, with constant power in each step. */
function truthOf(all: readonly { seconds: number; watts: number }[]) {
  const truth = [{ time: 0, joules: 0 }]
  for (const { seconds, watts } of all) {
    const { time, joules } = truth.at(-1) as { time: number; joules: number }
    truth.push({ time: time + seconds, joules: joules + seconds * watts })
  }
  return truth
}

const WRAPS = 10_000
const counter = domainOf({
  reads: { quantity: 'energy', joulesPerCount: 0.5, wrapsAt: WRAPS },
  maxWatts: 450,
})

describe('what readings mean', () => {
  test('of a counter is the truth, over wraps too, to within a count', () => {
    fc.assert(
      fc.property(steps, fc.nat(WRAPS - 1), (all, start) => {
        const truth = truthOf(all)
        const readings = truth.map(({ time, joules }) => ({
          time,
          value: (start + Math.floor(joules / 0.5)) % WRAPS,
        }))
        const sum = compare(meantStretches(counter, readings), truth)
        expect(Math.abs(sum.meant - sum.true)).toBeLessThanOrEqual(0.5 + 1e-6)
        expect(sum.true).toBeCloseTo(truth.at(-1)?.joules as number, 6)
      }),
    )
  })

  test('of a counter that began anew is what flowed before and after, and nothing between', () => {
    const at = (...values: number[]): SoundReading[] => values.map((value, time) => ({ value, time }))
    const plain = domainOf({ reads: { quantity: 'energy', joulesPerCount: 2 } })
    expect(meantStretches(plain, at(10, 20, 3, 5))).toEqual([
      { from: 0, to: 1, joules: 20 },
      { from: 2, to: 3, joules: 4 },
    ])
    // A fall that would be a wrap, but for what the domain can draw.
    expect(meantStretches(counter, at(9_000, 100))).toEqual([])
    expect(meantStretches(counter, at(9_990, 100))).toEqual([{ from: 0, to: 1, joules: 55 }])
    const [before, after] = at(10, 20) as [SoundReading, SoundReading]
    expect(meantStretches(plain, [before, { ...after, anew: true }])).toEqual([])
  })

  test('of intervals is the truth', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const truth = truthOf(all)
        const readings = truth.slice(1).map(({ time, joules }, index) => {
          const before = truth[index] as { time: number; joules: number }
          return { value: joules - before.joules, from: before.time, time }
        })
        const sum = compare(
          meantStretches(domainOf({ reads: { quantity: 'interval-energy' } }), readings),
          truth,
        )
        expect(sum.meant).toBeCloseTo(sum.true, 6)
        expect(sum.seconds).toBeCloseTo(truth.at(-1)?.time as number, 6)
      }),
    )
  })

  test('of power is the area under it; a mean was true in the middle of its time', () => {
    const line = [0, 1, 2, 3, 4].map((time) => ({ time, joules: 5 * time * time }))
    const at = (time: number) => 10 * time
    const instant = [1, 2, 3].map((time) => ({ time, value: at(time) }))
    const mean = [1.5, 2.5, 3.5].map((time) => ({ time, value: at(time - 0.5) }))
    const power = domainOf()
    const averaged = domainOf({ reads: { quantity: 'power', averagedOver: 1 } })
    expect(meantStretches(power, instant)).toEqual([
      { from: 1, to: 2, joules: 15 },
      { from: 2, to: 3, joules: 25 },
    ])
    expect(compare(meantStretches(averaged, mean), line)).toEqual({ meant: 40, true: 40, seconds: 2 })
  })

  test('is compared with the truth where that is known alone', () => {
    const truth = [
      { time: 1, joules: 0 },
      { time: 3, joules: 20 },
    ]
    const stretches = [
      { from: 0, to: 1, joules: 7 },
      { from: 1, to: 2, joules: 10 },
      { from: 2.5, to: 4, joules: 7 },
    ]
    expect(compare(stretches, truth)).toEqual({ meant: 10, true: 10, seconds: 1 })
    expect(compare(stretches, [])).toEqual({ meant: 0, true: 0, seconds: 0 })
  })
})

test.each([
  [1000, 'energy', 'millijoules passed as joules'],
  [0.95e6, 'energy', 'microjoules passed as joules'],
  [1000, 'power', 'milliwatts passed as watts'],
  [1 / 3600, 'interval-energy', 'watt-hours passed as joules'],
  [1 / 3.6e6, 'energy', 'kilowatt-hours passed as joules'],
  [1 / 60, 'energy', 'watt-minutes passed as joules'],
  [1 / 60, 'power', undefined],
  [1, 'energy', undefined],
  [2, 'power', undefined],
  [0, 'power', undefined],
  [Number.NaN, 'power', undefined],
] as const)('%f times the truth in %s: %s', (ratio, quantity, mistake) => {
  expect(unitMistake(ratio, quantity)).toBe(mistake)
})
