import { readFileSync } from 'node:fs'
import { IntensityCurve, type IntensityStep } from '@ergometer/carbon'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import type { Factors } from '../src/factors.ts'
import { type Journal, readJournal } from '../src/journal.ts'
import { parseReport } from '../src/report-schema.ts'
import { FACTORS, START } from './simulated-run.ts'

const labels = { kind: 'average', basis: 'lifecycle' } as const
const EPOCH = Date.parse(START.wall) / 1000

/** Intensity from one second of the run to another. */
function step(
  from: number,
  to: number | undefined,
  grams: number,
  more: Partial<IntensityStep> = {},
): IntensityStep {
  const until = to === undefined ? {} : { to: EPOCH + to }
  const figure = { gramsPerKilowattHour: grams, ...labels, source: 'test', estimated: false }
  return { from: EPOCH + from, ...until, ...figure, ...more }
}

function factorsOf(curve: IntensityCurve, more: Partial<Factors> = {}): Factors {
  return { ...FACTORS, curve, ...more }
}

const gpu = {
  id: 'gpu',
  kind: 'gpu',
  label: 'GPU',
  method: 'measured',
  reads: { quantity: 'interval-energy' },
}

function journalOf(lines: readonly object[], domain: object = gpu): Journal {
  const declared = { kind: 'domain', t: 0, id: 'sim:gpu', meter: 'sim', interval: 1, domain }
  return readJournal([START, declared, ...lines].map((line) => JSON.stringify(line)))
}

/** Rows of so many joules each. */
function rows(joules: readonly number[]): object[] {
  return joules.map((one, index) => ({ t: index + 1, mJ: [one * 1000] }))
}

describe('a run across midnight, with the intensity of each hour in its journal', () => {
  const text = readFileSync(new URL('fixtures/midnight.ndjson', import.meta.url), 'utf8')
  const journal = readJournal(text.split('\n'))
  const factors = factorsOf(new IntensityCurve(labels, journal.intensities), { pue: 1.2 })

  test('has the grams that are worked out by hand', () => {
    // 150 kJ at 300, 855 kJ at 360, 690 kJ at 180 and 105 kJ at 90 g/kWh: 135.125 g, times 1.2.
    const report = parseReport(JSON.parse(JSON.stringify(analyse(journal, factors))))
    expect(report.energy.joules).toBeCloseTo(1.8e6, 6)
    expect(report.carbon.gramsCo2e).toBeCloseTo(162.15, 9)
    expect(report.carbon).toMatchObject({ coverage: 1, estimatedShare: 0 })
    expect(report.carbon.intensity).toMatchObject({
      ...labels,
      source: 'csv',
      zone: 'DE',
      estimated: false,
      period: '2026-11-28T22:47:30.000Z/2026-11-29T01:17:30.000Z',
    })
    expect(report.carbon.intensity.gramsPerKilowattHour).toBeCloseTo(270.25, 9)
    expect(report.phases.map(({ name, gramsCo2e = 0 }) => [name, Number(gramsCo2e.toFixed(9))])).toEqual([
      ['evening', 117.6],
      ['night', 44.55],
    ])
    expect(report.efficiency['tokens']?.gramsCo2ePer).toBeCloseTo(162.15 / 9000, 12)
  })

  test('has those of a part of it as well', () => {
    // From 23:30 to 00:30: 450 s of 200 W and 1350 s of 300 W at 360, 1650 s of 300 W and 150 s of 100 W at 180 g/kWh.
    const { carbon } = analyse(journal, factors, { interval: { from: 2550, to: 6150 } })
    expect(carbon.gramsCo2e).toBeCloseTo((1.2 * (495 * 360 + 510 * 180)) / 3600, 9)
  })

  test('is corrected by what is told later', () => {
    const late = { ...(journal.intensities[1] as IntensityStep), gramsPerKilowattHour: 400 }
    const line = JSON.stringify({ kind: 'intensity', t: 9000, step: late })
    const revised = readJournal([...text.trimEnd().split('\n'), line])
    const { carbon } = analyse(revised, factorsOf(new IntensityCurve(labels, revised.intensities)))
    expect(carbon.gramsCo2e).toBeCloseTo(144.625, 9)
  })
})

const worlds = fc.record({
  joules: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 }),
  late: fc.array(
    fc.record({ from: fc.nat(3000), length: fc.integer({ min: 1, max: 900 }), joules: fc.nat(500) }),
    { maxLength: 3 },
  ),
  steps: fc.array(
    fc.record({
      from: fc.integer({ min: -5000, max: 35_000 }),
      length: fc.integer({ min: 1, max: 20_000 }),
      grams: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1000, noNaN: true })),
    }),
    { maxLength: 8 },
  ),
  clock: fc.record({ t: fc.nat(20), stepped: fc.integer({ min: -20_000, max: 20_000 }) }),
  cuts: fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 4 }),
})

describe('the integral of intensity over energy', () => {
  test('agrees with brute force, whatever came late or was revised, and over steps of the wall clock', () => {
    fc.assert(
      fc.property(worlds, ({ joules, late, steps, clock, cuts }) => {
        const end = joules.length
        const bounded = late
          .map(({ from, length, joules }) => ({ from: (from / 100) % end, length: length / 100, joules }))
          .map(({ from, length, joules }) => ({ from, to: Math.min(end, from + length), joules }))
          .filter(({ from, to }) => to > from)
        const stepAt = { t: clock.t, wall: new Date((EPOCH + clock.t) * 1000 + clock.stepped).toISOString() }
        const journal = journalOf([
          ...rows(joules),
          { kind: 'clock', monotonic: 1000 + clock.t, ...stepAt },
          ...bounded.map((one) => ({ kind: 'late', domain: 0, ...one })),
          { kind: 'end', t: end, status: 'completed' },
        ])
        const told = steps.map(({ from, length, grams }) => step(from / 1000, (from + length) / 1000, grams))
        const factors = factorsOf(new IntensityCurve(labels, told))
        const wall = (time: number) => time + (time >= clock.t ? clock.stepped / 1000 : 0)
        // All that can change changes here; in between everything is even.
        const times = [
          0,
          end,
          clock.t,
          ...joules.map((_, index) => index + 1),
          ...bounded.flatMap(({ from, to }) => [from, to]),
          ...told
            .flatMap(({ from, to = 0 }) => [from - EPOCH, to - EPOCH])
            .flatMap((time) => [time, time - clock.stepped / 1000]),
          ...cuts.map((cut) => cut / 1000),
        ]
          .filter((time) => time >= 0 && time <= end)
          .sort((a, b) => a - b)
        const brute = (from: number, to: number) => {
          let sum = 0
          for (let index = 0; index + 1 < times.length; index++) {
            const [begin, until] = [times[index] as number, times[index + 1] as number]
            if (begin < from || until > to || until - begin < 1e-12) continue
            const middle = (begin + until) / 2
            const replaced = bounded.findLast((one) => one.from <= middle && middle < one.to)
            const watts = replaced
              ? replaced.joules / (replaced.to - replaced.from)
              : (joules[Math.floor(middle)] as number)
            const figure = told.findLast(
              (one) => one.from - EPOCH <= wall(middle) && wall(middle) < (one.to ?? 0) - EPOCH,
            )
            sum += (watts * (until - begin) * (figure?.gramsPerKilowattHour ?? 0)) / 3.6e6
          }
          return sum
        }
        const whole = analyse(journal, factors).carbon.gramsCo2e ?? 0
        const close = 1e-9 * whole + 1e-15
        expect(Math.abs(whole - brute(0, end))).toBeLessThan(close)
        const edges = [0, ...cuts.map((cut) => cut / 1000).filter((cut) => cut < end), end].sort(
          (a, b) => a - b,
        )
        let sum = 0
        for (let index = 0; index + 1 < edges.length; index++) {
          const interval = { from: edges[index] as number, to: edges[index + 1] as number }
          const part = analyse(journal, factors, { interval }).carbon.gramsCo2e ?? 0
          expect(Math.abs(part - brute(interval.from, interval.to))).toBeLessThan(close)
          sum += part
        }
        expect(Math.abs(sum - whole)).toBeLessThan(close)
      }),
      { numRuns: 150 },
    )
  })
})

describe('where the intensity is not known', () => {
  const journal = journalOf([...rows([3600, 3600, 3600, 3600]), { kind: 'end', t: 4, status: 'completed' }])
  const marginal = { kind: 'marginal', basis: 'direct' } as const

  test('the yearly figure of the same kind and basis stands in, and counts as an estimate', () => {
    const { carbon, health } = analyse(
      journal,
      factorsOf(new IntensityCurve(labels, [step(0, 3, 100)], FACTORS.intensity)),
    )
    // 3 Wh at 100 g/kWh, and 1 Wh at 500.
    expect(carbon.gramsCo2e).toBeCloseTo(0.8, 12)
    expect(carbon).toMatchObject({
      coverage: 1,
      estimatedShare: 0.25,
      intensity: { source: 'test', estimated: false },
    })
    expect(health.find(({ code }) => code === 'intensity-stand-in')?.message).toMatch(
      /25 % of the energy.*500 g\/kWh/,
    )
  })

  test('without one, that energy has no grams, and the coverage of the carbon falls, not that of the energy', () => {
    const curve = new IntensityCurve(marginal, [step(0, 3, 100, marginal)])
    const { carbon, energy, health, efficiency } = analyse(journal, factorsOf(curve))
    expect(carbon.gramsCo2e).toBeCloseTo(0.3, 12)
    expect(carbon).toMatchObject({ coverage: 0.75, estimatedShare: 0, intensity: marginal })
    expect(energy.coverage).toBe(1)
    expect(health.map(({ code }) => code)).toContain('intensity-missing')
    expect([carbon.sci, efficiency['tokens']?.gramsCo2ePer]).toEqual([undefined, undefined])
  })

  test('of a part, that part alone has no grams per unit of work', () => {
    const phase = (id: string, from: number, to: number) => ({ kind: 'phase', name: id, id, from, to })
    const scores = [5, 12].map((t) => ({ kind: 'score', t, name: 'accuracy', value: t / 20 }))
    const each = rows(Array(20).fill(100)).map((row) => ({ ...row, work: { tokens: 10 } }))
    const run = journalOf([...each, phase('early', 0, 8), phase('late', 10, 14), ...scores])
    const reportOf = (known: IntensityStep) =>
      analyse(run, factorsOf(new IntensityCurve(labels, [known])), { targets: { accuracy: 0.25 } })
    // 100 J at 360 g/kWh are 0.01 g. Of the run 60 % have grams, of the early phase all, of the late one half.
    const { phases, scores: reached } = reportOf(step(0, 12, 360))
    expect(reached['accuracy']?.target?.gramsCo2e).toBeCloseTo(0.05, 12)
    expect(phases.map(({ efficiency }) => efficiency?.['tokens']?.gramsCo2ePer)).toEqual([
      expect.closeTo(0.001, 12),
      undefined,
    ])
    // Of the run 90 % have grams, of what it took to reach the target 60 %.
    const report = reportOf(step(2, 20, 360))
    expect(report.carbon.coverage).toBeCloseTo(0.9, 9)
    expect(report.scores['accuracy']?.target).toMatchObject({ joules: 500 })
    expect(report.scores['accuracy']?.target?.gramsCo2e).toBeUndefined()
  })

  test('at all, the grams are unknown, and nothing is 0', () => {
    const report = analyse(journal, factorsOf(new IntensityCurve(marginal), { source: 'watttime' }))
    expect(report.carbon).toMatchObject({
      coverage: 0,
      estimatedShare: 0,
      intensity: { ...marginal, source: 'watttime', estimated: false },
    })
    for (const key of ['gramsCo2e', 'operationalGrams', 'sci']) expect(report.carbon).not.toHaveProperty(key)
    expect(report.carbon.intensity).not.toHaveProperty('gramsPerKilowattHour')
    expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)))
  })

  test('a true 0 is a figure', () => {
    const { carbon } = analyse(journal, factorsOf(new IntensityCurve(labels, [step(0, undefined, 0)])))
    expect(carbon).toMatchObject({ gramsCo2e: 0, coverage: 1, intensity: { gramsPerKilowattHour: 0 } })
  })

  test('what is of another kind than the run is left out, and counted as damage', () => {
    const mixed = journalOf([
      { kind: 'intensity', t: 0, step: step(0, 2, 100) },
      { kind: 'intensity', t: 0, step: step(2, 4, 9, marginal) },
      { kind: 'intensity', t: 0, step: step(2, 4, -1) },
    ])
    expect([mixed.intensities.length, mixed.damaged]).toEqual([1, 2])
  })
})

describe('PUE, overhead, water and hardware', () => {
  const lines = [...rows([3.6e6, 3.6e6]), { kind: 'end', t: 2, status: 'completed' }]
  const given: Factors = {
    ...FACTORS,
    pue: 1.5,
    overhead: 1.1,
    water: { siteLitresPerKilowattHour: 0.2, gridLitresPerKilowattHour: 3 },
    embodied: { totalGrams: 1e6, lifetimeSeconds: 2e6, share: 0.5 },
  }

  test('enter each once, and never into the energy', () => {
    const { energy, carbon, water } = analyse(journalOf(lines), given)
    expect(energy.joules).toBe(7.2e6)
    expect(energy.facility?.joules).toBeCloseTo(7.2e6 * 1.65, 6)
    expect(energy.facility).toMatchObject({ pue: 1.5, overhead: 1.1 })
    expect(carbon.gramsCo2e).toBeCloseTo(2 * 500 * 1.65, 9)
    expect(carbon.operationalGrams).toBe(carbon.gramsCo2e)
    // 1 t over 2 million seconds, half of the machine, for 2 s.
    expect(carbon.embodiedGrams).toBeCloseTo(0.5, 12)
    expect(carbon.sci?.['run']?.gramsCo2ePer).toBeCloseTo(1650.5, 9)
    // 2.2 kWh of the computer, each 0.2 l on the site and 1.5 * 3 l at the power plants.
    expect(water?.litres).toBeCloseTo(2.2 * 4.7, 9)
  })

  test('an overhead is for component sensors alone', () => {
    const plug = { ...gpu, kind: 'host', feeds: 'this-host' }
    const { energy, carbon, health } = analyse(journalOf(lines, plug), given)
    expect(energy.boundary.level).toBe('host')
    expect(energy.facility).toEqual({ pue: 1.5, joules: 7.2e6 * 1.5 })
    expect(carbon.gramsCo2e).toBeCloseTo(1500, 9)
    expect(carbon.factors).toMatchObject({ pue: 1.5, overhead: 1 })
    expect(health.map(({ code }) => code)).toContain('overhead-ignored')
  })

  test('what is not known is said to be taken as 1, and there is no facility', () => {
    const { pue: _, ...rest } = FACTORS
    const { energy, carbon, health, water } = analyse(journalOf(lines), rest)
    expect(carbon.gramsCo2e).toBeCloseTo(1000, 9)
    expect(energy).not.toHaveProperty('facility')
    expect(water).toBeUndefined()
    expect(carbon).not.toHaveProperty('embodiedGrams')
    expect(carbon.sci).toEqual({ run: { operationalGramsPer: carbon.gramsCo2e } })
    expect(health.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['pue-unknown', 'overhead-unknown']),
    )
  })
})
