import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetMessage, budgetUse } from '../src/budget.ts'

const amount = fc.double({ min: 1e-6, max: 1e9, noNaN: true })

describe('a budget', () => {
  it('is spent by the limit that is closest', () => {
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        amount,
        amount,
        amount,
        (kilowattHours, gramsCo2e, hours, joules, grams, seconds) => {
          const use = budgetUse({ kilowattHours, gramsCo2e, hours }, { joules, gramsCo2e: grams, seconds })
          const shares = [joules / 3.6e6 / kilowattHours, grams / gramsCo2e, seconds / 3600 / hours]
          expect(use?.share).toBeCloseTo(Math.max(...shares), 9)
          expect((use?.spent ?? 0) / (use?.limit ?? 1)).toBe(use?.share)
        },
      ),
    )
  })

  it('of energy is unknown while the energy is: it is not unspent, and not spent', () => {
    expect(budgetUse({ kilowattHours: 1, gramsCo2e: 1 }, { seconds: 1e9 })).toBeUndefined()
    expect(budgetUse({ kilowattHours: 1, hours: 2 }, { seconds: 3600 })).toMatchObject({
      of: 'hours',
      share: 0.5,
    })
  })

  it('says what was spent', () => {
    expect(budgetMessage({ of: 'gramsCo2e', limit: 500, spent: 501, share: 1.002 })).toBe(
      'the budget of 500 g CO2e is spent',
    )
  })
})
