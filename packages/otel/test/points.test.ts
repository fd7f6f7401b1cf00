import type { LiveDomain, LiveTotals } from '@ergometer/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pointsOf } from '../src/points.ts'
import { COUNTERS, Series } from '../src/series.ts'

const TOTALS: LiveTotals = { v: 1, t: 1, seconds: 1, coverage: 1, domains: [], health: [] }

function domain(more: Partial<LiveDomain>): LiveDomain {
  return {
    id: 'm:d',
    kind: 'cpu',
    label: 'CPU',
    method: 'measured',
    coverage: 0.5,
    layer: 'component',
    ...more,
  }
}

describe('pointsOf', () => {
  test('calls a GPU by its UUID, also where it contains something', () => {
    const gpu = domain({ id: 'nvml:0', kind: 'gpu', identity: 'gpu:GPU-8f3c', label: 'H100', joules: 5 })
    const memory = domain({ id: 'nvml:0:memory', kind: 'memory', within: 'nvml:0', joules: 1 })
    const told = pointsOf({ ...TOTALS, domains: [gpu, memory] }).filter(
      ({ metric }) => metric === 'hardwareEnergy',
    )
    expect(told.map(({ attributes }) => attributes)).toEqual([
      { 'hw.id': 'GPU-8f3c', 'hw.name': 'H100', 'hw.type': 'gpu' },
      { 'hw.id': 'nvml:0:memory', 'hw.name': 'CPU', 'hw.parent': 'GPU-8f3c', 'hw.type': 'memory' },
    ])
  })

  test('a host goes out as a host alone', () => {
    const host = domain({ id: 'redfish:host', kind: 'host', layer: 'host', joules: 9, watts: 3 })
    const attributes = { 'hw.id': 'redfish:host', 'hw.name': 'CPU' }
    expect(pointsOf({ ...TOTALS, domains: [host] })).toEqual([
      { metric: 'hostEnergy', value: 9, attributes },
      { metric: 'hostPower', value: 3, attributes },
      { metric: 'coverage', value: 0.5, attributes: { 'hw.id': 'redfish:host' } },
    ])
  })

  test('what is in no layer, and what is unknown, has no point', () => {
    const { layer: _, ...covered } = domain({ joules: 4 })
    expect(pointsOf({ ...TOTALS, domains: [covered] }, 'r')).toEqual([])
    expect(pointsOf({ ...TOTALS, intensity: { kind: 'average' } }, 'r')).toEqual([])
  })

  test('a node has no run', () => {
    const totals = {
      ...TOTALS,
      byMethod: { measured: 1 },
      gramsCo2e: 1,
      work: { samples: 1 },
      scores: { loss: 1 },
    }
    expect(pointsOf(totals)).toEqual([])
    expect(pointsOf(totals, 'r')).toHaveLength(4)
  })

  test('names that receivers could stumble over are left out, and there are 64 at most', () => {
    const work = Object.fromEntries([
      ['samples', 1],
      ['per cent %', 2],
      ['new\nline', 3],
      ['x'.repeat(65), 4],
      ['', 5],
      ...Array.from({ length: 100 }, (_, index) => [`unit-${index}`, index]),
    ])
    const units = pointsOf({ ...TOTALS, work, scores: { 'a b': 1 } }, 'r').map(
      ({ attributes }) => attributes['ergometer.work.unit'],
    )
    expect(units).toEqual(['samples', ...Array.from({ length: 63 }, (_, index) => `unit-${index}`)])
  })

  test('is pure: the same with attributes of before as without', () => {
    const some = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('cpu', 'gpu', 'host'),
      label: fc.constantFrom('one', 'two'),
      layer: fc.constantFrom('component', 'host'),
      joules: fc.double({ min: 0, max: 1e6, noNaN: true }),
    })
    const known = new Series().attributes
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(some, { selector: ({ id }) => id })), (seconds) => {
        for (const domains of seconds) {
          const totals = { ...TOTALS, domains: domains.map((one) => domain(one as Partial<LiveDomain>)) }
          const before = structuredClone(totals)
          expect(pointsOf(totals, 'r', known)).toEqual(pointsOf(totals, 'r'))
          expect(totals).toEqual(before)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('Series', () => {
  /** What a process with several runs may see: totals of one of them, which may end. */
  const step = fc.record({
    run: fc.integer({ min: 0, max: 2 }),
    by: fc.double({ min: -5, max: 50, noNaN: true }),
    hardware: fc.boolean(),
  })

  test('counters never fall, and a run adds no more than it took', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const series = new Series()
        const runs = [0, 1, 2].map(() => ({ joules: 0, most: 0 }))
        let before = 0
        for (const { run: index, by, hardware } of steps) {
          const run = runs[index] as (typeof runs)[number]
          run.joules = Math.max(0, run.joules + by)
          run.most = Math.max(run.most, run.joules)
          const totals = {
            ...TOTALS,
            domains: [domain({ joules: run.joules })],
            byMethod: { measured: run.joules },
          }
          series.begin()
          series.take(run, pointsOf(totals, 'r', series.attributes), hardware)
          const told = new Map<string, number>()
          series.each((metric, value) => told.set(metric, value))
          const energy = told.get('runEnergy') ?? 0
          expect(energy).toBeGreaterThanOrEqual(before)
          expect(energy).toBeCloseTo(
            runs.reduce((sum, { most }) => sum + most, 0),
            6,
          )
          expect(told.get('hardwareEnergy') ?? 0).toBeLessThanOrEqual(energy + 1e-6)
          before = energy
        }
      }),
      { numRuns: 100 },
    )
  })

  test('gauges are told anew with each look', () => {
    const series = new Series()
    const told = () => {
      const names: string[] = []
      series.each((metric) => names.push(metric))
      return names.filter((name) => !COUNTERS.has(name as 'runWork'))
    }
    const run = {}
    series.begin()
    series.take(run, pointsOf({ ...TOTALS, scores: { loss: 1 } }, 'r', series.attributes), true)
    expect(told()).toEqual(['runScore'])
    series.begin()
    series.take(run, pointsOf(TOTALS, 'r', series.attributes), true)
    expect(told()).toEqual([])
  })
})
