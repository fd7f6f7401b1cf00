import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import { readJournal } from '../src/journal.ts'
import { LiveAccount, type LiveInstant } from '../src/live-account.ts'
import type { LiveTotals } from '../src/live-totals.ts'
import { FACTORS, record, runEnds, settleTimes, simulatedDomains } from './simulated-run.ts'

const worlds = runEnds.chain((end) =>
  fc.record({ end: fc.constant(end), domains: simulatedDomains, settles: settleTimes }),
)

function at(seconds: number): LiveInstant {
  return { seconds, monotonic: 1000 + seconds, meters: [], opening: false }
}

/** What is closed with: the floor, but the report's where that is no less. */
function closed(before: number | undefined, report: number | undefined): number | undefined {
  return report === undefined ? before : Math.max(before ?? 0, report)
}

describe('LiveAccount', () => {
  test('closes with the report, of which nothing falls', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const account = new LiveAccount(FACTORS, undefined)
        let last: LiveTotals | undefined
        const { recording, lines } = record(world, (recording, now) => {
          const totals = account.totals(recording, at(now))?.totals
          if (!totals) return
          for (const method of ['measured', 'modelled', 'reported'] as const)
            expect(totals.byMethod?.[method] ?? 0).toBeGreaterThanOrEqual(last?.byMethod?.[method] ?? 0)
          last = totals
        })
        const report = analyse(readJournal(lines), FACTORS)
        const totals = account.close(recording, at(world.end + 1), report)
        expect(totals.joules).toBe(closed(last?.joules, report.energy.joules))
        expect(totals.gramsCo2e).toBe(closed(last?.gramsCo2e, report.carbon.gramsCo2e))
        expect(totals).not.toHaveProperty('watts')
        for (const { id, joules } of totals.domains) {
          const before = last?.domains.find((one) => one.id === id)?.joules
          const told = report.energy.domains.find((one) => one.id === id)?.joules
          expect(joules).toBe(closed(before, told))
        }
        const parts = Object.values(totals.byMethod ?? {}).reduce((sum, joules) => sum + joules, 0)
        expect(parts).toBeCloseTo(totals.joules ?? 0, 6)
      }),
      { numRuns: 100 },
    )
  })
})
