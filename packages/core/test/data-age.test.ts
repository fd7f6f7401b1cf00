import { IntensityCurve } from '@ergometer/carbon'
import { describe, expect, test } from 'vitest'
import { LiveAccount, type LiveInstant } from '../src/live-account.ts'
import { Recording } from '../src/recording.ts'
import { FACTORS } from './simulated-run.ts'
import { domainOf } from './true-curve.ts'

/** A cloud whose minutes come 4 minutes late, at 100 W, beside a sensor of 10 W. */
function recordingAt(now: number, parts: Parameters<typeof domainOf>[0] = {}) {
  const recording = new Recording(() => {})
  const cloud = { id: 'gpu', reads: { quantity: 'interval-energy' }, lateBy: 240, updatePeriod: 60 } as const
  recording.addDomain('cloud', domainOf({ ...cloud, ...parts }), 60)
  recording.addDomain('rapl', domainOf({ id: 'cpu', kind: 'cpu', reads: { quantity: 'interval-energy' } }), 1)
  for (let end = 60; end <= now - 240; end += 60) recording.addReading(0, now, 6000, end, end - 60)
  for (let end = 1; end <= now; end++) recording.addReading(1, now, 10, end, end - 1)
  recording.settle(now)
  return recording
}

/** The instant of a second of the run. */
const at = (seconds: number): LiveInstant => ({ seconds, monotonic: seconds, meters: [], opening: false })

const budget = { kilowattHours: 1, gramsCo2e: 1e6 }

describe('a budget of a run whose data are old', () => {
  test('counts the last watts for the age of the data, and no total does', () => {
    const { totals, use } = new LiveAccount(FACTORS, budget).totals(recordingAt(600), at(600)) as NonNullable<
      ReturnType<LiveAccount['totals']>
    >
    // Known: 360 s of 100 W and 600 s of 10 W. Owed: 240 s of 100 W.
    expect(totals.joules).toBeCloseTo(42_000, 6)
    expect(use?.spent).toBeCloseTo((42_000 + 24_000) / 3.6e6, 9)
    expect(totals.budget).toEqual(use)
    expect(totals.gramsCo2e).toBeCloseTo((42_000 / 3.6e6) * 500, 9)
  })

  test('counts grams of what is owed by the intensity of now', () => {
    const account = new LiveAccount({ ...FACTORS, pue: 1.2 }, { gramsCo2e: 100 })
    const intensity = {
      gramsPerKilowattHour: 200,
      curve: new IntensityCurve({ kind: 'average', basis: 'lifecycle' }, []),
    }
    expect(account.totals(recordingAt(600), { ...at(600), intensity })?.use?.spent).toBeCloseTo(
      (66_000 / 3.6e6) * 200 * 1.2,
      9,
    )
  })

  test('counts nothing for what does not count, or has told nothing yet', () => {
    const silent = new LiveAccount(FACTORS, budget).totals(recordingAt(200), at(200))
    expect(silent?.use?.spent).toBeCloseTo(2000 / 3.6e6, 12)
    const recording = recordingAt(600, { identity: 'gpu:one' })
    recording.addDomain('nvml', domainOf({ id: 'own', identity: 'gpu:one' }), 1)
    for (let time = 0; time <= 601; time++) recording.addReading(2, 601, 90, time)
    recording.settle(601)
    const local = new LiveAccount(FACTORS, budget).totals(recording, at(601))
    expect(local?.totals.joules).toBeCloseTo((local?.use?.spent ?? 0) * 3.6e6, 6)
    expect(local?.totals).not.toHaveProperty('ageSeconds')
  })
})

describe('live totals', () => {
  const domainsAt = (now: number) =>
    new LiveAccount(FACTORS, undefined).totals(recordingAt(now), at(now))?.totals

  test('say how old the data of what reports late are', () => {
    expect(domainsAt(630)).toMatchObject({
      ageSeconds: 270,
      domains: [{ id: 'cloud:gpu', joules: 36_000, watts: 100, ageSeconds: 270 }, { id: 'rapl:cpu' }],
    })
    expect(domainsAt(630)?.domains[1]).not.toHaveProperty('ageSeconds')
  })

  test('are as old as the run while it has told nothing', () => {
    expect(domainsAt(200)?.domains[0]).toMatchObject({ id: 'cloud:gpu', ageSeconds: 200 })
  })

  test('have the watts of the last interval, in whatever order they come', () => {
    const recording = recordingAt(0)
    recording.addReading(0, 300, 6000, 180, 120)
    recording.addReading(0, 300, 60, 60, 0)
    expect(recording.domains[0]?.watts).toBe(100)
  })
})
