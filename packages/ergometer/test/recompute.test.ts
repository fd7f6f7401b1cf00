import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { analyse, type Report, readJournal } from '@ergometer/core'
import { parseReport } from '@ergometer/core/report-schema'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordedFactors } from '../src/factors.ts'
import { chooseFactors } from '../src/given-factors.ts'
import { reportNamed } from '../src/report-from-journal.ts'
import type { Settings } from '../src/settings.ts'

/** 0.5 kWh: 22:47:30 to 01:17:30 UTC, at 200 W, 300 W and 100 W for 3000 s each. */
const JOURNAL = fileURLToPath(new URL('../../core/test/fixtures/midnight.ndjson', import.meta.url))
const RUN = '20261128-224730-midnight-abcdef'

const home = mkdtempSync(join(tmpdir(), 'ergometer-recompute-'))
const folder = join(home, 'runs', RUN)
const csv = join(home, 'grid.csv')

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  copyFileSync(JOURNAL, join(folder, 'journal.ndjson'))
  writeFileSync(join(folder, 'report.json'), 'as it was')
  const hours = ['22:00:00Z,400', '23:00:00Z,200'].map((row) => `2026-11-28T${row}`)
  writeFileSync(csv, ['time,gramsPerKilowattHour', ...hours, '2026-11-29T00:00:00Z,100', ''].join('\n'))
})
afterAll(() => {
  rmSync(home, { recursive: true, force: true })
})

/** Half-hours of Great Britain, as its service writes them (see the fixture of @ergometer/carbon): one is missing, one is a true 0. */
const HALF_HOURS: [from: string, to: string, actual: number | null][] = [
  ['2026-11-28T22:30Z', '2026-11-28T23:00Z', 120],
  ['2026-11-28T23:00Z', '2026-11-28T23:30Z', 100],
  ['2026-11-28T23:30Z', '2026-11-29T00:00Z', 80],
  ['2026-11-29T00:00Z', '2026-11-29T00:30Z', 60],
  ['2026-11-29T00:30Z', '2026-11-29T01:00Z', null],
  ['2026-11-29T01:00Z', '2026-11-29T01:30Z', 0],
]

const answering: typeof fetch = async () =>
  new Response(
    JSON.stringify({
      data: HALF_HOURS.map(([from, to, actual]) => ({ from, to, intensity: { forecast: null, actual } })),
    }),
  )
const silent: typeof fetch = async () => {
  throw new Error('no network here')
}

async function recomputed(settings: Settings, fetch = silent): Promise<Report> {
  const world = { fetch, sleep: async () => {}, cacheFolder: mkdtempSync(join(home, 'replies-')) }
  return reportNamed(home, RUN, await chooseFactors(settings), world)
}

const PUES = [1, 1.2, 1.58]

describe('one journal', () => {
  // Yearly figures of data/LICENSE.md, and half of them for half a kilowatt-hour.
  const zones: [zone: string, grams: number][] = [
    ['FR', 22.09],
    ['DE', 171.03],
    ['SE', 17.945],
    ['NO', 15.375],
    ['PL', 307.49],
    ['GB', 107.895],
    ['US', 191.775],
    ['IN', 354.48],
    ['CN', 278.75],
    ['gcp:europe-north1', 19.66],
  ]
  test.each(zones)('in %s has its grams at each PUE', async (zone, grams) => {
    for (const pue of PUES) {
      const { carbon, energy } = await recomputed({ zone, pue })
      expect(carbon.gramsCo2e).toBeCloseTo(grams * pue, 9)
      expect(carbon.intensity.zone).toBe(zone)
      expect(carbon.factors).toMatchObject({ pue, recomputed: ['zone', 'pue'] })
      expect(energy.facility?.joules).toBeCloseTo(1.8e6 * pue, 6)
    }
  })

  test('by a CSV has those of each hour at each PUE', async () => {
    // 150 kJ at 400, 855 kJ at 200, 795 kJ at 100 g/kWh.
    for (const pue of PUES) {
      const { carbon, provenance } = await recomputed({ source: `csv={"path":${JSON.stringify(csv)}}`, pue })
      expect(carbon.gramsCo2e).toBeCloseTo(((60_000 + 171_000 + 79_500) / 3600) * pue, 9)
      expect(carbon).toMatchObject({
        coverage: 1,
        estimatedShare: 0,
        intensity: { source: 'csv', zone: 'DE' },
      })
      expect(provenance.dataSets).toEqual(['csv'])
    }
  })

  test('by a service has those of each half-hour: null is missing, 0 is 0', async () => {
    // 150 kJ at 120, 360 kJ at 100, 495 kJ at 80, 510 kJ at 60, 180 kJ unknown, 105 kJ at 0 g/kWh.
    for (const pue of PUES) {
      const { carbon, health } = await recomputed(
        { source: 'carbonintensity-uk', zone: 'GB', pue },
        answering,
      )
      expect(carbon.gramsCo2e).toBeCloseTo(34.5 * pue, 9)
      expect(carbon.coverage).toBeCloseTo(0.9, 9)
      expect(carbon.intensity).toMatchObject({ kind: 'average', basis: 'direct', zone: 'GB' })
      expect(health.map(({ code }) => code)).toContain('intensity-missing')
    }
  })

  test('by a service that fails has the yearly figure of its kind, or none, and says so', async () => {
    const file = join(home, 'token')
    writeFileSync(file, 'secret-token')
    const source = `electricity-maps={"zone":"FR","tokenFile":${JSON.stringify(file)}}`
    const lifecycle = await recomputed({ source })
    expect(lifecycle.carbon.gramsCo2e).toBeCloseTo(22.09 * 1.2, 9)
    expect(lifecycle.carbon).toMatchObject({
      estimatedShare: 1,
      coverage: 1,
      intensity: { zone: 'FR', estimated: true },
    })
    const codes = (report: Report) => report.health.map(({ code }) => code)
    expect(codes(lifecycle)).toEqual(
      expect.arrayContaining(['intensity-source-failed', 'intensity-stand-in']),
    )
    const stated = (await recomputed({ source, intensity: 77 })).carbon
    expect(stated.gramsCo2e).toBeCloseTo(0.5 * 77 * 1.2, 9)
    expect(stated).toMatchObject({ estimatedShare: 1, intensity: { source: 'constant', estimated: true } })
    const direct = await recomputed({ source: source.replace('{', '{"basis":"direct",') })
    expect(direct.carbon).not.toHaveProperty('gramsCo2e')
    expect(direct.carbon).toMatchObject({ coverage: 0, intensity: { basis: 'direct' } })
    expect(codes(direct)).toEqual(expect.arrayContaining(['intensity-source-failed', 'intensity-missing']))
    expect(JSON.stringify([lifecycle, direct])).not.toContain('secret-token')
  })

  test('keeps what it was recorded with where nothing else is said', async () => {
    const recorded = (await recomputed({})).carbon
    expect(recorded.gramsCo2e).toBeCloseTo(162.15, 9)
    expect(recorded.factors).not.toHaveProperty('recomputed')
    expect((await recomputed({ pue: 1 })).carbon.gramsCo2e).toBeCloseTo(135.125, 9)
    expect((await recomputed({ intensity: 10 })).carbon.gramsCo2e).toBeCloseTo(6, 9)
    expect((await recomputed({ source: 'bundled' })).carbon.gramsCo2e).toBeCloseTo(171.03 * 1.2, 9)
    expect((await recomputed({ overhead: 1.1 })).carbon.gramsCo2e).toBeCloseTo(162.15 * 1.1, 9)
  })

  test('has SCI per unit of its work, and the figures of SCI for AI', async () => {
    const { carbon } = await recomputed({
      embodied: { totalGrams: 4e6, lifetimeYears: 4, share: 0.25 },
      parameters: 2e9,
    })
    const embodied = (1e6 * 9000) / (4 * 365 * 86_400)
    expect(carbon.embodiedGrams).toBeCloseTo(embodied, 9)
    expect(carbon.sci?.['tokens']?.gramsCo2ePer).toBeCloseTo((162.15 + embodied) / 9000, 9)
    expect(carbon.sciForAi).toMatchObject({ persona: 'provider', boundary: 'training', counting: 'gross' })
    expect(carbon.sciForAi?.perTrainingToken).toEqual(carbon.sci?.['tokens'])
    expect(carbon.sciForAi?.perBillionParameters?.operationalGramsPer).toBeCloseTo(162.15 / 2, 9)
  })

  test('stays as it is, and so does its report', () => {
    expect(readFileSync(join(folder, 'journal.ndjson'), 'utf8')).toBe(readFileSync(JOURNAL, 'utf8'))
    expect(readFileSync(join(folder, 'report.json'), 'utf8')).toBe('as it was')
  })
})

describe('a journal of a version that knew no sources', () => {
  test('is reported with one all the same', async () => {
    const old = readFileSync(JOURNAL, 'utf8')
      .replace(/,"source":\{[^}]*\}/, '')
      .split('\n')
      .filter((line) => !line.includes('"kind":"intensity"'))
    const other = join(home, 'runs', '20260101-000000-old-abcdef')
    mkdirSync(other)
    writeFileSync(join(other, 'journal.ndjson'), old.join('\n'))
    const plain = await reportNamed(home, other)
    expect(plain.carbon.gramsCo2e).toBeCloseTo(171.03 * 1.2, 9)
    const chosen = await chooseFactors({ source: `csv={"path":${JSON.stringify(csv)}}` })
    expect((await reportNamed(home, other, chosen)).carbon.gramsCo2e).toBeCloseTo((310_500 / 3600) * 1.2, 9)
    expect(existsSync(join(other, 'report.json'))).toBe(false)
  })
})

test('a run that crashed is closed and stored with the factors of its recording, whatever is asked for', async () => {
  const lines = readFileSync(JOURNAL, 'utf8')
    .split('\n')
    .filter((line) => !line.includes('"kind":"end"'))
    // No process has such a number.
    .map((line) => line.replace('"pid":1}', '"pid":99999999}'))
  const crashed = join(home, 'runs', '20260102-000000-crashed-abcdef')
  mkdirSync(crashed)
  writeFileSync(join(crashed, 'journal.ndjson'), lines.join('\n'))
  const asked = await reportNamed(home, crashed, await chooseFactors({ intensity: 10, pue: 1 }))
  expect(asked.run.status).toBe('crashed')
  expect(asked.carbon.gramsCo2e).toBeCloseTo(5, 9)
  const stored = JSON.parse(readFileSync(join(crashed, 'report.json'), 'utf8')) as Report
  expect(stored.carbon.gramsCo2e).toBeCloseTo(162.15, 9)
})

test('a journal with any factors, and any intensity, makes a report that keeps its schema', () => {
  const [start = '', ...lines] = readFileSync(JOURNAL, 'utf8').trimEnd().split('\n')
  const odd = fc.oneof(
    fc.constantFrom(null, -1, 0, 1, 1e308, '', 'FR', 'marginal', 'aws:p3.2xlarge', true, [], {}, [1]),
    fc.record({
      name: fc.constant('csv'),
      kind: fc.constantFrom('average', 'marginal', 7),
      zone: fc.constantFrom('FR', 3),
    }),
    fc.record({
      totalGrams: fc.constantFrom(1, -1, 'x'),
      share: fc.constantFrom(0, 1, 2),
      lifetimeYears: fc.constantFrom(0, 4),
    }),
  )
  const names = ['zone', 'intensity', 'pue', 'overhead', 'water', 'embodied', 'parameters', 'source']
  const factors = fc.dictionary(fc.constantFrom(...names), odd)
  const step = fc.dictionary(
    fc.constantFrom('from', 'to', 'gramsPerKilowattHour', 'kind', 'basis', 'source', 'zone', 'estimated'),
    fc.oneof(
      fc.constantFrom(1795903200, 1795906800, 1e308, 'average', 'marginal', 'direct', 'lifecycle'),
      odd,
    ),
  )
  fc.assert(
    fc.property(factors, fc.array(step), (given, steps) => {
      const sound = {
        from: 1795903200,
        gramsPerKilowattHour: 1,
        kind: 'average',
        basis: 'lifecycle',
        source: 'csv',
        estimated: false,
      }
      const text = [
        JSON.stringify({ ...JSON.parse(start), factors: given }),
        ...lines,
        ...steps.map((one) => JSON.stringify({ kind: 'intensity', t: 0, step: { ...sound, ...one } })),
      ]
      const journal = readJournal(text)
      const report = analyse(journal, recordedFactors(journal))
      expect(() => parseReport(JSON.parse(JSON.stringify(report)))).not.toThrow()
    }),
    { numRuns: 500 },
  )
})
