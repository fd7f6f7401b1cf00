import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CarbonError, constantIntensity } from '../src/index.ts'

test('keeps any finite figure from 0 up', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (grams) => {
      expect(constantIntensity(grams)).toEqual({
        gramsPerKilowattHour: grams,
        kind: 'average',
        basis: 'lifecycle',
        source: 'constant',
        estimated: false,
      })
    }),
  )
})

test('rejects negative figures, NaN and infinities with a stable code', () => {
  const unusable = fc.oneof(
    fc.double({ max: -Number.MIN_VALUE, noNaN: true }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
  )
  fc.assert(
    fc.property(unusable, (grams) => {
      const error = thrownBy(() => constantIntensity(grams))
      expect(error.code).toBe('INTENSITY_INVALID')
      expect(error.message).toContain(`${grams}`)
      expect(error.message).not.toContain('\n')
    }),
  )
})

test('names the zone only if given one', () => {
  expect(constantIntensity(12, 'FR').zone).toBe('FR')
  expect(constantIntensity(12)).not.toHaveProperty('zone')
})

function thrownBy(run: () => unknown): CarbonError {
  try {
    run()
  } catch (error) {
    if (CarbonError.isInstance(error)) return error
  }
  throw new Error('expected a CarbonError')
}
