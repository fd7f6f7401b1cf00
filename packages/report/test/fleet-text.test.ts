import { type FleetRun, fleetReport } from '@ergometer/core'
import { describe, expect, test } from 'vitest'
import { markdownFleet, terminalFleet } from '../src/index.ts'

const BEGIN = Date.parse('2026-11-22T10:00:00Z') / 1000

function run(host: string, more: Partial<FleetRun> = {}): FleetRun {
  return {
    host,
    runId: `20261122-1000-${host}`,
    from: BEGIN,
    to: BEGIN + 1800,
    byMethod: { measured: 1.2e6 },
    byKind: { gpu: 0.9e6, cpu: 0.3e6 },
    grams: { average: 18.5 },
    work: { samples: 300_000 },
    scores: [
      {
        name: 'accuracy',
        first: { t: BEGIN, value: 0.1 },
        last: { t: BEGIN + 1800, value: 0.93 },
        least: 0.1,
        most: 0.93,
      },
    ],
    coverage: 1,
    ...more,
  }
}

const whole = fleetReport('mnist-ddp', [run('node-1'), run('node-2'), run('node-3')])
const partial = fleetReport('mnist-ddp', [
  run('node-1'),
  run('node-2', { byMethod: {}, byKind: undefined, grams: {} }),
  run('node-3', { byMethod: { measured: 1e6, modelled: 2e5 }, coverage: 0.85 }),
])

describe('a fleet on the terminal', () => {
  test('has its totals, its work, and a row for each node', () => {
    expect(`\n${terminalFleet(whole, { columns: 80 })}`).toBe(`
  mnist-ddp · 3 nodes · 30 min
  2026-11-22 10:00 UTC to 2026-11-22 10:30 UTC

  Energy    1.00 kWh · 3.60 MJ · measured
  Kinds     gpu 75 % · cpu 25 %
  Carbon    55.5 g CO2e · average

  Work        done  per joule  energy each  CO2e each
  samples  900 000      0.250       4.00 J    61.7 µg

  Scores       first → last    best  better  per kWh
  accuracy  0.1000 → 0.9300  0.9300  higher    0.930

  Nodes   duration     energy  share   seen    CO2e  samples  samples per joule
  node-1  30.0 min  0.333 kWh   33 %  100 %  18.5 g  300 000              0.250
  node-2  30.0 min  0.333 kWh   33 %  100 %  18.5 g  300 000              0.250
  node-3  30.0 min  0.333 kWh   33 %  100 %  18.5 g  300 000              0.250
`)
  })

  test('says what is not known, and of whom', () => {
    const text = terminalFleet(partial, { columns: 120 })
    expect(text).toMatch(/Energy .*of 2 of 3 runs · measured 92 % · modelled 8\.3 % · seen 85 % of the time/)
    expect(text).toMatch(/Carbon .*of 2 of 3 runs/)
    expect(text).toMatch(/node-2 .* – +– +100 % +– +300 000 +–$/m)
    expect(text).toMatch(/warning: no energy is known of 1 of 3 runs \(node-2\)/)
  })

  test.each([40, 80, 120, 200])('keeps within %i columns', (columns) => {
    const twice = fleetReport('a name that is quite long for a run of anything', [
      run('a-host-name-that-is-as-long-as-they-are-in-clouds.example.internal'),
      run('a-host-name-that-is-as-long-as-they-are-in-clouds.example.internal', {
        from: BEGIN + 900,
        coverage: undefined,
      }),
    ])
    for (const report of [whole, partial, twice]) {
      const widths = terminalFleet(report, { columns })
        .split('\n')
        .map((line) => line.length)
      expect(Math.max(...widths)).toBeLessThanOrEqual(Math.min(columns, 120))
    }
  })

  test('lets nothing from the store take effect', () => {
    const evil = fleetReport('\u001b[2Jx', [
      run('\u001b]0;evil\u0007|n`1`', {
        work: { '\u001b[31msamples|<b>': 3 },
        grams: { '\u001b[1maverage': 3 },
      }),
    ])
    for (const text of [terminalFleet(evil), markdownFleet(evil)]) expect(text).not.toMatch(/[^\P{Cc}\n]/u)
    expect(markdownFleet(evil)).not.toContain('<b>')
  })

  test('of more nodes than are shown, it says where the others are', () => {
    const many = fleetReport(
      'big',
      Array.from({ length: 60 }, (_, at) => run(`node-${at}`)),
    )
    expect(terminalFleet(many)).toContain('and 20 more with --json')
    expect(markdownFleet(many)).toContain('and 20 more with --json')
  })
})

describe('a fleet as Markdown', () => {
  test('has the same content', () => {
    const text = markdownFleet(whole)
    expect(text).toMatch(/^## mnist-ddp\n\n3 nodes · 30 min\\\n/)
    expect(text).toContain('- Energy: **1.00 kWh** · 3.60 MJ · measured')
    expect(text).toContain(
      '| Nodes | started | duration | energy | share | seen | CO2e | samples | samples per joule |',
    )
    expect(text).toContain(
      '| node-3 | 2026-11-22 10:00 UTC | 30.0 min | 0.333 kWh | 33 % | 100 % | 18.5 g | 300 000 | 0.250 |',
    )
    expect(text.endsWith('|\n')).toBe(true)
  })
})
