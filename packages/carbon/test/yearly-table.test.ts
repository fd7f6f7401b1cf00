import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cloudGrids } from '../src/cloud-grids.ts'
import { cloudTable } from '../src/cloud-table.ts'
import { bundledDataSet, cloudDataSet, stateDataSet } from '../src/index.ts'
import { stateTable } from '../src/state-table.ts'
import { yearlyTable } from '../src/yearly-table.ts'

const data = new URL('../data/', import.meta.url)
const zones: Record<string, [zone: string, year: number]> = JSON.parse(
  readFileSync(new URL('zones.json', data), 'utf8'),
)
const upstream: Record<string, number> = createRequire(import.meta.url)('@tgwf/co2').averageIntensity.data

test('the committed table is what the script writes', () => {
  const script = fileURLToPath(new URL('build-table.mjs', data))
  const check = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(check.stderr).toBe('')
  expect(check.status).toBe(0)
})

test('each row has the figure of the installed package and the year of zones.json', () => {
  const expected = Object.entries(zones).map(([key, [zone, year]]) => [zone, [upstream[key], year]])
  expect(yearlyTable).toEqual(Object.fromEntries(expected))
})

test('no key of the package is lost but the twelve aggregates', () => {
  expect(Object.keys(upstream).filter((key) => !(key in zones))).toHaveLength(12)
})

test('no two keys share a zone, and each zone is a region that ICU knows', () => {
  const codes = Object.values(zones).map(([zone]) => zone)
  expect(new Set(codes).size).toBe(codes.length)
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  expect(codes.filter((code) => code !== 'WORLD' && names.of(code) === undefined)).toEqual([])
})

test('each cloud region has the figure and the year of its file', () => {
  const rows = readFileSync(new URL('google-cloud-2024.csv', data), 'utf8').trim().split('\n').slice(1)
  const expected = rows
    .map((row) => row.split(','))
    .map(([region, , , grams]) => [`gcp:${region}`, [Number(grams), 2024]])
  expect(cloudTable).toEqual(Object.fromEntries(expected))
  const note = readFileSync(new URL('LICENSE.md', data), 'utf8')
  expect(note).toContain(`${rows.length} regions`)
  for (const fact of [cloudDataSet.retrieved, cloudDataSet.sourceUrl, cloudDataSet.carrier.split('@')[1]]) {
    expect(note).toContain(fact)
  }
})

test('each state of the US has the figure and the year of its file', () => {
  const rows = readFileSync(new URL('egrid-2022.csv', data), 'utf8').trim().split('\n').slice(1)
  expect(rows).toHaveLength(51)
  for (const [state, kilograms] of rows.map((row) => row.split(','))) {
    const [grams, year] = stateTable[`US-${state}`] ?? []
    expect(grams).toBeCloseTo(Number(kilograms) * 1000, 2)
    expect(year).toBe(2022)
  }
  const note = readFileSync(new URL('LICENSE.md', data), 'utf8')
  for (const fact of [stateDataSet.retrieved, stateDataSet.sourceUrl, stateDataSet.carrier.split('@')[1]]) {
    expect(note).toContain(fact)
  }
})

test('regions of other clouds lie in a zone that has a figure, and have none of their own', () => {
  for (const [region, zone] of Object.entries(cloudGrids)) {
    expect(Object.hasOwn(yearlyTable, zone) || Object.hasOwn(stateTable, zone)).toBe(true)
    expect(Object.hasOwn(cloudTable, region)).toBe(false)
  }
  const note = readFileSync(new URL('LICENSE.md', data), 'utf8')
  const count = (cloud: string) => Object.keys(cloudGrids).filter((region) => region.startsWith(cloud)).length
  expect(note).toContain(
    `${count('aws:')} regions of Amazon Web Services and ${count('azure:')} of Microsoft Azure`,
  )
})

test('the years are those that the licence note counts', () => {
  const count = (year: number) => Object.values(yearlyTable).filter((row) => row[1] === year).length
  const note = readFileSync(new URL('LICENSE.md', data), 'utf8')
  expect(note).toContain(
    `of the ${Object.keys(yearlyTable).length} rows ${count(2022)} describe 2022, ${count(2023)} describe 2023 and ${count(2024)} describe 2024`,
  )
  expect(note).toContain(bundledDataSet.attribution.slice(0, 'Yearly electricity data, Ember'.length))
  expect(note).toContain(bundledDataSet.retrieved)
  expect(note).toContain(bundledDataSet.carrier.replace('@tgwf/co2@', '`@tgwf/co2` '))
})
