import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fleetReport } from '../src/fleet-report.ts'
import type { FleetRun } from '../src/fleet-run.ts'
import { fleetJsonSchema, parseFleetReport } from '../src/fleet-schema.ts'

const amount = fc.double({ min: 0, max: 1e12, noNaN: true })
const amounts = (...names: string[]) =>
  fc.dictionary(fc.constantFrom(...names), amount, { noNullPrototype: true })
const runs = fc.array(
  fc.record({
    host: fc.constantFrom('a', 'b', 'c'),
    runId: fc.option(fc.uuid(), { nil: undefined }),
    from: fc.integer({ min: 1.7e9, max: 1.8e9 }),
    to: fc.integer({ min: 1.8e9, max: 1.9e9 }),
    byMethod: amounts('measured', 'modelled', 'reported'),
    byKind: fc.option(amounts('cpu', 'gpu'), { nil: undefined }),
    grams: amounts('average', 'marginal'),
    work: amounts('samples', 'tokens'),
    scores: fc.constant([]),
    coverage: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 6 },
)

function run(host: string, more: Partial<FleetRun> = {}): FleetRun {
  return {
    host,
    runId: `run-of-${host}`,
    from: 1.7e9,
    to: 1.7e9 + 60,
    byMethod: { measured: 100 },
    grams: { average: 2 },
    work: { samples: 50 },
    scores: [],
    coverage: 1,
    ...more,
  }
}

const codes = (fleet: ReturnType<typeof fleetReport>) => fleet.health.map(({ code }) => code)

describe('the report of a fleet', () => {
  test('adds up, and is JSON of its schema', () => {
    fc.assert(
      fc.property(runs, (all) => {
        const report = fleetReport('mnist', all)
        const read = JSON.parse(JSON.stringify(report))
        expect(parseFleetReport(read)).toEqual(read)
        expect(read).toEqual(report)
        const sum = (values: (number | undefined)[]) => values.reduce<number>((s, v) => s + (v ?? 0), 0)
        expect(report.energy.joules ?? 0).toBeCloseTo(sum(report.nodes.map(({ joules }) => joules)), 0)
        expect(report.energy.joules ?? 0).toBeCloseTo(sum(Object.values(report.energy.byMethod)), 0)
        expect(report.nodes).toHaveLength(all.length)
        for (const { efficiency } of [report, ...report.nodes])
          for (const { perJoule, joulesPer } of Object.values(efficiency))
            expect(perJoule * joulesPer).toBeCloseTo(1, 9)
      }),
    )
  })

  test('of three whole nodes', () => {
    const report = fleetReport('mnist', [
      run('b'),
      run('a', { byMethod: { measured: 60, modelled: 40 } }),
      run('c'),
    ])
    expect(report).toMatchObject({
      run: { name: 'mnist', seconds: 60 },
      energy: { joules: 300, kilowattHours: 300 / 3.6e6, method: 'mixed', coverage: 1 },
      carbon: { gramsCo2e: 6, intensity: { kind: 'average' } },
      work: { samples: 150 },
      efficiency: { samples: { perJoule: 0.5, joulesPer: 2, gramsCo2ePer: 0.04 } },
      health: [],
    })
    expect(report.nodes.map(({ host, joules }) => [host, joules])).toEqual([
      ['a', 100],
      ['b', 100],
      ['c', 100],
    ])
  })

  test('says of which node no energy is known, and tells nothing per joule', () => {
    const report = fleetReport('mnist', [run('a'), run('b', { byMethod: {} })])
    expect(report.energy.joules).toBe(100)
    expect(report.efficiency).toEqual({})
    expect(report.nodes[0]?.efficiency).toHaveProperty('samples')
    expect(report.nodes[1]).not.toHaveProperty('joules')
    expect(report.health).toMatchObject([
      {
        severity: 'warning',
        code: 'node-without-energy',
        message: expect.stringContaining('1 of 2 runs (b)'),
      },
    ])
    const none = fleetReport('mnist', [run('a', { byMethod: {}, grams: {} })])
    expect(none.energy).toEqual({ byMethod: {}, coverage: 1 })
    expect(none.carbon).toEqual({})
  })

  test('tells nothing per joule below a coverage of 0.9', () => {
    const low = fleetReport('mnist', [run('a'), run('b', { coverage: 0.89 })])
    expect(low.efficiency).toEqual({})
    expect(low.energy.coverage).toBe(0.89)
    expect(low.nodes.map(({ efficiency }) => Object.keys(efficiency))).toEqual([['samples'], []])
    expect(codes(low)).toEqual(['node-coverage-low'])
    expect(fleetReport('mnist', [run('a', { coverage: 0.9 })]).efficiency).toHaveProperty('samples')
    const unknown = fleetReport('mnist', [run('a'), run('b', { coverage: undefined })])
    expect(unknown.energy).not.toHaveProperty('coverage')
    expect(codes(unknown)).toEqual(['node-coverage-unknown'])
  })

  test('never adds average and marginal emissions', () => {
    const mixed = fleetReport('mnist', [run('a'), run('b', { grams: { marginal: 9 } })])
    expect(mixed.carbon).toEqual({})
    expect(mixed.nodes.map(({ gramsCo2e }) => gramsCo2e)).toEqual([2, 9])
    expect(codes(mixed)).toEqual(['carbon-kinds-mixed'])
    expect(mixed.efficiency['samples']).not.toHaveProperty('gramsCo2ePer')
    const partial = fleetReport('mnist', [run('a'), run('b', { grams: {} })])
    expect(partial.carbon.gramsCo2e).toBe(2)
    expect(partial.efficiency['samples']).not.toHaveProperty('gramsCo2ePer')
    expect(codes(partial)).toEqual(['node-without-emissions'])
  })

  test('has a row for each run of a host, and says so', () => {
    const report = fleetReport('mnist', [
      run('a', { runId: '2', from: 1.7e9 + 20 }),
      run('a', { runId: '1' }),
    ])
    expect(report.nodes.map(({ runId }) => runId)).toEqual(['1', '2'])
    expect(codes(report)).toEqual(['several-runs'])
    expect(codes(fleetReport('mnist', [run('a', { runId: undefined })]))).toEqual(['run-id-unknown'])
  })

  test('has the earliest, the latest and the best score of all nodes', () => {
    const score = (name: string, at: number, first: number, last: number) => ({
      name,
      first: { t: at, value: first },
      last: { t: at + 10, value: last },
      least: Math.min(first, last),
      most: Math.max(first, last),
    })
    const { scores } = fleetReport('mnist', [
      run('a', { scores: [score('loss', 0, 2, 0.5), score('accuracy', 0, 0.1, 0.9)] }),
      run('b', { scores: [score('loss', 5, 3, 0.6), score('accuracy', 5, 0.2, 0.8)] }),
    ])
    expect(scores).toEqual({
      loss: { first: 2, last: 0.6, best: 0.5, better: 'lower' },
      accuracy: { first: 0.1, last: 0.8, best: 0.9, better: 'higher', perKilowattHour: 0.8 / (200 / 3.6e6) },
    })
  })

  test('its JSON Schema names the fields that people script against', () => {
    expect(fleetJsonSchema()).toMatchObject({
      required: ['schema', 'run', 'energy', 'carbon', 'work', 'scores', 'efficiency', 'nodes', 'health'],
      properties: { schema: { const: 'ergometer.fleet/1' } },
    })
  })
})
