import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CounterChanges } from '../src/counter-changes.ts'
import type { PowerSource } from '../src/power-source.ts'
import { secondsOf, stepOf } from '../src/source-domain.ts'

const counter = (value: number, joulesPerCount: number): PowerSource => ({
  quantity: 'energy',
  path: '/',
  keys: [],
  value,
  joulesPerCount,
})

describe('stepOf', () => {
  test.each([
    [325675, 3.6e6, 3.6e6],
    [12.345, 3.6e6, 3600],
    [0.1 + 0.2, 3.6e6, 3.6e5],
    [230057772, 1, 1],
    [230057772.094, 1, 0.001],
  ])('%d of %d J: %d J', (value, joulesPerCount, step) => {
    expect(stepOf(counter(value, joulesPerCount))).toBeCloseTo(step, 9)
  })

  test('is never less than what was rounded to', () => {
    const decimals = fc.integer({ min: 0, max: 5 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), decimals, (whole, places) => {
        const value = Number((whole / 10 ** places).toFixed(places))
        expect(stepOf(counter(value, 1))).toBeGreaterThan(10 ** -places * 0.999)
      }),
    )
  })
})

test.each([
  ['PT0.25S', 0.25],
  ['PT1M30S', 90],
  ['P1DT1H', 90_000],
  ['PT0S', undefined],
  ['PT', undefined],
  ['10 s', undefined],
  [undefined, undefined],
])('secondsOf(%j) is %j', (duration, seconds) => expect(secondsOf(duration)).toBe(seconds))

test('the changes of a counter have all of its energy and no standstill, wherever they begin', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(steps, (added) => {
      const changes = new CounterChanges()
      let count = 1000
      const counts = [count, ...added.map((step) => (count += step))]
      const told = counts.flatMap((one, time) => changes.take({ time, count: one }))
      const moved = counts.some((one) => one !== 1000)
      expect(told.map((one) => one.count)).toEqual(moved ? [...new Set(counts)] : [])
      if (moved) expect(told[0]).toEqual({ time: 0, count: 1000 })
      for (const { time, count: one } of told) expect(counts.indexOf(one)).toBe(time)
    }),
  )
})
