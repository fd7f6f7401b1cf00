import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LiveTotals, liveTotals } from '../src/live-totals.ts'
import { Recording } from '../src/recording.ts'
import { FACTORS, KnownTruth, record, runEnds, settleTimes, simulatedDomains } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

describe('live totals', () => {
  const worlds = runEnds.chain((end) =>
    fc.record({ end: fc.constant(end), domains: simulatedDomains, settles: settleTimes }),
  )

  test('never fall, never vanish, and never run ahead of the truth', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        let last: LiveTotals | undefined
        record(world, (recording, now) => {
          const totals = liveTotals(recording, FACTORS, now, 1000 + now, last?.joules)
          if (last?.joules !== undefined) {
            expect(totals.joules).toBeGreaterThanOrEqual(last.joules)
            expect(totals.gramsCo2e).toBeGreaterThanOrEqual(last.gramsCo2e ?? Number.NaN)
          }
          const truth = world.domains.reduce(
            (sum, domain) => sum + new KnownTruth(domain, now).joules(0, now),
            0,
          )
          expect(totals.joules ?? 0).toBeLessThanOrEqual(truth + 0.01)
          expect(totals.coverage).toBeGreaterThanOrEqual(0)
          expect(totals.coverage).toBeLessThanOrEqual(1)
          expect(JSON.parse(JSON.stringify(totals))).toEqual(totals)
          last = totals
        })
      }),
      { numRuns: 150 },
    )
  })

  test('do not fall when an interval is revised downwards, and rise no more than the truth afterwards', () => {
    const recording = new Recording(() => {})
    const cloud = domainOf({ id: 'vm', reads: { quantity: 'interval-energy' } })
    recording.addDomain('cloud', cloud, 60)
    const live = (floor?: number) => liveTotals(recording, FACTORS, 100, 100, floor).joules
    recording.addReading(0, 61, 600, 60, 0)
    expect(live()).toBe(600)
    recording.addReading(0, 62, 300, 60, 0)
    expect(live(600)).toBe(600)
    recording.addReading(0, 63, 600, 60, 0)
    expect(live(600)).toBe(600)
  })

  test('do not fall when another boundary counts', () => {
    const recording = new Recording(() => {})
    recording.addDomain('plug', domainOf({ kind: 'host', feeds: 'this-host' }), 1)
    recording.addDomain('nvml', domainOf(), 1)
    for (const time of [0, 1, 2]) {
      recording.addReading(0, time, 300, time)
      recording.addReading(1, time, 100, time)
    }
    recording.settle(2)
    const before = liveTotals(recording, FACTORS, 2, 2)
    expect(before.joules).toBe(600)
    for (const time of [3, 4]) recording.addReading(1, time, 100, time)
    recording.settle(6)
    expect(liveTotals(recording, FACTORS, 6, 6).joules).toBe(400)
    expect(liveTotals(recording, FACTORS, 6, 6, before.joules).joules).toBe(600)
  })

  test('know nothing of what nobody read: absent, not zero', () => {
    const recording = new Recording(() => {})
    expect(liveTotals(recording, FACTORS, 5, 1005)).toEqual({
      v: 1,
      t: 1005,
      seconds: 5,
      coverage: 0,
      domains: [],
      health: [],
    })
    recording.addDomain('sim', domainOf(), 1)
    recording.settle(5)
    expect(liveTotals(recording, FACTORS, 5, 1005).domains).toEqual([
      { id: 'sim:one', kind: 'gpu', label: 'One', method: 'measured', coverage: 0 },
    ])
  })

  test('have the watts of the last whole second, and none once that is unknown', () => {
    const recording = new Recording(() => {})
    recording.addDomain('sim', domainOf(), 1)
    for (const time of [0, 1, 2, 3]) recording.addReading(0, time, 100, time)
    recording.settle(3)
    expect(liveTotals(recording, FACTORS, 3, 3).watts).toBeCloseTo(100, 9)
    recording.settle(9)
    expect(liveTotals(recording, FACTORS, 9, 9)).not.toHaveProperty('watts')
  })
})
