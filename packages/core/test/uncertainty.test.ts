import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sumUncertainty, type UncertainEnergy } from '../src/uncertainty.ts'

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
