import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BucketEnergy, ToldBuckets } from '../src/told-buckets.ts'

const bucket = (minute: number, joules: number): BucketEnergy => ({
  from: minute * 60,
  to: minute * 60 + 60,
  joules,
})

describe('buckets that were told', () => {
  it('are told again only if they changed, whatever was replied in what order: the last counts', () => {
    const reply = fc.array(fc.record({ minute: fc.nat(30), joules: fc.nat(3) }), { maxLength: 60 })
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 8 }), (replies) => {
        const told = new ToldBuckets(180)
        const heard = new Map<number, number>()
        for (const one of replies) {
          const news = told.news(one.map(({ minute, joules }) => bucket(minute, joules)))
          for (const { from, joules } of news) {
            expect(heard.get(from)).not.toBe(joules)
            heard.set(from, joules)
          }
          for (const { minute } of one) {
            const last = one.findLast((other) => other.minute === minute)
            expect(heard.get(minute * 60)).toBe(last?.joules)
          }
        }
      }),
    )
  })

  it('leave open exactly what is missing or young', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(60), { maxLength: 60 }),
        fc.nat(3600),
        fc.nat(600),
        (minutes, earliest, more) => {
          const told = new ToldBuckets(180)
          told.news(minutes.map((minute) => bucket(minute, 1)))
          const now = earliest + more
          const isSettled = (second: number) => {
            const minute = Math.floor(second / 60)
            return minutes.includes(minute) && now - (minute * 60 + 60) >= 180
          }
          const open = told.openSince(earliest, now)
          expect(open).toBeGreaterThanOrEqual(earliest)
          for (let second = earliest; second < open; second++) expect(isSettled(second)).toBe(true)
          if (open < now) expect(isSettled(open)).toBe(false)
        },
      ),
    )
  })
})
