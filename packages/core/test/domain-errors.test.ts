import type { Domain } from '@ergometer/meter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import { energyErrorOf } from '../src/counted-energy.ts'
import { EnergyCurve } from '../src/energy-curve.ts'
import type { Interval } from '../src/intervals.ts'
import { readJournal } from '../src/journal.ts'
import { differenceUncertainty, standardUncertainty } from '../src/uncertainty.ts'
import { FACTORS, record, reportOf, type SimulatedDomain, type SimulatedEvent } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

const OWN = { standardUncertainty: { relative: 0.01, shared: 'domain' } } as const
const SIGMA = Math.sqrt(1 / 12)

/** A domain that takes so many watts all the time, read at an interval from second -1 to 21. */
function steady(watts: number, interval: number, parts: Partial<Domain>): SimulatedDomain {
  const declaration = domainOf({ ...OWN, ...parts })
  const { reads } = declaration
  return {
    declaration,
    interval,
    readings: Array.from({ length: Math.round(22 / interval) + 1 }, (_, index) => {
      const time = index * interval - 1
      const value =
        reads.quantity === 'energy' ? Math.round((watts * (time + 1)) / reads.joulesPerCount) : watts
      return { time, comes: Math.max(0, time), value }
    }),
  }
}

const counter = { reads: { quantity: 'energy', joulesPerCount: 1e-6 } } as const

function sigmaOf(domain: SimulatedDomain, intervals: readonly Interval[] = [{ from: 0, to: 20 }]): number {
  const journal = readJournal(record({ domains: [domain], settles: [], end: 20 }).lines)
  const { value, sources } = energyErrorOf(journal, intervals)
  const gain = 0.01 * value
  return Math.sqrt(Math.hypot(...sources.values()) ** 2 - gain ** 2)
}

describe('an edge lies somewhere in a step', () => {
  test("which is a counter's reading interval, or its update period if that is longer", () => {
    const width = (step: number) => expect.closeTo(Math.SQRT2 * 100 * step * SIGMA, 2)
    expect(sigmaOf(steady(100, 0.5, counter))).toEqual(width(0.5))
    expect(sigmaOf(steady(100, 0.5, { ...counter, updatePeriod: 0.001 }))).toEqual(width(0.5))
    expect(sigmaOf(steady(100, 0.5, { ...counter, updatePeriod: 0.8 }))).toEqual(width(0.8))
  })

  test('which is the update period of a power sensor, or the time over which it averages', () => {
    expect(sigmaOf(steady(100, 0.5, {}))).toBeCloseTo(0, 2)
    expect(sigmaOf(steady(100, 0.5, { updatePeriod: 0.4 }))).toBeCloseTo(Math.SQRT2 * 40 * SIGMA, 2)
    const averaged = { reads: { quantity: 'power', averagedOver: 1 }, updatePeriod: 0.1 } as const
    expect(sigmaOf(steady(100, 0.5, averaged))).toBeCloseTo(Math.SQRT2 * 100 * SIGMA, 2)
  })

  test('and no further, however many edges there are in it', () => {
    const domain = steady(100, 0.5, counter)
    const edges = (intervals: Interval[]) => sigmaOf(domain, intervals) / (50 * SIGMA)
    expect(edges([{ from: 4.1, to: 4.2 }])).toBeCloseTo(1, 2)
    expect(edges([0.05, 0.15, 0.25, 0.35].map((from) => ({ from: 4 + from, to: 4.05 + from })))).toBeCloseTo(
      1,
      2,
    )
    expect(edges([4.1, 7.1].map((from) => ({ from, to: from + 2 })))).toBeCloseTo(2, 2)
    // Of many intervals as of few.
    const many = Array.from({ length: 80 }, (_, index) => ({ from: index / 5, to: index / 5 + 0.1 }))
    expect(edges(many)).toBeCloseTo(Math.sqrt(32), 0)
  })

  test('from which nothing was read of no energy', () => {
    const domain = steady(100, 0.5, counter)
    const late = { ...domain, readings: domain.readings.filter(({ time }) => time > 5) }
    expect(sigmaOf(late)).toBeCloseTo(50 * SIGMA, 2)
  })

  test('at which one phase has too much and the next too little: tiles are as sure as the whole', () => {
    const cuts = fc
      .uniqueArray(fc.integer({ min: 1, max: 39 }), { maxLength: 8 })
      .map((halves) => [0, ...halves.map((half) => half / 2), 20].sort((a, b) => a - b))
    const journal = readJournal(
      record({
        domains: [steady(100, 0.5, counter), { ...steady(70, 0.2, counter) }].map((one, index) => ({
          ...one,
          declaration: { ...one.declaration, id: `${index}` },
        })),
        settles: [],
        end: 20,
      }).lines,
    )
    const whole = energyErrorOf(journal, [{ from: 0, to: 20 }])
    fc.assert(
      fc.property(cuts, (times) => {
        const tiles = times.slice(1).map((to, index) => ({ from: times[index] as number, to }))
        const sum = new Map<string, number>()
        for (const tile of tiles) {
          const { sources } = energyErrorOf(journal, [tile])
          for (const [source, one] of sources) sum.set(source, (sum.get(source) ?? 0) + one)
        }
        expect(Math.hypot(...sum.values())).toBeCloseTo(standardUncertainty(whole) ?? Number.NaN, 2)
        expect(standardUncertainty(energyErrorOf(journal, tiles))).toBeCloseTo(
          standardUncertainty(whole) ?? 0,
          2,
        )
      }),
    )
  })
})

describe('what sampled power leaves open', () => {
  const sawtooth = (interval: number, swing: number): SimulatedDomain => {
    const domain = steady(100, interval, {})
    return {
      ...domain,
      // The last one is at the end: so are the steps.
      readings: domain.readings
        .filter(({ time }) => time <= 20)
        .map((reading, index) => ({
          ...reading,
          value: 100 + (index % 2 === 0 ? swing : -swing),
        })),
    }
  }

  test('is (dP dt)²/12 of each step, and none where the power stands still', () => {
    expect(sigmaOf(sawtooth(1, 0))).toBe(0)
    expect(sigmaOf(sawtooth(1, 30))).toBeCloseTo(Math.sqrt(20) * 60 * SIGMA, 2)
    expect(sigmaOf(sawtooth(0.5, 30))).toBeCloseTo(Math.sqrt(40) * 30 * SIGMA, 2)
    // Of a part of the run its part.
    expect(sigmaOf(sawtooth(0.5, 30), [{ from: 5, to: 10 }])).toBeCloseTo(Math.sqrt(10) * 30 * SIGMA, 2)
  })

  test('is a sum over steps, whatever order the readings come in, and never counts what is outside of the run', () => {
    const values = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(values, fc.double({ min: -5, max: 0, noNaN: true }), fc.nat(), (watts, begin, cut) => {
        const curve = new EnergyCurve(domainOf(), 1)
        watts.forEach((value, index) => {
          curve.add(begin + index, value)
        })
        const until = begin + (cut % watts.length)
        const variance = watts.slice(1).reduce((sum, value, index) => {
          const from = begin + index
          const inside = Math.max(0, from + 1 - Math.max(0, from))
          const share = Math.min(1, inside)
          return sum + ((value - (watts[index] as number)) ** 2 / 12) * share
        }, 0)
        expect(curve.sampledVariance(1e9)).toBeCloseTo(variance, 6)
        expect(curve.sampledVariance(until)).toBeLessThanOrEqual(variance * (1 + 1e-9))
        expect(curve.sampledVariance(until)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  test('stands in checkpoints, and is left out where an older journal does not tell it', () => {
    const { lines } = record({ domains: [sawtooth(1, 30)], settles: [], end: 20 })
    const checkpoint = lines.map((line) => JSON.parse(line)).find(({ kind }) => kind === 'checkpoint')
    expect(checkpoint.domains[0].sampling).toBeCloseTo(Math.sqrt(20) * 60 * SIGMA, 2)
    const older = lines.map((line) => line.replace(/,"sampling":[\d.]+/, ''))
    const sigma = standardUncertainty(energyErrorOf(readJournal(older), [{ from: 0, to: 20 }]))
    expect(sigma).toBeCloseTo(0.01 * 2000, 6)
  })
})

describe('in a report', () => {
  test('whatever a journal tells, nothing is infinite, and nothing no number', () => {
    const huge = fc.constantFrom('0', '1e-300', '1e150', '1e199', '12')
    fc.assert(
      fc.property(huge, huge, fc.nat({ max: 200 }), (sampling, joules, phases) => {
        const { lines } = record({ domains: [steady(100, 1, {})], settles: [], end: 20 })
        const told = lines.map((line) => line.replace(/"sampling":[\d.]+/, `"sampling":${sampling}`))
        told.splice(2, 0, `{"kind":"late","domain":0,"from":1,"to":19,"joules":${joules}}`)
        for (let index = 0; index < phases; index++) {
          told.splice(
            2,
            0,
            `{"kind":"phase","name":"a","id":"${index}","from":${index / 10},"to":${index / 10 + 0.05}}`,
          )
        }
        const journal = readJournal(told)
        expect(journal.damaged).toBe(0)
        const text = JSON.stringify(analyse(journal, FACTORS), (_, value) =>
          typeof value === 'number' && !(Number.isFinite(value) && value >= 0) ? 'no number' : value,
        )
        expect(text).not.toContain('no number')
      }),
    )
  })

  test('phases say how sure their energy is, folded ones too, and none where an instrument does not say', () => {
    const steps = Array.from({ length: 40 }, (_, index) => ({ from: 3 + index / 40, to: 3.01 + index / 40 }))
    const events: SimulatedEvent[] = [
      { from: 0, to: 20, name: 'all' },
      ...steps.map((step) => ({ ...step, name: 'step' })),
    ]
      .flatMap(({ from, to, name }, index) => [
        { time: from, process: 'a', event: { kind: 'phase', name, id: `${index}`, edge: 'begin' } as const },
        { time: to, process: 'a', event: { kind: 'phase', name, id: `${index}`, edge: 'end' } as const },
      ])
      .sort((a, b) => a.time - b.time)
    const settles = Array.from({ length: 40 }, (_, index) => index / 2 + 0.3)
    const domain = steady(100, 0.5, counter)
    const { report } = reportOf({ domains: [domain], events, settles, end: 20 })
    const all = report.phases.find(({ name }) => name === 'all')
    expect(all?.standardUncertaintyJoules).toBeCloseTo(report.energy.standardUncertaintyJoules ?? 0, 6)
    expect(report.energy.domains[0]?.standardUncertaintyJoules).toBe(report.energy.standardUncertaintyJoules)
    expect(report.energy.domains[0]?.declaredUncertainty).toEqual(OWN.standardUncertainty)
    expect(report.efficiency).toEqual({})
    const step = report.phases.find(({ name }) => name === 'step')
    expect(step?.joules).toBeCloseTo(40, 1)
    // Of 1 s that is two steps, or three, as the sums are cut.
    expect(step?.standardUncertaintyJoules).toBeGreaterThan(Math.sqrt(1.9) * 50 * SIGMA)
    expect(step?.standardUncertaintyJoules).toBeLessThan(Math.sqrt(3.1) * 50 * SIGMA)
    const { standardUncertainty: _, ...unstated } = domain.declaration
    const other = reportOf({
      domains: [{ ...domain, declaration: unstated }],
      events,
      settles,
      end: 20,
    }).report
    expect(other.phases.map((phase) => phase.standardUncertaintyJoules)).toEqual([undefined, undefined])
    expect(other.energy).not.toHaveProperty('standardUncertaintyJoules')
  })

  test('work per joule is as sure as the energy, the building as sure as the run', () => {
    const event = { kind: 'work', work: { samples: 500 } } as const
    const { report } = reportOf({
      domains: [steady(100, 0.5, counter)],
      events: [{ time: 1, process: 'a', event }],
      settles: [],
      end: 20,
    })
    const { joules = 0, standardUncertaintyJoules = 0, facility } = report.energy
    const relative = standardUncertaintyJoules / joules
    expect(relative).toBeGreaterThan(0.01)
    expect(report.efficiency['samples']?.relativeStandardUncertainty).toBeCloseTo(relative, 12)
    expect(facility?.standardUncertaintyJoules).toBeCloseTo(standardUncertaintyJoules, 9)
    expect(report.carbon.standardUncertaintyGrams).toBeCloseTo(relative * (report.carbon.gramsCo2e ?? 0), 12)
    expect(report.carbon.uncertaintyOf).toEqual(['energy'])
  })

  test('two phases on one instrument are told apart far better than either is known', () => {
    const journal = readJournal(record({ domains: [steady(100, 0.1, counter)], settles: [], end: 20 }).lines)
    const [one, other] = [
      { from: 0, to: 10 },
      { from: 10, to: 20 },
    ].map((phase) => energyErrorOf(journal, [phase]))
    if (!one || !other) throw new Error('no phases')
    expect(standardUncertainty(one)).toBeGreaterThan(10)
    // Two edges once, and the one between them twice.
    expect(differenceUncertainty(one, other)).toBeCloseTo(10 * SIGMA * Math.sqrt(1 + 1 + 4), 2)
  })
})
