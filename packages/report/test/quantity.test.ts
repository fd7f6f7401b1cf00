import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatCount,
  formatEnergy,
  formatEnergyBeside,
  formatEnergyLike,
  formatGrams,
  formatJoules,
  formatNumber,
  formatPlusMinus,
  formatSeconds,
  formatShare,
  formatShortSeconds,
  formatTotalLike,
  formatUncertainEnergy,
  formatUncertainGrams,
  formatWatts,
} from '../src/quantity.ts'

const KILOWATT_HOUR = 3.6e6

describe('quantities', () => {
  it.each([
    [undefined, '–'],
    [Number.NaN, '–'],
    [0, '0 J'],
    [1.196e-11, '12.0 pJ'],
    [0.0042, '4.20 mJ'],
    [1, '1.00 J'],
    [999.4, '999 J'],
    [999.6, '1.00 kJ'],
    [1_483_200, '1.48 MJ'],
    [3e19, '30.0 EJ'],
  ])('writes %s joules as %s', (joules, text) => expect(formatJoules(joules)).toBe(text))

  it.each([
    [undefined, '–', '–'],
    [0, '0 J', '0 kWh'],
    [2.5, '2.50 J', '6.94e-7 kWh'],
    [1804, '1.80 kJ', '0.000501 kWh'],
    [3600, '1.00 Wh', '0.00100 kWh'],
    [95 * 3600, '95.0 Wh', '0.0950 kWh'],
    [0.1 * KILOWATT_HOUR, '0.100 kWh', '360 kJ'],
    [0.412 * KILOWATT_HOUR, '0.412 kWh', '1.48 MJ'],
    [12.34 * KILOWATT_HOUR, '12.3 kWh', '44.4 MJ'],
    [999.9 * KILOWATT_HOUR, '1.00 MWh', '3.60 GJ'],
  ])('writes an energy of %s joules as %s, beside it %s', (joules, text, beside) => {
    expect(formatEnergy(joules)).toBe(text)
    expect(formatEnergyBeside(joules)).toBe(beside)
  })

  it.each([
    [0.412, 0.021, '0.412 ± 0.021 kWh'],
    [0.412, 0.0996, '0.41 ± 0.10 kWh'],
    [0.4123456, 0.0000001, '0.41235 ± 0.00001 kWh'],
    [45.6, 12.3, '46 ± 12 kWh'],
    [456, 123, '460 ± 120 kWh'],
    [0.4, 50, '0.4 ± 50.0 kWh'],
    [0.412, 0, '0.412 kWh'],
  ])('writes %s kWh with an uncertainty of %s as %s', (value, plusMinus, text) => {
    expect(formatUncertainEnergy(value * KILOWATT_HOUR, plusMinus * KILOWATT_HOUR)).toBe(text)
  })

  it('writes grams', () => {
    expect(formatGrams(0.0000771)).toBe('77.1 µg')
    expect(formatGrams(23.1)).toBe('23.1 g')
    expect(formatGrams(4.2e6)).toBe('4.20 t')
    expect(formatUncertainGrams(23.1, 1.24)).toBe('23.1 ± 1.2 g')
    expect(formatUncertainGrams(1530, 62)).toBe('1.530 ± 0.062 kg')
  })

  it('writes what belongs behind ± in a table', () => {
    expect(formatPlusMinus(undefined)).toBe('–')
    expect(formatPlusMinus(0)).toBe('0 J')
    expect(formatPlusMinus(36_000)).toBe('72 kJ')
    expect(formatPlusMinus(0.0271)).toBe('54 mJ')
  })

  it('writes watts', () => {
    expect(formatWatts(98.24)).toBe('98.2 W')
    expect(formatWatts(2710)).toBe('2.71 kW')
    expect(formatWatts(undefined)).toBe('–')
  })

  it.each([
    [undefined, '–', '–'],
    [0, '0 s', '0 s'],
    [0.0121, '12.1 ms', '12.1 ms'],
    [4.2123, '4.21 s', '4.21 s'],
    [59.97, '1 min', '60.0 s'],
    [754, '12 min 34 s', '12.6 min'],
    [3599.7, '1 h', '1.00 h'],
    [11_520, '3 h 12 min', '3.20 h'],
    [86_399, '1 d', '1.00 d'],
    [442_800, '5 d 3 h', '5.13 d'],
  ])('writes %s seconds as %s, in a table as %s', (seconds, long, short) => {
    expect(formatSeconds(seconds)).toBe(long)
    expect(formatShortSeconds(seconds)).toBe(short)
  })

  it.each([
    [undefined, '–'],
    [0, '0 %'],
    [0.0004, '< 0.1 %'],
    [0.012, '1.2 %'],
    [0.0996, '10 %'],
    [0.81, '81 %'],
    [0.9949, '99.5 %'],
    [0.99949, '99.9 %'],
    [0.9995, '> 99.9 %'],
    [1, '100 %'],
  ])('writes a share of %s as %s', (share, text) => expect(formatShare(share)).toBe(text))

  it('writes bare numbers', () => {
    expect(formatNumber(0.20227)).toBe('0.202')
    expect(formatNumber(0.98765, 4)).toBe('0.9877')
    expect(formatNumber(-2.5)).toBe('-2.50')
    expect(formatNumber(8.361e10)).toBe('8.36e10')
    expect(formatNumber(0.0000771)).toBe('7.71e-5')
    expect(formatNumber(1_234_567)).toBe('1 230 000')
    expect(formatNumber(0)).toBe('0')
    expect(formatCount(300_000)).toBe('300 000')
    expect(formatCount(1234)).toBe('1234')
    expect(formatCount(1234567.8)).toBe('1 234 568')
    expect(formatCount(2.5)).toBe('2.500')
    expect(formatCount(1.24e17)).toBe('1.24e17')
  })

  it('writes an estimate of the whole in the unit of what was seen, and never as less than that', () => {
    expect(formatTotalLike(0.371 * KILOWATT_HOUR, 0.4122 * KILOWATT_HOUR)).toBe('0.41')
    expect(formatTotalLike(0.371 * KILOWATT_HOUR, 0.3742 * KILOWATT_HOUR)).toBe('0.374')
    expect(formatTotalLike(95 * 3600, 108 * 3600)).toBe('110')
    expect(formatEnergyLike(0.371 * KILOWATT_HOUR, 0.0139 * KILOWATT_HOUR)).toBe('0.014 kWh')
  })

  it('shows 1 to 999 of a unit with three digits, or 0.1 kWh and more, wherever a prefix exists', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-14, max: 1e20, noNaN: true }), (joules) => {
        expect(formatJoules(joules)).toMatch(/^(\d\.\d\d|\d\d\.\d|\d{3}) [afpnµmkMGTPE]?J$/)
      }),
    )
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e18, noNaN: true }), (joules) => {
        expect(formatEnergy(joules)).toMatch(/^((\d\.\d\d|\d\d\.\d|\d{3}) [kMGT]?(J|Wh)|0\.\d{3} kWh)$/)
      }),
    )
  })

  it('gives value and uncertainty the same decimals', () => {
    const positive = fc.double({ min: 1e-3, max: 1e15, noNaN: true })
    fc.assert(
      fc.property(positive, positive, (value, plusMinus) => {
        const [, left, right] = /^[\d ]+(\.\d+)? ± [\d ]+(\.\d+)? \w+$/.exec(
          formatUncertainEnergy(value, plusMinus),
        ) ?? ['?', '?']
        expect(left?.length).toBe(right?.length)
      }),
    )
  })
})
