import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { efficiencyOf, energyDelayOf } from '../src/efficiency.ts'
import { steadyRun, work } from './steady-run.ts'

/** Any number that a journal may hold, the extreme ones among them. */
const amounts = fc.oneof(
  fc.constantFrom(0, Number.MIN_VALUE, 1e-300, 1, 1e199),
  fc.double({ min: 0, max: 1e199, noNaN: true }),
)

describe('efficiency', () => {
  test('is work per joule, and its inverses', () => {
    expect(efficiencyOf({ samples: 600, flops: 3e12 }, { joules: 300, grams: 6, seconds: 60 })).toEqual({
      samples: { perJoule: 2, joulesPer: 0.5, gramsCo2ePer: 0.01, energyDelayJouleSeconds: 0.05 },
      flops: { perJoule: 1e10, joulesPer: 1e-10, gramsCo2ePer: 2e-12, energyDelayJouleSeconds: 2e-21 },
    })
  })

  test('has no grams where those are not known, and 0 where they are measured zero', () => {
    expect(efficiencyOf({ samples: 1 }, { joules: 1, seconds: 1 })['samples']).not.toHaveProperty(
      'gramsCo2ePer',
    )
    expect(efficiencyOf({ samples: 1 }, { joules: 1, grams: 0, seconds: 1 })['samples']?.gramsCo2ePer).toBe(0)
  })

  test('is absent where there is nothing to divide by', () => {
    expect(efficiencyOf({ samples: 1 }, { seconds: 1 })).toEqual({})
    expect(efficiencyOf({ samples: 1 }, { joules: 0, seconds: 1 })).toEqual({})
    expect(efficiencyOf({ samples: 0 }, { joules: 1, seconds: 1 })).toEqual({})
    expect(energyDelayOf(undefined, 1)).toBeUndefined()
    expect(energyDelayOf(2, 3)).toBe(6)
  })

  test('is finite and above 0, whatever is divided by whatever', () => {
    fc.assert(
      fc.property(
        amounts,
        amounts,
        fc.option(amounts, { nil: undefined }),
        amounts,
        (done, joules, grams, seconds) => {
          const { samples } = efficiencyOf({ samples: done }, { joules, grams, seconds })
          if (!samples) return
          for (const figure of Object.values(samples)) expect(Number.isFinite(figure)).toBe(true)
          expect(samples.perJoule).toBeGreaterThan(0)
          expect(samples.joulesPer).toBeGreaterThan(0)
          expect(done).toBeGreaterThan(0)
          expect(joules).toBeGreaterThan(0)
          const product = samples.perJoule * samples.joulesPer
          // Where a number this small has few digits left, so has its inverse.
          if (Math.min(samples.perJoule, samples.joulesPer) > 1e-290) expect(product).toBeCloseTo(1, 9)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('the efficiency of a run', () => {
  const starts = [0, 10, 20, 30]

  test('has energy times delay, of the run and of each unit', () => {
    const { energy, efficiency } = steadyRun({
      watts: 100,
      end: 40,
      events: [work(39, { samples: 8000 })],
    }).report
    expect(energy.energyDelayJouleSeconds).toBeCloseTo(4000 * 40, 1)
    expect(efficiency['samples']?.perJoule).toBeCloseTo(2, 5)
    expect(efficiency['samples']?.energyDelayJouleSeconds).toBeCloseTo(0.5 * (40 / 8000), 8)
  })

  test('is told of each phase', () => {
    const events = starts.map((from, index) => work(from + 5, { samples: 100 * (index + 1) }))
    const phases = starts.map((from) => ({ name: `epoch ${from}`, from, to: from + 10 }))
    const { report } = steadyRun({ watts: 50, end: 40, events, phases })
    expect(report.phases.map(({ efficiency }) => efficiency?.['samples']?.perJoule)).toEqual(
      [100, 200, 300, 400].map((samples) => expect.closeTo(samples / 500, 4)),
    )
  })

  test('is not told of phases that are shorter than the meters resolve, nor where little is known', () => {
    const run = {
      watts: 50,
      end: 40,
      events: [work(0.3, { samples: 9 }), work(30, { samples: 100 })],
      phases: [
        { name: 'short', from: 0.1, to: 0.4 },
        { name: 'dark', from: 20, to: 39 },
      ],
    }
    const { energy, efficiency, phases } = steadyRun({ ...run, unread: [22, 38] }).report
    const [short, dark] = phases
    expect(short).toMatchObject({ belowResolution: true, work: { samples: 9 } })
    expect(short).not.toHaveProperty('efficiency')
    expect(dark).toMatchObject({ name: 'dark', joules: expect.any(Number) })
    expect(dark?.coverage).toBeLessThan(0.9)
    expect(dark).not.toHaveProperty('efficiency')
    expect(energy.joules).toBeGreaterThan(0)
    expect(energy).not.toHaveProperty('energyDelayJouleSeconds')
    expect(efficiency).toEqual({})
  })
})
