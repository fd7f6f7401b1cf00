import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bundledZones, CarbonError, cloudZone, normaliseZone, parseZone } from '../src/index.ts'

test.each([
  [' fr', 'FR'],
  ['world', 'WORLD'],
  ['us-ca', 'US-CA'],
  ['GCP:Europe-North1', 'gcp:europe-north1'],
])('%j is spelt %j', (text, zone) => {
  expect(normaliseZone(text)).toBe(zone)
})

test.each(['', 'FRA', 'France', 'US-', 'US-CALIFORNIA', 'gcp:', ':x', 'F R', '12', 'FR\nDE'])(
  '%j has the form of no zone',
  (text) => {
    expect(normaliseZone(text)).toBeUndefined()
  },
)

test('a cloud and its region are a zone; one without the other is not known, and no country is guessed', () => {
  expect(cloudZone('gcp', 'europe-north1')).toBe('gcp:europe-north1')
  expect(cloudZone('aws', 'us-west-2')).toBe('aws:us-west-2')
  expect([
    cloudZone('gcp', undefined),
    cloudZone(undefined, 'europe-north1'),
    cloudZone('', ''),
    cloudZone('gcp', 'a b'),
  ]).toEqual(Array(4).fill(undefined))
})

describe('parseZone', () => {
  test('takes every bundled zone in any case', () => {
    for (const zone of bundledZones()) expect(parseZone(` ${zone.toLowerCase()} `)).toBe(zone)
    expect(parseZone('GCP:Europe-North1')).toBe('gcp:europe-north1')
  })

  test.each([
    [
      'aws:eu-north-9',
      'No bundled figure for zone "aws:eu-north-9": it is no region of gcp, aws or azure that the table has, such as gcp:europe-north1; write the code of the region\'s country, such as FI, or state the intensity in g/kWh',
    ],
    [
      'US-PR',
      'No bundled figure for zone "US-PR": of states and provinces the table has those of the US, such as US-CA; write US for the whole country, or state the intensity in g/kWh',
    ],
    [
      'LI-01',
      'No bundled figure for zone "LI-01": of states and provinces the table has those of the US, such as US-CA; write WORLD, or state the intensity in g/kWh',
    ],
    ['UK', 'did you mean GB?'],
    ['France', 'did you mean FR (France)?'],
    ['aus', 'did you mean AT (Austria) or AU (Australia)?'],
    [
      'ZZ',
      'No bundled figure for zone "ZZ": expected WORLD or the two-letter code (ISO 3166-1) of a country in the table, such as FR; write WORLD, or state the intensity in g/kWh',
    ],
    ['', 'No bundled figure for zone "": expected WORLD'],
  ])('says of %j what to write instead', (text, message) => {
    expect(() => parseZone(text)).toThrow(message)
  })

  test('answers any text with a bundled zone or one line of bounded length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme', maxLength: 500 })), (text) => {
        try {
          expect(bundledZones()).toContain(parseZone(text))
        } catch (error) {
          if (!CarbonError.isInstance(error)) throw error
          expect(error.code).toBe('ZONE_UNKNOWN')
          expect(error.message).not.toContain('\n')
          expect(error.message.length).toBeLessThan(700)
        }
      }),
    )
  })
})
