import { describe, expect, test } from 'vitest'
import {
  bundledDataSet,
  bundledIntensity,
  bundledZones,
  cloudDataSet,
  rowSource,
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
    'US-CA',
    'gcp:europe-north9',
    'aws:us-east-1',
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
  expect(bundledZones()).toHaveLength(210 + 44)
  for (const zone of bundledZones()) {
    const grams = bundledIntensity(zone)?.gramsPerKilowattHour
    expect(grams).toBeGreaterThanOrEqual(0)
    expect(grams).toBeLessThan(1500)
    expect(rowSource(zone)).toEqual({
      ...(zone.startsWith('gcp:') ? cloudDataSet : bundledDataSet),
      zone,
      year: expect.any(Number),
    })
  }
})

test('a row names its own year', () => {
  expect([rowSource('FR')?.year, rowSource('AF')?.year, rowSource('CF')?.year]).toEqual([2024, 2023, 2022])
})
