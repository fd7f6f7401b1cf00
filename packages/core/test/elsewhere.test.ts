import { bundledIntensity, bundledZones, type Intensity } from '@ergometer/carbon'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reportElsewhere, reportEquivalents } from '../src/elsewhere.ts'
import { parseReport } from '../src/report-schema.ts'
import { reportOf } from './simulated-run.ts'

const { report: blank } = reportOf({ domains: [], settles: [], end: 1 })

/** A report of so many kWh at an intensity. */
function reportWith(kilowattHours: number | undefined, intensity: Intensity, pue?: number) {
  const known = kilowattHours === undefined ? {} : { joules: kilowattHours * 3.6e6, kilowattHours }
  const building =
    known.joules === undefined || pue === undefined ? {} : { facility: { pue, joules: known.joules * pue } }
  return {
    ...blank,
    energy: { ...blank.energy, ...known, ...building },
    carbon: { ...blank.carbon, intensity },
  }
}

const germany = bundledIntensity('DE') as Intensity
const virginia = bundledIntensity('US-VA') as Intensity

describe('reportElsewhere', () => {
  test('2 kWh of Germany in four zones, by hand', () => {
    expect(reportElsewhere(reportWith(2, germany), ['fr', 'DE', 'US-CA', 'gcp:europe-north1'])).toEqual([
      { ...bundledIntensity('FR'), gramsCo2e: 88.36, change: 44.18 / 342.06 - 1 },
      { ...germany, gramsCo2e: 684.12, change: 0 },
      {
        ...bundledIntensity('US-CA'),
        gramsCo2e: 415.02,
        notComparable: "average, direct; the run's is average, lifecycle",
      },
      {
        ...bundledIntensity('gcp:europe-north1'),
        gramsCo2e: 78.64,
        notComparable: "average, direct; the run's is average, lifecycle",
      },
    ])
  })

  test('a direct run is held against direct figures, and a marginal one against none', () => {
    const [california, france] = reportElsewhere(reportWith(1, virginia), ['US-CA', 'FR'])
    expect(california?.change).toBeCloseTo(207.51 / 267.61 - 1, 12)
    expect(france).not.toHaveProperty('change')
    for (const one of reportElsewhere(reportWith(1, { ...virginia, kind: 'marginal' }), ['US-CA', 'FR'])) {
      expect(one).not.toHaveProperty('change')
      expect(one.notComparable).toContain('marginal')
    }
  })

  test('the PUE is in it where it is known, once', () => {
    const [france] = reportElsewhere(reportWith(2, germany, 1.5), ['FR'])
    expect(france?.gramsCo2e).toBeCloseTo(2 * 1.5 * 44.18, 9)
    expect(france?.change).toBeCloseTo(44.18 / 342.06 - 1, 12)
  })

  test('unknown energy has no grams, and an intensity of 0 nothing to hold against', () => {
    const [france] = reportElsewhere(reportWith(undefined, germany), ['FR'])
    expect(france).not.toHaveProperty('gramsCo2e')
    const [other] = reportElsewhere(reportWith(0, { ...germany, gramsPerKilowattHour: 0 }), ['FR'])
    expect(other).toMatchObject({ gramsCo2e: 0, notComparable: expect.stringContaining('0') })
    expect(other).not.toHaveProperty('change')
  })

  test('a zone is named once, and an unknown one is an error that names it', () => {
    expect(reportElsewhere(reportWith(1, germany), ['FR', ' fr', 'DE'])).toHaveLength(2)
    expect(() => reportElsewhere(reportWith(1, germany), ['FR', 'ATLANTIS'])).toThrow(/"ATLANTIS"/)
  })

  test('grams follow the zone, whatever the energy; a change is only of one kind and basis', () => {
    const zone = fc.constantFrom(...bundledZones())
    fc.assert(
      fc.property(zone, zone, fc.double({ min: 0, max: 1e6, noNaN: true }), (here, there, kilowattHours) => {
        const own = bundledIntensity(here) as Intensity
        const report = reportWith(kilowattHours, own)
        const [found] = reportElsewhere(report, [there])
        const other = bundledIntensity(there) as Intensity
        expect(found?.gramsCo2e).toBeCloseTo(kilowattHours * other.gramsPerKilowattHour, 3)
        expect(found?.change === undefined).toBe(own.basis !== other.basis || own.gramsPerKilowattHour === 0)
        const asked = {
          ...report,
          whatIf: reportElsewhere(report, [there]),
          equivalents: reportEquivalents(report),
        }
        expect(parseReport(JSON.parse(JSON.stringify(asked)))).toEqual(asked)
      }),
    )
  })
})

test('equivalents are of the energy with the building in it, and of the grams', () => {
  const report = reportWith(1, germany, 2)
  const found = reportEquivalents({ ...report, carbon: { ...report.carbon, gramsCo2e: 600 } })
  const amount = (id: string) => found.find((one) => one.id === id)?.amount
  expect(amount('phone-charges')).toBeCloseTo(2 / 0.019, 9)
  expect(amount('tree-years')).toBeCloseTo(0.1, 9)
})
