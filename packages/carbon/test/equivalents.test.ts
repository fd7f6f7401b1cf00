import { expect, test } from 'vitest'
import { equivalentsOf } from '../src/index.ts'

test('1 kWh and 1 kg, by hand', () => {
  const found = equivalentsOf({ joules: 3.6e6, gramsCo2e: 1000 })
  const amounts = Object.fromEntries(found.map(({ id, amount }) => [id, Number(amount.toPrecision(4))]))
  expect(amounts).toEqual({
    // 1.609344 km a mile / 0.393 kg
    'car-kilometres': 4.095,
    // 1000 / 108.1
    'new-car-kilometres': 9.251,
    // 60 kg in ten years: 6 kg a year
    'tree-years': 0.1667,
    // 1 / 0.019
    'phone-charges': 52.63,
    // 366 / 10715
    'home-days': 0.03416,
  })
})

test('each bears its source, its year and a licence', () => {
  for (const one of equivalentsOf({ joules: 0, gramsCo2e: 0 })) {
    expect(one.amount).toBe(0)
    expect(one.source).not.toBe('')
    expect(one.licence).not.toBe('')
    expect(new URL(one.sourceUrl).protocol).toBe('https:')
    expect(one.year).toBeGreaterThan(2019)
  }
})

test('of what is not known nothing is said', () => {
  expect(equivalentsOf({})).toEqual([])
  expect(new Set(equivalentsOf({ joules: 1 }).map((one) => one.of))).toEqual(new Set(['energy']))
  expect(new Set(equivalentsOf({ gramsCo2e: 1 }).map((one) => one.of))).toEqual(new Set(['emissions']))
})
