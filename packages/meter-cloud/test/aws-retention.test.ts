import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutByRetention } from '../src/aws-retention.ts'

const DAY = 86_400
const NOW = 1_790_000_000

describe('what CloudWatch keeps', () => {
  it('is asked minute by minute for 15 days, then by five minutes and by hours', () => {
    const ask = (days: number) =>
      cutByRetention({ from: NOW - days * DAY, to: NOW - days * DAY + 600 }, 60, NOW)
    expect(ask(14).parts.map(({ period }) => period)).toEqual([60])
    expect(ask(16).parts.map(({ period }) => period)).toEqual([300])
    expect(ask(64).parts.map(({ period }) => period)).toEqual([3600])
    expect(ask(456)).toEqual({ parts: [], gone: { from: NOW - 456 * DAY, to: NOW - 456 * DAY + 600 } })
  })

  it('is cut in parts that meet, none of which asks for what it has no longer', () => {
    const times = fc.record({ age: fc.nat(500 * DAY), length: fc.integer({ min: 1, max: 90 * DAY }) })
    const periods = fc.constantFrom(60, 120, 300, 600, 3600, 86_400)
    fc.assert(
      fc.property(times, periods, ({ age, length }, wanted) => {
        const from = NOW - age
        const to = from + length
        const { parts, gone } = cutByRetention({ from, to }, wanted, NOW)
        for (const part of parts) {
          const old = NOW - part.from
          expect(part.period % (old > 63 * DAY ? 3600 : old > 15 * DAY ? 300 : 60)).toBe(0)
          expect(part.period).toBeGreaterThanOrEqual(wanted)
          expect([part.from % part.period, part.to % part.period]).toEqual([0, 0])
          expect(part.from).toBeGreaterThan(NOW - 455 * DAY - part.period)
        }
        const ascending = [...parts].reverse()
        ascending.forEach((part, index) => {
          const next = ascending[index + 1]
          if (next) expect(part.to).toBe(next.from)
        })
        const first = ascending[0]
        if (gone) expect([gone.from, gone.to]).toEqual([from, Math.min(to, first?.from ?? to)])
        else expect(first?.from).toBeLessThanOrEqual(from)
        if (first) expect(ascending.at(-1)?.to).toBeGreaterThanOrEqual(to)
      }),
    )
  })
})
