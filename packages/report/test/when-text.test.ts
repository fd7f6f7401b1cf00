import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localInstant } from '../src/local-instant.ts'
import { type WhenAnswer, whenText } from '../src/when-text.ts'

const at = (text: string) => Date.parse(text) / 1000

describe('localInstant', () => {
  it.each([
    // The hour that autumn has twice is told apart by its offset.
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', 'Sun 2026-10-25 02:30 +02:00', '2026-10-25T02:30:00+02:00'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', 'Sun 2026-10-25 02:30 +01:00', '2026-10-25T02:30:00+01:00'],
    // The hour that spring has not is not told of.
    ['2026-03-29T00:59:59Z', 'Europe/Berlin', 'Sun 2026-03-29 01:59:59 +01:00', '2026-03-29T01:59:59+01:00'],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', 'Sun 2026-03-29 03:00 +02:00', '2026-03-29T03:00:00+02:00'],
    ['2026-11-01T05:30:00Z', 'America/New_York', 'Sun 2026-11-01 01:30 -04:00', '2026-11-01T01:30:00-04:00'],
    ['2026-11-01T06:30:00Z', 'America/New_York', 'Sun 2026-11-01 01:30 -05:00', '2026-11-01T01:30:00-05:00'],
    ['2026-01-01T00:00:00Z', 'UTC', 'Thu 2026-01-01 00:00 +00:00', '2026-01-01T00:00:00+00:00'],
    ['2026-06-30T18:30:00Z', 'Asia/Kolkata', 'Wed 2026-07-01 00:00 +05:30', '2026-07-01T00:00:00+05:30'],
  ])('%s in %s', (utc, zone, text, iso) => {
    expect(localInstant(at(utc), zone)).toEqual({ text, iso })
  })

  it('is the same instant wherever it is read', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'UTC',
    )
    fc.assert(
      fc.property(
        fc.integer({ min: at('2020-01-01T00:00Z'), max: at('2040-01-01T00:00Z') }),
        zones,
        (instant, zone) => {
          expect(at(localInstant(instant, zone).iso)).toBe(instant)
        },
      ),
    )
  })
})

describe('whenText', () => {
  const show = (iso: string) => localInstant(at(iso), 'Europe/Berlin').text
  const answer: WhenAnswer = {
    schema: 'ergometer.when/1',
    source: 'carbonintensity-uk',
    zone: 'GB',
    kind: 'average',
    basis: 'direct',
    hours: 6,
    kilowattHours: 12,
    window: { from: '2026-10-24T18:00:00Z', until: '2026-10-25T18:00:00Z' },
    now: {
      start: '2026-10-24T18:00:00Z',
      end: '2026-10-25T00:00:00Z',
      gramsPerKilowattHour: 200,
      gramsCo2e: 2400,
    },
    best: {
      start: '2026-10-25T00:00:00Z',
      end: '2026-10-25T06:00:00Z',
      gramsPerKilowattHour: 90,
      gramsCo2e: 1080,
    },
    saving: { share: 0.55, gramsPerKilowattHour: 110, gramsCo2e: 1320 },
    gaps: [],
  }

  it('tells when, how much less than now, and by whose forecast', () => {
    expect(`\n${whenText(answer, show)}`).toMatchInlineSnapshot(`
      "
      Start     Sun 2026-10-25 02:00 +02:00 · ends Sun 2026-10-25 07:00 +01:00
                90.0 g/kWh, 1.08 kg CO2e
      Now       200 g/kWh, 2.40 kg CO2e
      Saving    55 % · 1.32 kg CO2e
      Looked at 6 h from any start until Sun 2026-10-25 19:00 +01:00
      Forecast  carbonintensity-uk · GB · average, direct
      "
    `)
  })

  it('says so where now is best, where now is unknown, and where the forecast has gaps', () => {
    const { best, now: _, saving: __, ...rest } = answer
    const nowIsBest = whenText(
      { ...rest, best, now: best, saving: { share: 0, gramsPerKilowattHour: 0 } },
      show,
    )
    expect(nowIsBest).toContain('Start     now')
    expect(nowIsBest).toContain('no later start is better')
    expect(nowIsBest).not.toContain('Saving')
    const gaps = [{ from: '2026-10-24T18:00:00Z', to: '2026-10-24T19:30:00Z', seconds: 5400 }]
    const unknown = whenText({ ...rest, best, gaps }, show)
    expect(unknown).toContain('unknown: the forecast does not tell')
    expect(unknown).toContain('no forecast for 1 h 30 min of that time')
    expect(unknown).not.toContain('Saving')
  })

  it('keeps within the terminal, and lets nothing of a source reach it raw', () => {
    const hostile = whenText({ ...answer, source: 'x\x1b[31m\ny', terms: 'long '.repeat(60) }, show, {
      columns: 60,
    })
    expect(hostile).not.toContain('\x1b')
    for (const line of hostile.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  })
})
