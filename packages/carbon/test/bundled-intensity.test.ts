import { describe, expect, test } from 'vitest'
import {
  bundledDataSet,
  bundledIntensity,
  bundledZones,
  cloudDataSet,
  type RowSource,
  rowSource,
  stateDataSet,
  worldIntensity,
} from '../src/index.ts'

describe('bundledIntensity', () => {
  test.each([
    ['WORLD', 472.94],
    ['FR', 44.18],
    ['DE', 342.06],
    ['SE', 35.89],
    ['GB', 215.79],
    ['US', 383.55],
    ['NO', 30.75],
    ['IN', 708.96],
    ['XK', 958.72],
    ['gcp:europe-north1', 39.32],
    ['gcp:us-central1', 412.72],
    ['US-CA', 207.51],
    ['US-WV', 895.54],
    ['US-VT', 19.33],
    ['us-dc', 251.7],
  ])('%s is %d g/kWh', (zone, gramsPerKilowattHour) => {
    expect(bundledIntensity(zone)?.gramsPerKilowattHour).toBe(gramsPerKilowattHour)
  })

  test('says what kind of figure it is, of where, when and by whom', () => {
    expect(bundledIntensity('FR')).toEqual({
      gramsPerKilowattHour: 44.18,
      kind: 'average',
      basis: 'lifecycle',
      source: 'Ember yearly electricity data',
      zone: 'FR',
      period: '2024',
      estimated: false,
    })
  })

  test('of a cloud region counts the stack alone, and says so', () => {
    expect(bundledIntensity('GCP:europe-north1')).toEqual({
      gramsPerKilowattHour: 39.32,
      kind: 'average',
      basis: 'direct',
      source: 'Google Cloud region carbon data',
      zone: 'gcp:europe-north1',
      period: '2024',
      estimated: false,
    })
  })

  test('of a state of the US counts the stack alone, and says so', () => {
    expect(bundledIntensity('US-TX')).toEqual({
      gramsPerKilowattHour: 372.83,
      kind: 'average',
      basis: 'direct',
      source: 'EPA eGRID',
      zone: 'US-TX',
      period: '2022',
      estimated: false,
    })
  })

  test.each([
    ['aws:eu-north-1', 'SE', 'Ember yearly electricity data, of SE', 'lifecycle'],
    ['azure:westus2', 'US-WA', 'EPA eGRID, of US-WA', 'direct'],
  ])('of %s has that of %s, as an estimate that says whose it is', (zone, grid, source, basis) => {
    expect(bundledIntensity(zone)).toEqual({
      ...bundledIntensity(grid),
      zone,
      source,
      basis,
      estimated: true,
    })
    expect(rowSource(zone)).toEqual({ ...rowSource(grid), zone, grid })
    expect(rowSource(grid)?.grid).toBeUndefined()
  })

  test('ignores case and surrounding blanks', () => {
    expect(bundledIntensity(' fr ')).toEqual(bundledIntensity('FR'))
    expect(bundledIntensity('World')).toEqual(bundledIntensity('WORLD'))
  })

  test('keeps a true zero', () => {
    expect(bundledIntensity('CF')?.gramsPerKilowattHour).toBe(0)
  })

  test.each([
    '',
    'ZZ',
    'LI',
    'FRA',
    'US-PR',
    'CA-QC',
    'gcp:europe-north9',
    'aws:us-east-9',
    'aws:constructor',
    'EU',
    '__proto__',
    'constructor',
  ])('has nothing for %j, and no default', (zone) => {
    expect(bundledIntensity(zone)).toBeUndefined()
    expect(rowSource(zone)).toBeUndefined()
  })

  test('hands out a value of its own each time', () => {
    const first = bundledIntensity('FR')
    if (first) first.gramsPerKilowattHour = 1
    expect(bundledIntensity('FR')?.gramsPerKilowattHour).toBe(44.18)
  })
})

test('the world stands in for an unknown zone as an estimate', () => {
  expect(worldIntensity()).toEqual({ ...bundledIntensity('WORLD'), estimated: true })
})

test('the list of zones is sorted, and each zone has a plausible figure, a year and a source', () => {
  expect(bundledZones()).toEqual([...bundledZones()].sort())
  expect(bundledZones()).toHaveLength(210 + 51 + 44 + 87)
  for (const zone of bundledZones()) {
    const grams = bundledIntensity(zone)?.gramsPerKilowattHour
    expect(grams).toBeGreaterThanOrEqual(0)
    expect(grams).toBeLessThan(1500)
    const { year, zone: named, grid = zone, ...dataSet } = rowSource(zone) as RowSource
    const own = grid.startsWith('gcp:') ? cloudDataSet : grid.includes('-') ? stateDataSet : bundledDataSet
    expect({ named, dataSet }).toEqual({ named: zone, dataSet: own })
    expect(year).toBeGreaterThan(2021)
    // Bases are never mixed unseen: each figure bears that of the data set that it is from.
    expect(bundledIntensity(zone)?.basis).toBe(own.basis)
  }
})

test('a row names its own year', () => {
  expect([rowSource('FR')?.year, rowSource('AF')?.year, rowSource('CF')?.year]).toEqual([2024, 2023, 2022])
})
