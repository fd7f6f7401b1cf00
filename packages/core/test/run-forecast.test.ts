import { describe, expect, test } from 'vitest'
import type { ClientEvent } from '../src/event-line.ts'
import { forecastRun } from '../src/run-forecast.ts'
import { steadyRun, work } from './steady-run.ts'

/** Grams of a joule at 500 g/kWh. */
const GRAMS = 500 / 3.6e6

const plan = (time: number, total: number): [number, ClientEvent] => [
  time,
  { kind: 'plan', plan: { phase: 'epoch', total } },
]
/** Epochs of 10 s each, behind 5 s of loading. */
const epochs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: 'epoch', from: 5 + 10 * index, to: 15 + 10 * index }))

describe('the forecast of a run', () => {
  test('is its load, its epochs so far, and as much for each that is left', () => {
    const { journal } = steadyRun({
      watts: [
        [5, 20],
        [100, 100],
      ],
      end: 55,
      phases: epochs(5),
    })
    const forecast = forecastRun(journal, { phase: 'epoch', total: 20 }, GRAMS)
    expect(forecast).toMatchObject({ of: 'epoch', done: 5, total: 20, madeAt: 55 })
    expect(forecast.seconds?.value).toBeCloseTo(205, 3)
    expect(forecast.joules?.value).toBeCloseTo(100 + 20 * 1000, 0)
    expect(forecast.kilowattHours?.value).toBeCloseTo(20_100 / 3.6e6, 6)
    expect(forecast.gramsCo2e?.value).toBeCloseTo((20_100 / 3.6e6) * 500, 3)
    expect(forecast.joules?.low).toBeLessThan(20_100)
    expect(forecast.joules?.high).toBeGreaterThan(20_100)
  })

  test('goes by work too', () => {
    const events = Array.from({ length: 60 }, (_, index) => work(index + 0.5, { samples: 10 }))
    const { journal } = steadyRun({ watts: 100, end: 60, events })
    const forecast = forecastRun(journal, { work: 'samples', total: 6000 }, GRAMS)
    expect(forecast).toMatchObject({ of: 'samples', done: 600, total: 6000 })
    expect(forecast.joules?.value).toBeCloseTo(60_000, -2)
  })

  test('costs as much by work as by epochs where work is told once an epoch', () => {
    const ends = [9, 18, 27, 36, 45, 54, 63]
    const events = ends.map((time) => work(time, { samples: 500 }))
    const phases = ends.map((to) => ({ name: 'epoch', from: to - 9, to }))
    const { journal } = steadyRun({ watts: 100, end: 63, events, phases })
    const byEpochs = forecastRun(journal, { phase: 'epoch', total: 20 }, GRAMS)
    const byWork = forecastRun(journal, { work: 'samples', total: 10_000 }, GRAMS)
    expect(byWork.joules?.value).toBeCloseTo(18_000, 0)
    for (const figure of ['value', 'low', 'high'] as const) {
      expect(byWork.joules?.[figure]).toBeCloseTo(byEpochs.joules?.[figure] as number, 0)
    }
  })

  test('says why it cannot be told', () => {
    const { journal } = steadyRun({ watts: 100, end: 30, phases: epochs(2) })
    const early = forecastRun(journal, { phase: 'epoch', total: 20 }, GRAMS)
    expect(early).toEqual({
      of: 'epoch',
      done: 2,
      total: 20,
      madeAt: 30,
      why: "2 of 'epoch' ended so far, and 3 are needed",
    })
    expect(forecastRun(journal, { work: 'samples', total: 9 }, GRAMS).why).toBe('no samples were done yet')
  })

  test('has time alone where too little is known of the energy', () => {
    const { journal } = steadyRun({ watts: 100, end: 65, phases: epochs(6), unread: [20, 40] })
    const forecast = forecastRun(journal, { phase: 'epoch', total: 20 }, GRAMS)
    expect(forecast.seconds?.value).toBeCloseTo(205, 3)
    expect(forecast).not.toHaveProperty('joules')
    expect(forecast).not.toHaveProperty('gramsCo2e')
    expect(forecast.why).toMatch(/energy is known for \d\d % of the time only/)
  })

  test('does not take energy that nobody knows for none', () => {
    // The meter answers late: of the first epoch nothing is known, of the second a half.
    const phases = Array.from({ length: 20 }, (_, index) => ({
      name: 'epoch',
      from: 2 * index,
      to: 2 * index + 2,
    }))
    const { journal } = steadyRun({ watts: 100, end: 40, phases, unread: [-1, 3] })
    const { joules } = forecastRun(journal, { phase: 'epoch', total: 40 }, GRAMS)
    expect(joules?.value).toBeCloseTo(3700 + 20 * 200, 0)
  })

  test('is never less than what is spent', () => {
    // The sixth epoch hangs.
    const { journal } = steadyRun({ watts: 100, end: 2000, phases: epochs(5) })
    const { seconds, joules } = forecastRun(journal, { phase: 'epoch', total: 6 }, GRAMS)
    expect(seconds).toEqual({ value: 2000, low: 2000, high: 2000 })
    expect(joules?.low).toBeCloseTo(200_000, 0)
  })
})

describe('the forecast of a report', () => {
  const run = { watts: 100, end: 70, phases: epochs(6) }

  test('is there where somebody asked', () => {
    expect(steadyRun(run).report).not.toHaveProperty('forecast')
    expect(steadyRun({ ...run, events: [plan(40, 6)] }).report.forecast).toMatchObject({ done: 3, total: 6 })
  })

  test('is the earliest that could be made, of a run that came as far', () => {
    const events = [plan(20, 6), plan(36, 6), plan(50, 6)]
    const { forecast } = steadyRun({ ...run, events }).report
    expect(forecast).toMatchObject({ done: 3, total: 6, madeAt: 36 })
    expect(forecast).not.toHaveProperty('why')
  })

  test('is of its end, of a run that did not', () => {
    const events = [plan(36, 30), plan(50, 20)]
    expect(steadyRun({ ...run, events }).report.forecast).toMatchObject({ done: 6, total: 20, madeAt: 70 })
  })
})
