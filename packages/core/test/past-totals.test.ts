import { IntensityCurve } from '@ergometer/carbon'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import type { Factors } from '../src/factors.ts'
import { type Journal, readJournal } from '../src/journal.ts'
import { type PastTotals, pastTotals } from '../src/past-totals.ts'
import {
  FACTORS,
  KnownTruth,
  record,
  runEnds,
  type SimulatedEvent,
  START,
  settleTimes,
  simulatedDomains,
  timesWithin,
} from './simulated-run.ts'
import { score, steadyRun, work } from './steady-run.ts'

const EPOCH = Date.parse(START.wall) / 1000
const labels = { kind: 'average', basis: 'lifecycle' } as const

/** Factors whose intensity changes, and is not known of all times. */
const changing: fc.Arbitrary<Factors> = fc
  .record({
    pue: fc.double({ min: 1, max: 2, noNaN: true }),
    steps: fc.array(
      fc.record({
        from: fc.integer({ min: -5, max: 20 }),
        seconds: fc.integer({ min: 1, max: 9 }),
        grams: fc.integer({ min: 0, max: 900 }),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ pue, steps }) => {
    const curve = new IntensityCurve(
      labels,
      steps.map(({ from, seconds, grams }) => ({
        from: EPOCH + from,
        to: EPOCH + from + seconds,
        gramsPerKilowattHour: grams,
        ...labels,
        source: 'test',
        estimated: false,
      })),
    )
    return { ...FACTORS, pue, curve }
  })

function eventsWithin(end: number): fc.Arbitrary<SimulatedEvent[]> {
  const event = fc.record({
    time: timesWithin(end),
    amount: fc.integer({ min: 0, max: 99 }),
    isWork: fc.boolean(),
  })
  return fc.array(event, { maxLength: 12 }).map((all) =>
    all
      .sort((a, b) => a.time - b.time)
      .map(({ time, amount, isWork }) => ({
        time,
        process: 'one',
        event: isWork
          ? { kind: 'work', work: { samples: amount } }
          : { kind: 'score', scores: { accuracy: { value: amount } } },
      })),
  )
}

const worlds = runEnds.chain((end) =>
  fc.record({
    end: fc.constant(end),
    domains: simulatedDomains,
    settles: settleTimes,
    events: eventsWithin(end),
    factors: fc.oneof(fc.constant(FACTORS), changing),
    step: fc.constantFrom(0.37, 1, 2.5, 60),
  }),
)

function all(journal: Journal, step: number, factors: Factors = FACTORS): PastTotals[] {
  return [...pastTotals(journal, factors, step)]
}

function expectClose(actual: number | undefined, expected: number | undefined): void {
  if (expected === undefined) expect(actual).toBeUndefined()
  else expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected))
}

describe('past totals', () => {
  test('begin at 0, never fall, and end as the report has them', () => {
    fc.assert(
      fc.property(worlds, ({ factors, step, ...world }) => {
        const journal = readJournal(record(world).lines)
        const { energy, carbon, work, scores } = analyse(journal, factors)
        const totals = all(journal, step, factors)
        const [first, last] = [totals[0], totals.at(-1)] as [PastTotals, PastTotals]
        expect(first.seconds).toBe(0)
        expect(last.seconds).toBe(journal.until)
        expectClose(last.joules, energy.joules)
        expectClose(last.gramsCo2e, carbon.gramsCo2e)
        expect(last.coverage).toBeCloseTo(energy.coverage, 9)
        expect(last.work).toEqual(work)
        expect(last.scores).toEqual(
          Object.fromEntries(Object.entries(scores).map(([name, one]) => [name, one.last])),
        )
        for (const [method, joules] of Object.entries(energy.byMethod)) {
          expectClose(last.byMethod?.[method as 'measured'], joules)
        }
        for (const { id, joules, coverage } of energy.domains) {
          const domain = last.domains.find((one) => one.id === id)
          expectClose(domain?.joules, joules)
          expect(domain?.coverage).toBeCloseTo(coverage, 9)
        }
        const risers = (one: PastTotals) => [
          one.seconds,
          one.joules,
          one.gramsCo2e,
          ...one.domains.map(({ joules }) => joules),
          ...Object.values(one.byMethod ?? {}),
          ...Object.values(one.work ?? {}),
        ]
        totals.forEach((one, index) => {
          const before = risers(totals[index - 1] ?? first)
          // What is known in the end is there from the begin on, what is unknown never.
          expect(risers(one).map((value) => value === undefined)).toEqual(
            risers(last).map((value) => value === undefined),
          )
          risers(one).forEach((value, place) => {
            expect(value ?? 0).toBeGreaterThanOrEqual(before[place] ?? 0)
            if (index === 0) expect(value ?? 0).toBe(0)
          })
        })
      }),
      { numRuns: 200 },
    )
  })

  test('are at any time what the report of the run up to then says, and near the truth', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ factors, step, ...world }, share) => {
          const journal = readJournal(record(world).lines)
          const totals = all(journal, step, factors)
          const one = totals[Math.floor(share * (totals.length - 1))] as PastTotals
          const { seconds } = one
          if (seconds === 0) return
          const part = analyse(journal, factors, { interval: { from: 0, to: seconds } })
          expectClose(one.joules ?? 0, part.energy.joules ?? 0)
          expectClose(one.gramsCo2e ?? 0, part.carbon.gramsCo2e ?? 0)
          expect(one.coverage).toBeCloseTo(part.energy.coverage, 9)
          expect(one.work?.['samples'] ?? 0).toBe(part.work['samples'] ?? 0)
          expect(one.milliseconds).toBeCloseTo(Date.parse(START.wall) + seconds * 1000, 3)
          expect(one.t).toBeCloseTo(START.monotonic + seconds, 9)
          if (Number.isInteger(seconds)) {
            const truth = world.domains.reduce(
              (sum, domain) => sum + new KnownTruth(domain, world.end + 1).joules(0, seconds),
              0,
            )
            expect(Math.abs((one.joules ?? 0) - truth)).toBeLessThanOrEqual(0.11 * world.domains.length)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('have the watts of the step before, and none where too little of it is known', () => {
    const { journal } = steadyRun({
      watts: [
        [10, 100],
        [30, 200],
      ],
      end: 25.5,
      unread: [13, 17],
    })
    const watts = all(journal, 5).map((one) => [one.seconds, one.watts && Math.round(one.watts)])
    expect(watts).toEqual([
      [0, undefined],
      [5, 100],
      [10, 100],
      [15, undefined],
      [20, undefined],
      [25, 200],
      // A short last step takes in what went before it.
      [25.5, 200],
    ])
    expect(all(journal, 5).at(-1)?.domains[0]?.watts).toBeCloseTo(200, 0)
  })

  test('tell work and scores as they came', () => {
    const events = [
      work(2, { samples: 10 }),
      score(3, { loss: 0.9 }),
      work(6, { samples: 5 }),
      score(7, { loss: 0.4 }),
    ]
    const { journal } = steadyRun({ watts: 100, end: 8, events })
    expect(all(journal, 4).map(({ work, scores }) => ({ work, scores }))).toEqual([
      { work: { samples: 0 }, scores: {} },
      { work: { samples: 10 }, scores: { loss: 0.9 } },
      { work: { samples: 15 }, scores: { loss: 0.4 } },
    ])
  })

  test('go by the intensity of then, and tell it', () => {
    const { journal } = steadyRun({ watts: 360, end: 3 })
    const figure = { ...labels, source: 'test', estimated: false }
    const curve = new IntensityCurve(labels, [
      { from: EPOCH, to: EPOCH + 1, gramsPerKilowattHour: 100, ...figure },
      { from: EPOCH + 1, to: EPOCH + 2, gramsPerKilowattHour: 300, ...figure },
    ])
    const told = all(journal, 1, { ...FACTORS, curve }).map(({ gramsCo2e = Number.NaN, intensity }) => [
      Number(gramsCo2e.toFixed(5)),
      intensity?.gramsPerKilowattHour,
    ])
    expect(told).toEqual([
      [0, 100],
      [0.01, 300],
      [0.04, undefined],
      [0.04, undefined],
    ])
  })

  test('say how hardware goes out: what is inside of something else does not', () => {
    const reads = { quantity: 'interval-energy' }
    const domain = (id: string, kind: string, within?: string) => ({
      kind: 'domain',
      t: 0,
      id: `sim:${id}`,
      meter: 'sim',
      interval: 1,
      domain: { id, kind, label: id, method: 'measured', reads, ...(within ? { within } : {}) },
    })
    const lines = [
      START,
      domain('package', 'cpu'),
      domain('core', 'cpu', 'package'),
      { t: 1, mJ: [9000, 4000] },
    ]
    const journal = readJournal(lines.map((line) => JSON.stringify(line)))
    const [, last] = all(journal, 10)
    expect(last?.joules).toBe(9)
    expect(last?.domains.map(({ id, layer, joules, within }) => ({ id, layer, joules, within }))).toEqual([
      { id: 'sim:package', layer: 'component', joules: 9, within: undefined },
      { id: 'sim:core', layer: undefined, joules: 4, within: 'sim:package' },
    ])
  })

  test('refuse a step that would never end', () => {
    const { journal } = steadyRun({ watts: 100, end: 8 })
    for (const step of [0, -1, Number.NaN, 1e-9]) {
      expect(() => all(journal, step)).toThrow(expect.objectContaining({ code: 'EXPORT_STEP_INVALID' }))
    }
  })
})
