import type { Domain } from '@ergometer/meter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CurveStep, EnergyCurve, type Segment } from '../src/energy-curve.ts'
import { countOf, domainOf, MOST_WATTS, schedules, type TrueCurve, trueCurves } from './true-curve.ts'

const INTERVAL = 0.5

interface Read {
  readonly time: number
  readonly value: number
}

/** Adds readings and collects what they say; segments in the order of time. */
function follow(domain: Domain, reads: readonly Read[]) {
  const curve = new EnergyCurve(domain, INTERVAL)
  const steps: CurveStep[] = reads.map(({ time, value }) => curve.add(time, value))
  const segments = steps.flatMap((step) => step.segments).sort((a, b) => a.from - b.from)
  return { curve, segments, problems: steps.flatMap(({ problem }) => problem ?? []) }
}

function expectDisjoint(segments: readonly Segment[]): void {
  segments.forEach(({ from, to, joules }, index) => {
    expect(joules).toBeGreaterThanOrEqual(0)
    expect(to).toBeGreaterThan(from)
    if (index > 0) expect(from).toBeGreaterThanOrEqual((segments[index - 1]?.to ?? 0) - 1e-9)
  })
}

const total = (segments: readonly Segment[]) => segments.reduce((sum, { joules }) => sum + joules, 0)
const truth = (curve: TrueCurve, segments: readonly Segment[]) =>
  segments.reduce((sum, { from, to }) => sum + curve.between(from, to), 0)

/** Joules of a count; small against a second's energy. */
const COUNT = 0.01

function counter(parts: Partial<Domain> & { wrapsAt?: number } = {}): Domain {
  const { wrapsAt, ...rest } = parts
  const reads = { quantity: 'energy' as const, joulesPerCount: COUNT, ...(wrapsAt ? { wrapsAt } : {}) }
  return domainOf({ maxWatts: MOST_WATTS, reads, ...rest })
}

/** Swaps some neighbours and doubles some readings: late, out of order, twice. */
function shuffled(reads: readonly Read[], choices: readonly number[]): Read[] {
  const late: Read[] = [...reads]
  choices.forEach((choice, index) => {
    const from = index % Math.max(1, late.length)
    if (choice < 3 && late.length > 1) {
      const [moved] = late.splice(from, 1)
      if (moved) late.splice(Math.min(late.length, from + 1 + choice * 2), 0, moved)
    } else if (choice === 3 && late[from]) late.push(late[from])
  })
  return late
}

const disorder = fc.array(fc.nat({ max: 8 }), { maxLength: 40 })

describe('the curve of a counter', () => {
  test('is the truth between its first and last reading, however it was read', () => {
    const counters = fc.record({
      source: trueCurves,
      times: schedules(INTERVAL),
      offset: fc.nat({ max: 1e6 }),
      // From "wraps at almost every read" to "never".
      wrapsAt: fc.option(fc.integer({ min: 100_000, max: 4_000_000 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(counters, ({ source, times, offset, wrapsAt }) => {
        // Five missed reads in a row of the fewest counts wrap once at the most, and can be told from two.
        fc.pre(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) < 1.9))
        const start = wrapsAt === undefined ? offset : offset % wrapsAt
        const reads = times.map((time) => ({
          time,
          value: countOf(source.joules(time), COUNT, wrapsAt, start),
        }))
        const { segments, problems, curve } = follow(counter({ ...(wrapsAt ? { wrapsAt } : {}) }), reads)
        expectDisjoint(segments)
        expect(problems).toEqual([])
        const [first = 0] = times
        const last = times.at(-1) ?? first
        expect(Math.abs(total(segments) - source.between(first, last))).toBeLessThanOrEqual(COUNT * 1.001)
        expect(segments.reduce((sum, { from, to }) => sum + to - from, 0)).toBeCloseTo(last - first, 6)
        if (wrapsAt !== undefined) {
          const turns =
            Math.floor((start + Math.floor(source.joules(last) / COUNT + 1e-9)) / wrapsAt) -
            Math.floor((start + Math.floor(source.joules(first) / COUNT)) / wrapsAt)
          expect(Math.abs(curve.wraps - turns)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('takes late, unordered and repeated readings without ever telling a stretch twice', () => {
    fc.assert(
      fc.property(trueCurves, schedules(INTERVAL), disorder, (source, times, choices) => {
        const reads = times.map((time) => ({ time, value: countOf(source.joules(time), COUNT) }))
        const { segments } = follow(counter(), shuffled(reads, choices))
        expectDisjoint(segments)
        const last = times.at(-1) ?? 0
        const first = times[0] ?? 0
        if (times.length === 0) return
        expect(Math.abs(total(segments) - source.between(first, last))).toBeLessThanOrEqual(COUNT * 1.001)
      }),
    )
  })

  test('invents nothing at resets', () => {
    const resets = fc.array(fc.double({ min: 0.2, max: 20, noNaN: true }), { maxLength: 4 })
    fc.assert(
      fc.property(trueCurves, schedules(INTERVAL), resets, disorder, (source, times, restarts, choices) => {
        const sorted = [...restarts].sort((a, b) => a - b)
        const reads = times.map((time) => {
          const since = sorted.filter((restart) => restart <= time).at(-1) ?? 0
          // Before the first restart it has counted for long, so that a restart shows.
          const offset = since === 0 ? 1e9 : 0
          return { time, value: countOf(source.between(since, time), COUNT, undefined, offset) }
        })
        const { segments, curve } = follow(counter(), shuffled(reads, choices))
        expectDisjoint(segments)
        expect(total(segments)).toBeLessThanOrEqual(truth(source, segments) + COUNT * (segments.length + 1))
        expect(curve.resets).toBeLessThanOrEqual(sorted.length)
        expect(curve.gaps).toBe(curve.resets)
      }),
    )
  })

  test('joins nothing over a time at which it may have begun anew, wherever it then begins', () => {
    const restart = fc.record({
      at: fc.double({ min: 0.2, max: 20, noNaN: true }),
      // Below what it had counted, the same, or above.
      counts: fc.integer({ min: 0, max: 2e6 }),
    })
    fc.assert(
      fc.property(
        trueCurves,
        schedules(INTERVAL),
        restart,
        disorder,
        (source, times, { at, counts }, choices) => {
          const reads = times.map((time) => ({
            time,
            value:
              time <= at
                ? countOf(source.joules(time), COUNT, undefined, 1e6)
                : countOf(source.between(at, time), COUNT, undefined, counts),
          }))
          const curve = new EnergyCurve(counter(), INTERVAL)
          curve.restart(at)
          const segments = shuffled(reads, choices).flatMap(
            ({ time, value }) => curve.add(time, value).segments,
          )
          expectDisjoint(segments.sort((a, b) => a.from - b.from))
          for (const { from, to } of segments) expect(to <= at || from > at).toBe(true)
          const before = times.some((time) => time <= at)
          const after = times.some((time) => time > at)
          expect(curve).toMatchObject({ resets: before && after ? 1 : 0, gaps: before && after ? 1 : 0 })
          expect(total(segments)).toBeLessThanOrEqual(truth(source, segments) + COUNT * (segments.length + 1))
        },
      ),
    )
  })

  test('that stands still is cut by a restart too', () => {
    const curve = new EnergyCurve(counter({ updatePeriod: 0.1 }), INTERVAL)
    curve.add(0, 5000)
    curve.restart(0.5)
    expect(curve.add(1, 5000)).toEqual({ segments: [], problem: 'reset' })
    expect(curve.add(1.5, 5100).segments).toEqual([{ from: 1, to: 1.5, joules: 1 }])
  })

  test('says of a gap with several possible wraps that it is ambiguous, until a late reading tells', () => {
    const domain = counter({ wrapsAt: 30_000 })
    const reads = [0, 100, 200].map((seconds) => ({ time: seconds / 100, value: (seconds * 100) % 30_000 }))
    const { segments, problems, curve } = follow(domain, [reads[0] as Read, reads[2] as Read])
    expect({ segments, problems, gaps: curve.gaps }).toEqual({
      segments: [],
      problems: ['ambiguous-wraps'],
      gaps: 1,
    })
    const short = follow(counter({ wrapsAt: 60_000 }), [
      { time: 0, value: 0 },
      { time: 2, value: 20_000 },
      { time: 1, value: 10_000 },
    ])
    expect(short.problems).toEqual(['ambiguous-wraps'])
    expect(short.segments).toEqual([
      { from: 0, to: 1, joules: 100 },
      { from: 1, to: 2, joules: 100 },
    ])
    expect(short.curve.gaps).toBe(0)
  })

  test('in ambiguous gaps adds nothing, and elsewhere the truth', () => {
    const far = fc.array(fc.constantFrom(0.5, 0.7, 30, 90), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(trueCurves, far, fc.integer({ min: 60_000, max: 200_000 }), (source, gaps, wrapsAt) => {
        let time = 0
        const reads = gaps.map((gap) => {
          time += gap
          return { time, value: countOf(source.joules(time), COUNT, wrapsAt) }
        })
        const { segments } = follow(counter({ wrapsAt }), reads)
        expectDisjoint(segments)
        for (const segment of segments) {
          expect(Math.abs(segment.joules - source.between(segment.from, segment.to))).toBeLessThan(
            COUNT * 1.01,
          )
        }
      }),
    )
  })

  test('has the changes of a slow counter for its points, not the reads', () => {
    // The counter changes every 0.1 s and is read every 20 ms: each change belongs to the tenth before it.
    const domain = counter({ updatePeriod: 0.1 })
    const reads = Array.from({ length: 200 }, (_, index) => {
      const time = 0.005 + index * 0.02
      const changed = Math.floor(time * 10 + 1e-9) / 10
      return { time, value: Math.round(changed < 2 ? changed * 20_000 : 40_000) }
    })
    const { segments } = follow(domain, reads)
    expectDisjoint(segments)
    expect(total(segments)).toBeCloseTo(400, 6)
    const until = (end: number) => total(segments.filter(({ to }) => to <= end))
    // 200 W until second 2, nothing after it: no reads between two changes make it look like 0 and 1000 W.
    const watts = segments.filter(({ to }) => to < 1.9).map(({ from, to, joules }) => joules / (to - from))
    expect(Math.max(...watts)).toBeLessThan(260)
    expect(Math.min(...watts)).toBeGreaterThan(160)
    expect(until(2.05)).toBeGreaterThan(390)
    // It stands still for longer than its period: known to be nothing.
    expect(segments.at(-1)?.joules).toBe(0)
    expect(segments.at(-1)?.to).toBeGreaterThan(3.8)
  })

  test('of a slow counter that stood still says so up to one period before, in which the next change may lie', () => {
    const { segments, curve } = follow(counter({ updatePeriod: 0.5 }), [
      { time: 0, value: 100 },
      { time: 2, value: 100 },
      { time: 2.25, value: 1100 },
    ])
    expect(segments).toEqual([
      { from: 0, to: 1.5, joules: 0 },
      { from: 1.5, to: 2.25, joules: expect.closeTo(10, 9) },
    ])
    expect(curve.knownUntil).toBe(2.25)
  })

  test('that was held up and catches up loses nothing: its energy was taken since it had changed last', () => {
    const counter = domainOf({
      reads: { quantity: 'energy', joulesPerCount: 1e-6, wrapsAt: 65_532_610_987 },
      maxWatts: 300,
      updatePeriod: 0.001,
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 500 }),
        fc.double({ min: 1, max: 290, noNaN: true }),
        (held, watts) => {
          const curve = new EnergyCurve(counter, 0.001)
          const count = (tick: number) => Math.round(tick * 0.001 * watts * 1e6)
          const steps = [curve.add(0, count(0)), curve.add(0.001, count(1))]
          for (let tick = 2; tick <= held; tick++) steps.push(curve.add(tick * 0.001, count(1)))
          steps.push(curve.add((held + 1) * 0.001, count(held + 1)))
          const joules = steps.flatMap(({ segments }) => segments).reduce((sum, one) => sum + one.joules, 0)
          expect(joules).toBeCloseTo((held + 1) * 0.001 * watts, 4)
          expect(curve.resets).toBe(0)
        },
      ),
    )
  })

  test('of a slow counter adds up to the truth at its changes, however it is read', () => {
    fc.assert(
      fc.property(trueCurves, schedules(0.06, 100), (source, times) => {
        const reads = times.map((time) => ({
          time,
          value: countOf(source.joules(Math.floor(time * 10) / 10), COUNT),
        }))
        const { segments, curve } = follow(counter({ updatePeriod: 0.1 }), reads)
        expectDisjoint(segments)
        const last = reads.at(-1)
        const first = reads[0]
        if (!last || !first) return
        expect(total(segments)).toBeCloseTo((last.value - first.value) * COUNT, 6)
        expect(curve.knownUntil).toBeGreaterThan(last.time - 0.1 - 1e-9)
      }),
    )
  })
})

describe('the curve of a power sensor', () => {
  test('is the area under its samples, with gaps where they lie more than three intervals apart', () => {
    fc.assert(
      fc.property(trueCurves, schedules(INTERVAL), (source, times) => {
        const reads = times.map((time) => ({ time, value: source.watts(time) }))
        const { segments, curve } = follow(domainOf(), reads)
        expectDisjoint(segments)
        let gaps = 0
        const expected = reads.slice(1).flatMap(({ time, value }, index) => {
          const before = reads[index] as Read
          if (time - before.time > 3.01 * INTERVAL) {
            gaps++
            return []
          }
          return [
            { from: before.time, to: time, joules: ((before.value + value) / 2) * (time - before.time) },
          ]
        })
        expect(segments).toEqual(expected)
        expect(curve.gaps).toBe(gaps)
      }),
    )
  })

  test('joins up to three intervals, allows for a grid that is never met exactly, and no more', () => {
    const joined = (seconds: number) =>
      follow(domainOf(), [
        { time: 0, value: 100 },
        { time: seconds, value: 300 },
      ])
    expect(joined(1.5).segments).toEqual([{ from: 0, to: 1.5, joules: 300 }])
    expect(joined(1.503).problems).toEqual([])
    expect(joined(1.6)).toMatchObject({ segments: [], problems: ['gap'] })
  })

  test('closes a gap with a reading that comes late', () => {
    const { segments, curve } = follow(domainOf(), [
      { time: 0, value: 100 },
      { time: 2, value: 100 },
      { time: 1, value: 100 },
    ])
    expect(segments).toEqual([
      { from: 0, to: 1, joules: 100 },
      { from: 1, to: 2, joules: 100 },
    ])
    expect(curve.gaps).toBe(0)
  })

  test('of constant power is exact, in any order', () => {
    fc.assert(
      fc.property(
        schedules(INTERVAL),
        disorder,
        fc.double({ min: 0, max: 500, noNaN: true }),
        (times, choices, watts) => {
          const reads = times.map((time) => ({ time, value: watts }))
          const { segments } = follow(domainOf(), shuffled(reads, choices))
          expectDisjoint(segments)
          const seconds = segments.reduce((sum, { from, to }) => sum + to - from, 0)
          expect(total(segments)).toBeCloseTo(watts * seconds, 6)
        },
      ),
    )
  })

  test('has averages at the middle of the time that they are of', () => {
    const domain = domainOf({ reads: { quantity: 'power', averagedOver: 1 } })
    const { segments } = follow(domain, [
      { time: 1, value: 100 },
      { time: 2, value: 200 },
    ])
    expect(segments).toEqual([{ from: 0.5, to: 1.5, joules: 150 }])
  })
})

describe('the curve of intervals with their energy', () => {
  const domain = domainOf({ reads: { quantity: 'interval-energy' }, maxWatts: 1000 })

  test('says each of them, and that time between two is a gap', () => {
    const curve = new EnergyCurve(domain, 60)
    expect(curve.add(60, 600, 0)).toEqual({ segments: [{ from: 0, to: 60, joules: 600 }] })
    expect(curve.add(120, 300, 60).problem).toBeUndefined()
    expect(curve.add(240, 300, 180).problem).toBe('gap')
    expect(curve.knownUntil).toBe(240)
  })

  test('says a revision again, and does not fall back in time', () => {
    const curve = new EnergyCurve(domain, 60)
    curve.add(60, 600, 0)
    curve.add(120, 600, 60)
    expect(curve.add(60, 500, 0).segments).toEqual([{ from: 0, to: 60, joules: 500 }])
    expect(curve.knownUntil).toBe(120)
    expect(curve.gaps).toBe(0)
  })

  test.each([
    ['without a begin', 60, undefined],
    ['that ends where it begins', 60, 60],
    ['that ends before it begins', 60, 61],
    ['that begins nowhere', 60, Number.NaN],
  ])('refuses an interval %s', (_, time, from) => {
    expect(new EnergyCurve(domain, 60).add(time, 1, from)).toMatchObject({
      segments: [],
      problem: 'implausible-reading',
    })
  })
})

describe('a reading that cannot be true', () => {
  const nonsense = fc.constantFrom(Number.NaN, -1, -1e-9, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  const kinds: [string, Domain, number][] = [
    ['power', domainOf({ maxWatts: MOST_WATTS }), MOST_WATTS + 1],
    ['power without a bound', domainOf(), 1e300],
    ['a counter', counter({ wrapsAt: 100_000 }), 100_001],
    [
      'interval energy',
      domainOf({ reads: { quantity: 'interval-energy' }, maxWatts: MOST_WATTS }),
      MOST_WATTS * 1.2 * 10,
    ],
  ]

  test.each(kinds)('of %s adds nothing and hides nothing', (_, domain, tooMuch) => {
    const good = (time: number) => (domain.reads.quantity === 'energy' ? time * 10_000 : 100)
    fc.assert(
      fc.property(fc.array(fc.oneof(nonsense, fc.constant(tooMuch)), { maxLength: 5 }), (bad) => {
        const curve = new EnergyCurve(domain, 1)
        const steps = [curve.add(1, good(1), 0)]
        for (const value of bad) {
          const step = curve.add(1.5, value, 1)
          expect(step).toMatchObject({ segments: [], problem: 'implausible-reading' })
          expect(step.why).toMatch(/expected/)
        }
        steps.push(curve.add(2, good(2), 1))
        const segments = steps.flatMap((step) => step.segments)
        expect(total(segments.filter(({ from }) => from >= 1))).toBeCloseTo(100, 9)
      }),
    )
  })

  test('at no time adds nothing', () => {
    const curve = new EnergyCurve(domainOf(), 1)
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(curve.add(time, 100)).toMatchObject({ segments: [], problem: 'implausible-reading' })
    }
    expect(curve.knownUntil).toBeUndefined()
  })

  test('of a counter without bounds that goes beyond all reason is a reset', () => {
    const domain = domainOf({ reads: { quantity: 'energy', joulesPerCount: 1e200 } })
    const { segments, problems } = follow(domain, [
      { time: 0, value: 0 },
      { time: 1, value: 1e200 },
    ])
    expect({ segments, problems }).toEqual({ segments: [], problems: ['reset'] })
  })
})
