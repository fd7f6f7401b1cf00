import { EnergyCurve } from '@ergometer/core'
import type { Domain } from '@ergometer/meter'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTree } from './open-tree.ts'
import { PowercapTree } from './powercap-tree.ts'

const DAY = 86_400
/** Seconds between two reads; far less than what a counter needs to wrap. */
const INTERVAL = 1
const COUNTS = 2 ** 32
/** Largest relative error: the kernel truncates the unit of 15.2587890625 µJ to nanojoules, which makes half of it. */
const TOLERANCE = 1e-4

/** Counters as the hardware makes them (2^-bits joules) and the kernel tells them: its nanojoules of a count, and its range. */
const COUNTERS = {
  'AMD: a wrap every four minutes': { bits: 16, nanojoules: 15_258, range: 65_532_610_987 },
  'Intel: a wrap every quarter of an hour': { bits: 14, nanojoules: 61_035, range: 262_143_328_850 },
}
type Counter = (typeof COUNTERS)[keyof typeof COUNTERS]

interface Day {
  readonly seed: number
  /** Watts, each for an equal share of the day. */
  readonly watts: readonly number[]
  /** Share of the reads that are missed. */
  readonly missed: number
  /** Times without any read. */
  readonly bursts: readonly { readonly from: number; readonly seconds: number }[]
  /** When the counter begins anew at 0. */
  readonly resets: readonly number[]
}

const second = fc.integer({ min: 10, max: DAY - 10 })
const bursts = fc.array(fc.record({ from: second, seconds: fc.integer({ min: 2, max: 1200 }) }), {
  maxLength: 12,
})
const watts = fc.array(fc.integer({ min: 40, max: 400 }), { minLength: 1, maxLength: 200 })
const plainDay = {
  seed: fc.nat(),
  watts,
  missed: fc.double({ min: 0, max: 0.5, noNaN: true }),
  bursts: fc.constant([]),
  resets: fc.constant([]),
}

/** What a day of readings yields, beside the truth of the same times. */
interface Outcome {
  readonly joules: number
  /** True joules of the times that are covered. */
  readonly truth: number
  /** True joules of the whole day. */
  readonly all: number
  readonly covered: number
  readonly seconds: number
  readonly holes: readonly { readonly seconds: number; readonly problem: string | undefined }[]
  /** Largest error that a reset may make when it looks like a wrap. */
  readonly allowed: number
  readonly curve: EnergyCurve
}

function random(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / COUNTS
  }
}

function trueJoules({ watts: steps }: Day): (time: number) => number {
  const share = DAY / steps.length
  const sums = [0]
  for (const power of steps) sums.push((sums.at(-1) as number) + power * share)
  return (time) => {
    const step = Math.min(steps.length - 1, Math.floor(time / share))
    return (sums[step] as number) + (steps[step] as number) * (time - step * share)
  }
}

function live(day: Day, { bits, nanojoules }: Counter, domain: Domain): Outcome {
  const chance = random(day.seed)
  const energy = trueJoules(day)
  const offset = chance() * COUNTS
  const resets = [...day.resets].sort((a, b) => a - b)
  const read = (time: number): number => {
    const reset = resets.findLast((one) => one <= time)
    const counts =
      reset === undefined ? offset + energy(time) * 2 ** bits : (energy(time) - energy(reset)) * 2 ** bits
    return Math.floor((Math.floor(counts % COUNTS) * nanojoules) / 1000)
  }
  const curve = new EnergyCurve(domain, INTERVAL)
  const sum = { joules: 0, truth: 0, covered: 0, allowed: 0 }
  const holes: { seconds: number; problem: string | undefined }[] = []
  let last: number | undefined
  let first = 0
  for (let second = 0; second < DAY; second += INTERVAL) {
    const time = second + chance() * 0.9
    const missed =
      chance() < day.missed || day.bursts.some(({ from, seconds }) => time > from && time < from + seconds)
    if (missed) continue
    const { segments, problem } = curve.add(time, read(time))
    for (const { from, to, joules } of segments) {
      sum.joules += joules
      sum.truth += energy(to) - energy(from)
      sum.covered += to - from
    }
    if (last === undefined) first = time
    else {
      const since = last
      if (segments.length === 0) holes.push({ seconds: time - last, problem })
      else if (resets.some((reset) => since < reset && reset <= time)) {
        sum.allowed += (domain.maxWatts ?? 0) * (time - last + 0.001)
      }
    }
    last = time
  }
  const end = last ?? first
  return { ...sum, holes, all: energy(end) - energy(first), seconds: end - first, curve }
}

describe.each(Object.entries(COUNTERS))('a simulated day, %s', (_name, counter) => {
  let tree: PowercapTree
  let domain: Domain

  beforeAll(async () => {
    tree = new PowercapTree([
      { id: 'intel-rapl:0', name: 'package-0', start: 1, watts: () => 0, range: counter.range },
    ])
    domain = (await openTree(tree)).meter.domains[0] as Domain
  })

  afterAll(() => tree.remove())

  it('with jittered and missed reads is right to 0.01 %, and all of it is covered', () => {
    fc.assert(
      fc.property(fc.record(plainDay), (day) => {
        const { joules, all, covered, seconds, curve } = live(day, counter, domain)
        expect(Math.abs(joules - all)).toBeLessThan(all * TOLERANCE)
        expect(covered).toBeCloseTo(seconds, 3)
        expect(curve.wraps).toBeGreaterThanOrEqual(Math.floor((joules * 1e6) / counter.range))
        expect([curve.gaps, curve.resets]).toEqual([0, 0])
      }),
      { numRuns: 30 },
    )
  }, 60_000)

  it('with long silences: what could be several numbers of wraps is a gap, all else is right', () => {
    /** As long as this no second wrap is possible. */
    const unambiguous = (counter.range * 1e-6) / (domain.maxWatts ?? 0)
    fc.assert(
      fc.property(fc.record({ ...plainDay, bursts }), (day) => {
        const { joules, truth, covered, seconds, holes, curve } = live(day, counter, domain)
        expect(Math.abs(joules - truth)).toBeLessThan(truth * TOLERANCE)
        const silent = holes.reduce((total, hole) => total + hole.seconds, 0)
        expect(covered + silent).toBeCloseTo(seconds, 3)
        expect(curve.gaps).toBe(holes.length)
        for (const hole of holes) {
          expect(hole.problem).toBe('ambiguous-wraps')
          expect(hole.seconds).toBeGreaterThan(unambiguous - 1)
        }
      }),
      { numRuns: 30, examples: [[silence(300)], [silence(1200)]] },
    )
  }, 60_000)

  it('with resets: no more is wrong than a source can draw between two reads', () => {
    const resets = fc.array(second, { maxLength: 6 })
    fc.assert(
      fc.property(fc.record({ ...plainDay, bursts, resets }), (day) => {
        const { joules, truth, covered, seconds, holes, allowed, curve } = live(day, counter, domain)
        expect(Math.abs(joules - truth)).toBeLessThan(truth * TOLERANCE + allowed)
        const silent = holes.reduce((total, hole) => total + hole.seconds, 0)
        expect(covered + silent).toBeCloseTo(seconds, 3)
        expect(curve.resets).toBe(holes.filter(({ problem }) => problem === 'reset').length)
      }),
      { numRuns: 30, examples: [[{ ...silence(2), resets: [40_000, 50_000, 60_000] }]] },
    )
  }, 60_000)
})

/** A day at 280 W without a reading for so many seconds. */
function silence(seconds: number): Day {
  return { seed: 7, watts: [280], missed: 0.1, bursts: [{ from: 30_000, seconds }], resets: [] }
}
