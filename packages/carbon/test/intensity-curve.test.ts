import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EnergyStretch, type Intensity, IntensityCurve, type IntensityStep } from '../src/index.ts'

const labels = { kind: 'average', basis: 'lifecycle' } as const
/** Times as they are: seconds since 1970. */
const EPOCH = 1.7e9

function step(from: number, to: number | undefined, grams: number, estimated = false): IntensityStep {
  return {
    from: EPOCH + from,
    ...(to === undefined ? {} : { to: EPOCH + to }),
    gramsPerKilowattHour: grams,
    ...labels,
    source: 'test',
    estimated,
  }
}

const time = fc.double({ min: 0, max: 1000, noNaN: true })
const grams = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1500, noNaN: true }))
const steps = fc.array(
  fc
    .tuple(time, fc.option(fc.double({ min: 0.001, max: 400, noNaN: true })), grams, fc.boolean())
    .map(([from, length, figure, estimated]) =>
      step(from, length === null ? undefined : from + length, figure, estimated),
    ),
  { maxLength: 30 },
)
const stretches = fc.array(
  fc
    .tuple(
      time,
      fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 300, noNaN: true })),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    )
    .map(
      ([from, length, joules]): EnergyStretch => ({ from: EPOCH + from, to: EPOCH + from + length, joules }),
    ),
  { minLength: 1, maxLength: 20 },
)
const standIn: Intensity = {
  gramsPerKilowattHour: 321,
  ...labels,
  source: 'yearly',
  zone: 'FR',
  period: '2024',
  estimated: false,
}

/** Cut at every time that there is, and for each piece the last step that covers its middle: no cleverness. */
function bruteForce(given: readonly IntensityStep[], energy: readonly EnergyStretch[], other?: Intensity) {
  const sums = { grams: 0, known: 0, estimated: 0 }
  const covering = (instant: number) =>
    given.findLast(({ from, to = Number.POSITIVE_INFINITY }) => from <= instant && instant < to)
  const take = (joules: number, instant: number) => {
    const found = covering(instant)
    const figure = found ?? other
    if (figure === undefined) return
    sums.grams += (joules / 3.6e6) * figure.gramsPerKilowattHour
    sums.known += joules
    if (found === undefined || found.estimated) sums.estimated += joules
  }
  for (const { from, to, joules } of energy) {
    if (to === from) take(joules, from)
    else {
      const cuts = given.flatMap((one) => [one.from, one.to ?? to]).filter((cut) => cut > from && cut < to)
      const times = [from, ...cuts.sort((a, b) => a - b), to]
      times.slice(1).forEach((end, index) => {
        const begin = times[index] as number
        if (end > begin) take((joules * (end - begin)) / (to - from), begin + (end - begin) / 2)
      })
    }
  }
  return sums
}

function expectClose(actual: number, expected: number) {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1e-12, Math.abs(expected)))
}

describe('the integral', () => {
  test('agrees with brute force to 1e-9, whatever the steps and however they revise each other', () => {
    fc.assert(
      fc.property(steps, stretches, fc.boolean(), (given, energy, withStandIn) => {
        const other = withStandIn ? standIn : undefined
        const emissions = new IntensityCurve(labels, given, other).integrate(energy)
        const expected = bruteForce(given, energy, other)
        expectClose(emissions.knownJoules, expected.known)
        expectClose(emissions.estimatedJoules, expected.estimated)
        expectClose(emissions.gramsCo2e ?? 0, expected.grams)
        expectClose(
          emissions.joules,
          energy.reduce((sum, { joules }) => sum + joules, 0),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('does not depend on when a step became known, but for the order of revisions', () => {
    fc.assert(
      fc.property(steps, stretches, (given, energy) => {
        const curve = new IntensityCurve(labels)
        for (const one of given) {
          curve.add(one)
          curve.integrate(energy)
        }
        expect(curve.integrate(energy)).toEqual(new IntensityCurve(labels, given).integrate(energy))
        const kept: IntensityStep[] = JSON.parse(JSON.stringify(curve.steps))
        expect(new IntensityCurve(labels, kept).integrate(energy)).toEqual(curve.integrate(energy))
      }),
    )
  })

  test('of stretches that tile another is that of the other', () => {
    fc.assert(
      fc.property(
        steps,
        time,
        fc.array(fc.double({ min: 0.01, max: 50, noNaN: true }), { minLength: 1, maxLength: 10 }),
        (given, begin, lengths) => {
          const curve = new IntensityCurve(labels, given, standIn)
          let end = EPOCH + begin
          const tiles = lengths.map((length) => {
            const tile = { from: end, to: end + length, joules: length * 200 }
            end = tile.to
            return tile
          })
          const joules = tiles.reduce((sum, tile) => sum + tile.joules, 0)
          const whole = curve.integrate([{ from: EPOCH + begin, to: end, joules }])
          const parts = curve.integrate(tiles)
          // Here the times' own precision, 2e-7 s, is in the lengths.
          expect(parts.gramsCo2e).toBeCloseTo(whole.gramsCo2e as number, 6)
        },
      ),
    )
  })
})

test('a late revision replaces what was known, in its own time alone', () => {
  const curve = new IntensityCurve(labels, [step(0, 3600, 100), step(3600, 7200, 200)])
  const energy = [{ from: EPOCH, to: EPOCH + 7200, joules: 7.2e6 }]
  expect(curve.integrate(energy).gramsCo2e).toBeCloseTo(300, 9)
  curve.add(step(1800, 5400, 0))
  expect(curve.integrate(energy).gramsCo2e).toBeCloseTo(150, 9)
  expect([1799, 1800, 5399, 5400].map((t) => curve.at(EPOCH + t)?.gramsPerKilowattHour)).toEqual([
    100, 0, 0, 200,
  ])
})

test('a true 0 is a figure, and a gap is none', () => {
  const curve = new IntensityCurve(labels, [step(0, 10, 0)])
  const emissions = curve.integrate([{ from: EPOCH, to: EPOCH + 40, joules: 400 }])
  expect(emissions).toEqual({
    gramsCo2e: 0,
    joules: 400,
    knownJoules: 100,
    estimatedJoules: 0,
    estimatedShare: 0,
    gramsPerKilowattHour: 0,
  })
  expect(curve.gaps(EPOCH - 5, EPOCH + 40)).toEqual([
    { from: EPOCH - 5, to: EPOCH },
    { from: EPOCH + 10, to: EPOCH + 40 },
  ])
})

test('without any intensity there are no grams, not 0', () => {
  const emissions = new IntensityCurve(labels).integrate([{ from: EPOCH, to: EPOCH + 1, joules: 5 }])
  expect(emissions).toEqual({ joules: 5, knownJoules: 0, estimatedJoules: 0, estimatedShare: 0 })
  expect(new IntensityCurve(labels).integrate([]).gramsCo2e).toBe(0)
})

test('what stands in is counted as estimated', () => {
  const curve = new IntensityCurve(labels, [step(0, 30, 100), step(30, 40, 100, true)], standIn)
  const emissions = curve.integrate([{ from: EPOCH, to: EPOCH + 100, joules: 100 }])
  expect(emissions.knownJoules).toBeCloseTo(100, 9)
  expect(emissions.estimatedShare).toBeCloseTo(0.7, 9)
  expect(emissions.gramsPerKilowattHour).toBeCloseTo(0.4 * 100 + 0.6 * 321, 9)
})

test.each([
  ['marginal', { ...step(0, 1, 5), kind: 'marginal' as const }],
  ['direct', { ...step(0, 1, 5), basis: 'direct' as const }],
])('never mixes in what is %s', (_, other) => {
  expect(() => new IntensityCurve(labels, [other])).toThrow(
    expect.objectContaining({ code: 'INTENSITY_MIXED' }),
  )
  expect(() => new IntensityCurve(labels, [], { ...other })).toThrow(
    expect.objectContaining({ code: 'INTENSITY_MIXED' }),
  )
})

test.each([
  ['no time', { ...step(0, 1, 5), from: Number.NaN }],
  ['an end before its beginning', step(2, 1, 5)],
  ['an end at its beginning', step(1, 1, 5)],
  ['an end that is no time', { ...step(0, 1, 5), to: Number.NaN }],
  ['less than 0', step(0, 1, -1)],
  ['no number', step(0, 1, Number.NaN)],
])('refuses a step with %s', (_, bad) => {
  expect(() => new IntensityCurve(labels, [bad])).toThrow(
    expect.objectContaining({ code: 'INTENSITY_INVALID' }),
  )
})
