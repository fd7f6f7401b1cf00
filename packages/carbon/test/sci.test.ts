import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bundledHardware,
  embodiedEmissions,
  embodiedGrams,
  sciForAi,
  sciScore,
  sciScores,
  waterLitres,
} from '../src/index.ts'

describe('embodied emissions', () => {
  test('of an instance are its share of the machine, over four years', () => {
    const p3 = embodiedEmissions(' AWS:p3.2xlarge')
    expect(p3).toMatchObject({ totalGrams: 3_543_790, share: 8 / 64, hardware: 'aws:p3.2xlarge' })
    // 3543.79 kg * 1 h / 35040 h * 1/8 = 12.642... g
    expect(embodiedGrams(p3, 3600)).toBeCloseTo(3_543_790 / 35_040 / 8, 9)
    expect(embodiedEmissions('gcp:a2-megagpu-16g').share).toBe(1)
    expect(embodiedEmissions('aws:c5.9xlarge').share).toBe(36 / 96)
  })

  test('of one’s own are as stated; a life is four years, and the share all of it, unless said otherwise', () => {
    expect(embodiedEmissions({ totalGrams: 5 })).toEqual({
      totalGrams: 5,
      lifetimeSeconds: 35_040 * 3600,
      share: 1,
    })
    const stated = embodiedEmissions({ totalGrams: 1e6, lifetimeYears: 1, share: 0.5 })
    expect(embodiedGrams(stated, 365 * 864)).toBeCloseTo(5000, 9)
  })

  test('of hardware that is not in the table are none, never those of a similar one', () => {
    for (const unknown of ['aws:p3.3xlarge', 'p3.2xlarge', 'gcp:p3.2xlarge', 'aws:constructor', ''])
      expect(() => embodiedEmissions(unknown)).toThrow(expect.objectContaining({ code: 'HARDWARE_UNKNOWN' }))
    for (const one of bundledHardware()) {
      const { share, totalGrams } = embodiedEmissions(one)
      expect(share > 0 && share <= 1 && totalGrams > 1e6).toBe(true)
    }
  })
})

describe('SCI', () => {
  test('is operational and embodied emissions per unit of work', () => {
    const parts = { operationalGrams: 90, embodiedGrams: 10 }
    expect(sciScores(parts, { samples: 50 })).toEqual({
      run: { gramsCo2ePer: 100, operationalGramsPer: 90, embodiedGramsPer: 10 },
      samples: { gramsCo2ePer: 2, operationalGramsPer: 1.8, embodiedGramsPer: 0.2 },
    })
  })

  test('is none while embodied emissions are unknown; 0 is known', () => {
    expect(sciScore({ operationalGrams: 90 }, 9)).toEqual({ operationalGramsPer: 10 })
    expect(sciScore({ operationalGrams: 90, embodiedGrams: 0 }, 9)?.gramsCo2ePer).toBe(10)
  })

  test('never divides by nothing, nor tells a number that is none', () => {
    const amounts = fc.oneof(fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY), fc.double())
    fc.assert(
      fc.property(amounts, fc.double({ min: 0, max: 1e9, noNaN: true }), (amount, grams) => {
        const found = sciScore({ operationalGrams: grams, embodiedGrams: grams }, amount)
        for (const value of Object.values(found ?? {}))
          expect(Number.isFinite(value) && value >= 0).toBe(true)
      }),
    )
  })

  test('for AI is told per FLOP, per training token and per billion parameters, where they are known', () => {
    const parts = { operationalGrams: 100, embodiedGrams: 20 }
    expect(sciForAi(parts, { flops: 1e15, tokens: 1000, samples: 5 }, 4e9)).toEqual({
      persona: 'provider',
      boundary: 'training',
      counting: 'gross',
      perFlop: { gramsCo2ePer: 1.2e-13, operationalGramsPer: 1e-13, embodiedGramsPer: 2e-14 },
      perTrainingToken: { gramsCo2ePer: 0.12, operationalGramsPer: 0.1, embodiedGramsPer: 0.02 },
      perBillionParameters: { gramsCo2ePer: 30, operationalGramsPer: 25, embodiedGramsPer: 5 },
    })
    expect(sciForAi(parts, { samples: 5 })).toBeUndefined()
  })
})

test('water: the PUE enters once, with what power plants take', () => {
  const water = { siteLitresPerKilowattHour: 0.2, gridLitresPerKilowattHour: 3 }
  expect(waterLitres(2, water, 1.5)).toBeCloseTo(9.4, 12)
  expect(waterLitres(2, { siteLitresPerKilowattHour: 0.2 }, 1.5)).toBeCloseTo(0.4, 12)
  expect(waterLitres(2, { gridLitresPerKilowattHour: 3 })).toBe(6)
})
