import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReport, reportJsonSchema } from '../src/report-schema.ts'
import {
  phaseEvents,
  reportOf,
  runEnds,
  settleTimes,
  simulatedDomains,
  timesWithin,
} from './simulated-run.ts'

const runs = runEnds.chain((end) =>
  fc.record({
    end: fc.constant(end),
    domains: simulatedDomains,
    settles: settleTimes,
    events: fc
      .array(fc.record({ from: timesWithin(end), to: timesWithin(end) }), { maxLength: 20 })
      .map((spans) => [
        ...spans.flatMap(({ from, to }, index) =>
          phaseEvents(`phase-${index % 3}`, `${index}`, 'a', {
            from: Math.min(from, to),
            to: Math.max(from, to),
          }),
        ),
        ...spans.flatMap(({ from, to }) => [
          { time: from, process: 'b', event: { kind: 'work' as const, work: { samples: 5 } } },
          {
            time: to,
            process: 'b',
            event: { kind: 'score' as const, scores: { accuracy: { value: 0.5 } } },
          },
        ]),
      ]),
  }),
)

describe('the schema of a report', () => {
  test('takes every report that an analysis makes, as JSON', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { report } = reportOf(run)
        const read = JSON.parse(JSON.stringify(report))
        expect(parseReport(read)).toEqual(read)
        // Nothing is lost on the way: no NaN, no Infinity, no undefined.
        expect(read).toEqual(report)
      }),
      { numRuns: 200 },
    )
  })

  test('holds what a report says of itself: kinds and methods add up, grams follow joules', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { energy, carbon } = reportOf(run).report
        if (energy.joules === undefined) {
          expect(energy).not.toHaveProperty('kilowattHours')
          expect(carbon).not.toHaveProperty('gramsCo2e')
          return
        }
        const sum = (of: Record<string, number>) => Object.values(of).reduce((total, one) => total + one, 0)
        expect(sum(energy.byKind)).toBeCloseTo(energy.joules, 6)
        expect(sum(energy.byMethod)).toBeCloseTo(energy.joules, 6)
        expect(energy.kilowattHours).toBeCloseTo(energy.joules / 3.6e6, 12)
        expect(carbon.gramsCo2e).toBeCloseTo((energy.joules / 3.6e6) * 500, 9)
        if (energy.coverage < 0.9) expect(reportOf(run).report.efficiency).toEqual({})
        for (const { peakWatts, meanWatts, coverage } of energy.domains) {
          if (peakWatts !== undefined && coverage === 1) expect(peakWatts).toBeLessThan(500 + 0.2)
          if (meanWatts !== undefined)
            expect(meanWatts).toBeLessThan(500 + 1e-3 + 0.002 / (coverage * run.end))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('keeps fields that it does not know, and names the path of what is wrong', () => {
    const { report } = reportOf({ domains: [], settles: [], end: 1 })
    const read = JSON.parse(JSON.stringify(report))
    expect(parseReport({ ...read, later: 1 })).toMatchObject({ later: 1 })
    expect(() => parseReport({ ...read, energy: { ...read.energy, coverage: 2 } })).toThrow(
      /energy\.coverage/,
    )
    for (const wrong of [
      null,
      7,
      [],
      { ...read, schema: 'ergometer.report/2' },
      { ...read, work: { a: -1 } },
    ]) {
      expect(() => parseReport(wrong)).toThrow(/not a report of schema ergometer\.report\/1/)
    }
  })

  test('is published as this JSON Schema: fields may be added, never removed or changed', async () => {
    const text = `${JSON.stringify(reportJsonSchema(), null, 2)}\n`
    await expect(text).toMatchFileSnapshot('fixtures/report.schema.json')
  })
})
