import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emissionError, emissionUncertainty, facilityUncertainty } from '../src/emission-error.ts'
import { reportError } from '../src/report-error.ts'
import {
  differenceUncertainty,
  energyError,
  ratioUncertainty,
  standardUncertainty,
  sumUncertainty,
  type UncertainEnergy,
} from '../src/uncertainty.ts'
import { reportOf, type SimulatedDomain } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

function part(
  id: string,
  joules: number,
  relative?: number,
  shared: 'domain' | 'meter' = 'domain',
): UncertainEnergy {
  const [meter = ''] = id.split(':')
  return { domain: id, meter, joules, uncertainty: relative === undefined ? undefined : { relative, shared } }
}

const parts = fc.array(
  fc.record({
    meter: fc.constantFrom('a', 'b'),
    joules: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
    relative: fc.double({ min: 1e-4, max: 0.5, noNaN: true }),
    shared: fc.constantFrom('domain' as const, 'meter' as const),
  }),
  { minLength: 1, maxLength: 8 },
)

describe('the standard uncertainty of a sum', () => {
  test("of the domains' own errors adds up in quadrature", () => {
    expect(sumUncertainty([part('a:0', 300, 0.01), part('a:1', 400, 0.01)])).toEqual({
      standardUncertaintyJoules: 5,
    })
  })

  test("of an error that is the meter's adds up linearly, meter by meter", () => {
    const ofMeter = [part('a:0', 100, 0.01, 'meter'), part('a:1', 200, 0.01, 'meter')]
    expect(sumUncertainty(ofMeter)).toEqual({ standardUncertaintyJoules: 3 })
    expect(sumUncertainty([...ofMeter, part('b:0', 400, 0.01, 'meter')])).toEqual({
      standardUncertaintyJoules: 5,
    })
  })

  test('lies between quadrature and the plain sum, in any order', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const all = list.map(({ meter, joules, relative, shared }, index) =>
          part(`${meter}:${index}`, joules, relative, shared),
        )
        const each = list.map(({ joules, relative }) => joules * relative)
        const sum = sumUncertainty(all).standardUncertaintyJoules ?? Number.NaN
        expect(sum).toBeGreaterThanOrEqual(Math.hypot(...each) * (1 - 1e-12))
        expect(sum).toBeLessThanOrEqual(each.reduce((total, one) => total + one, 0) * (1 + 1e-12))
        expect(sumUncertainty([...all].reverse()).standardUncertaintyJoules).toBeCloseTo(sum, 6)
      }),
    )
  })

  test('stays unknown where a part does not state its own, beside what is known', () => {
    expect(sumUncertainty([part('a:0', 300, 0.01), part('b:0', 100)])).toEqual({
      knownUncertaintyJoules: 3,
      knownShare: 0.75,
    })
    expect(sumUncertainty([part('a:0', 300)])).toEqual({})
    expect(sumUncertainty([])).toEqual({})
  })
})

describe('the uncertainty of a difference, and of a ratio', () => {
  const one = energyError([part('a:0', 300, 0.05), part('b:0', 100, 0.02, 'meter')])

  test('of an energy and itself is none', () => {
    expect(differenceUncertainty(one, one)).toBe(0)
    expect(ratioUncertainty(one, one)).toBe(0)
  })

  test('has no gain in it where both are of one instrument', () => {
    const small = energyError([part('a:0', 100, 0.05)])
    const large = energyError([part('a:0', 150, 0.05)])
    expect(differenceUncertainty(large, small)).toBeCloseTo(0.05 * 50, 12)
    expect(ratioUncertainty(large, small)).toBeCloseTo(0, 12)
    // An instrument that states nothing is as wrong in the one as in the other.
    const unstated = [100, 150].map((joules) => energyError([part('a:0', joules)]))
    expect(ratioUncertainty(unstated[1] as typeof one, unstated[0] as typeof one)).toBeCloseTo(0, 12)
    expect(differenceUncertainty(unstated[1] as typeof one, unstated[0] as typeof one)).toBeUndefined()
  })

  test('adds up what each has of its own, and counts twice what one edge has too much and the other too little', () => {
    const edge = (joules: number, sign: number, own: string) =>
      energyError([
        {
          ...part('a:0', joules, 1e-9),
          others: new Map([
            ['edge at 5', sign * 3],
            [own, 4],
          ]),
        },
      ])
    expect(differenceUncertainty(edge(100, 1, 'begin'), edge(100, -1, 'end'))).toBeCloseTo(
      Math.hypot(6, 4, 4),
      6,
    )
    expect(ratioUncertainty(edge(100, 1, 'begin'), edge(100, -1, 'end'))).toBeCloseTo(
      Math.hypot(6, 4, 4) / 100,
      6,
    )
  })

  test('is never larger than for independent errors of the same sizes with all signs against it', () => {
    fc.assert(
      fc.property(parts, parts, (first, second) => {
        const [a, b] = [first, second].map((list) =>
          energyError(
            list.map(({ meter, joules, relative, shared }, index) =>
              part(`${meter}:${index}`, joules, relative, shared),
            ),
          ),
        ) as [typeof one, typeof one]
        const [u, v] = [standardUncertainty(a) ?? 0, standardUncertainty(b) ?? 0]
        expect(differenceUncertainty(a, b)).toBeLessThanOrEqual((u + v) * (1 + 1e-9))
        expect(differenceUncertainty(a, b)).toBeGreaterThanOrEqual(Math.abs(u - v) * (1 - 1e-9) - 1e-9)
        expect(differenceUncertainty(b, a)).toBeCloseTo(differenceUncertainty(a, b) ?? Number.NaN, 6)
        const ratio = ratioUncertainty(a, b) ?? Number.NaN
        const worst = (a.value / b.value) * (u / a.value + v / b.value)
        expect(ratio).toBeLessThanOrEqual(worst * (1 + 1e-9))
        expect(ratioUncertainty(a, energyError([]))).toBeUndefined()
      }),
    )
  })

  test('of emissions has no intensity and no PUE in it, which are common to both', () => {
    const factors = { intensity: 0.1, pue: 0.05 }
    const grams = emissionError(one, 40, factors)
    const relative = (standardUncertainty(one) ?? 0) / 400
    expect(standardUncertainty(grams)).toBeCloseTo(40 * Math.hypot(relative, 0.1, 0.05), 12)
    const half = emissionError(
      energyError([part('a:0', 150, 0.05), part('b:0', 50, 0.02, 'meter')]),
      20,
      factors,
    )
    expect(differenceUncertainty(grams, half)).toBeCloseTo(20 * Math.hypot(relative, 0.1, 0.05), 12)
    expect(ratioUncertainty(grams, half)).toBeCloseTo(0, 12)
  })
})

describe('the uncertainty of emissions', () => {
  test('counts the energy, and the factors that state theirs, and says so', () => {
    const energy = [part('a:0', 100, 0.03)]
    expect(emissionUncertainty(energy, 50)).toEqual({
      standardUncertaintyGrams: expect.closeTo(1.5, 12),
      uncertaintyOf: ['energy'],
    })
    expect(emissionUncertainty(energy, 50, { intensity: 0.04 })).toEqual({
      standardUncertaintyGrams: expect.closeTo(2.5, 12),
      uncertaintyOf: ['energy', 'intensity'],
    })
    expect(emissionUncertainty([...energy, part('b:0', 1)], 50)).toEqual({})
    expect(emissionUncertainty(energy, undefined)).toEqual({})
    // A true 0 is as sure as that.
    expect(emissionUncertainty(energy, 0)).toEqual({ standardUncertaintyGrams: 0, uncertaintyOf: ['energy'] })
  })

  test('of a building takes its PUE along, and never the intensity', () => {
    const energy = [part('a:0', 100, 0.03)]
    expect(facilityUncertainty(energy, 150)).toEqual({ standardUncertaintyJoules: expect.closeTo(4.5, 12) })
    expect(facilityUncertainty(energy, 150, { pue: 0.04, intensity: 1 })).toEqual({
      standardUncertaintyJoules: expect.closeTo(7.5, 12),
    })
    expect(facilityUncertainty([part('b:0', 1)], 150)).toEqual({})
  })
})

describe('two runs', () => {
  const gpu = (watts: number, relative?: number): SimulatedDomain => ({
    declaration: domainOf({
      updatePeriod: 0.1,
      ...(relative === undefined ? {} : { standardUncertainty: { relative, shared: 'domain' } }),
    }),
    interval: 0.1,
    readings: Array.from({ length: 110 }, (_, index) => ({
      time: index / 10,
      comes: index / 10,
      value: watts,
    })),
  })
  const run = (watts: number, host: string, id: string, relative?: number) => {
    const { report } = reportOf({ domains: [gpu(watts, relative)], settles: [], end: 10 })
    return { ...report, run: { ...report.run, id }, provenance: { ...report.provenance, host } }
  }
  // 0.1 s at either end, of which nobody knows how the energy lies in it.
  const edges = (watts: number) => Math.SQRT2 * 0.1 * watts * Math.sqrt(1 / 12)

  test('on one machine have the gain of its instruments in common, on two machines not', () => {
    const [one, other] = [reportError(run(200, 'a', '1', 0.05)), reportError(run(100, 'a', '2', 0.05))]
    expect(standardUncertainty(one)).toBeCloseTo(Math.hypot(100, edges(200)), 3)
    expect(differenceUncertainty(one, other)).toBeCloseTo(Math.hypot(50, edges(200), edges(100)), 3)
    expect(ratioUncertainty(one, other)).toBeCloseTo(Math.hypot(edges(200), 2 * edges(100)) / 1000, 5)
    const elsewhere = reportError(run(100, 'b', '2', 0.05))
    expect(differenceUncertainty(one, elsewhere)).toBeCloseTo(Math.hypot(100, 50, edges(200), edges(100)), 3)
  })

  test('by an instrument that does not state its own cannot be told apart', () => {
    expect(ratioUncertainty(reportError(run(200, 'a', '1')), reportError(run(100, 'a', '2')))).toBeUndefined()
  })
})
