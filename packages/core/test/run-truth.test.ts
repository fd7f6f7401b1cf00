import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Interval, totalSeconds, union } from '../src/intervals.ts'
import {
  jointSeconds,
  KnownTruth,
  phaseEvents,
  reportOf,
  runEnds,
  type SimulatedDomain,
  type SimulatedEvent,
  settleTimes,
  simulatedDomains,
  timesWithin,
} from './simulated-run.ts'

/** Joules that a domain's phases and run may be off, by rounding alone. */
const EDGE = 0.002
/** Joules that a domain's whole-second intervals may be off. */
const SECOND = 0.1

function truthsOf(domains: readonly SimulatedDomain[], end: number): KnownTruth[] {
  const truths = domains.map((domain) => new KnownTruth(domain, end + 1))
  return truths.filter((truth) => truth.seconds(0, end) > 1e-5)
}

/** Where in a row energy is missing is not told, so of several domains only bounds can be held. */
function expectCoverage(coverage: number, truths: readonly KnownTruth[], from: number, to: number): void {
  const known = coverage * (to - from)
  if (truths.length === 0) {
    expect(coverage).toBe(0)
    return
  }
  const each = truths.map((truth) => truth.seconds(from, to))
  const rounding = 1e-4
  expect(known).toBeLessThan(Math.min(to - from, ...each) + rounding)
  expect(known).toBeGreaterThan(
    each.reduce((left, seconds) => left - (to - from - seconds), to - from) - rounding,
  )
  const gaps = truths.flatMap((truth) => truth.gaps(from, to))
  const whole = gaps.every((gap) => [gap.from, gap.to].every((edge) => edge === from || edge === to))
  if (whole || truths.length === 1) {
    expect(Math.abs(known - jointSeconds(truths, from, to))).toBeLessThan(rounding)
  }
}

const worlds = runEnds.chain((end) =>
  fc.record({
    end: fc.constant(end),
    domains: simulatedDomains,
    settles: settleTimes,
    cuts: fc
      .array(timesWithin(end), { minLength: 1, maxLength: 8 })
      .map((cuts) => [...new Set([0, ...cuts, end])].sort((a, b) => a - b)),
    grace: fc.constant(1),
  }),
)

describe('a run that was recorded, written, read and analysed', () => {
  test('has the energy and the coverage of the truth, domain by domain and in all', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { domains, end } = world
        const { report, journal } = reportOf(world)
        expect(journal.damaged).toBe(0)
        domains.forEach((domain, index) => {
          const truth = new KnownTruth(domain, end + 1)
          const reported = report.energy.domains[index]
          const seconds = truth.seconds(0, end)
          expect(Math.abs((reported?.coverage ?? 0) * end - seconds)).toBeLessThan(2e-5)
          // Unknown is never zero, and zero never unknown.
          if (seconds === 0) expect(reported).not.toHaveProperty('joules')
          if (reported?.joules === undefined) expect(seconds).toBeLessThan(2e-5)
          else expect(Math.abs(reported.joules - truth.joules(0, end))).toBeLessThan(EDGE)
        })
        const truths = truthsOf(domains, end)
        if (truths.length === 0) return
        expectCoverage(report.energy.coverage, truths, 0, end)
        const joules = truths.reduce((sum, truth) => sum + truth.joules(0, end), 0)
        expect(Math.abs((report.energy.joules ?? Number.NaN) - joules)).toBeLessThan(EDGE * truths.length)
      }),
      { numRuns: 300 },
    )
  })

  test('is the sum of the phases that tile it, to 1e-9, and each of these is the truth', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { domains, end, cuts } = world
        const tiles = cuts.slice(1).map((to, index) => ({ from: cuts[index] as number, to }))
        const events = tiles.flatMap((tile, index) => phaseEvents(`tile-${index}`, `${index}`, 'a', tile))
        const { report } = reportOf({ ...world, events })
        expect(report.phases.map(({ name }) => name).sort()).toEqual(
          tiles.map((_, index) => `tile-${index}`).sort(),
        )
        const total = report.energy.joules
        const sum = report.phases.reduce((joules, phase) => joules + (phase.joules ?? 0), 0)
        expect(Math.abs(sum - (total ?? 0))).toBeLessThanOrEqual(1e-9 * Math.max(1e-3, total ?? 0))
        const truths = truthsOf(domains, end)
        for (const phase of report.phases) {
          const tile = tiles[Number(phase.name.slice(5))] as Interval
          expect(phase.seconds).toBeCloseTo(tile.to - tile.from, 9)
          const joules = truths.reduce((sum, truth) => sum + truth.joules(tile.from, tile.to), 0)
          expect(Math.abs((phase.joules ?? 0) - joules)).toBeLessThan(EDGE * Math.max(1, truths.length))
          expectCoverage(phase.coverage, truths, tile.from, tile.to)
          if (truths.every((truth) => truth.seconds(tile.from, tile.to) === 0)) {
            expect(phase).not.toHaveProperty('joules')
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('knows every whole second to 0.1 J of each domain', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), fc.nat(), (world, one, other) => {
        const { domains, end } = world
        fc.pre(end >= 1)
        const bounds = [one % (Math.floor(end) + 1), other % (Math.floor(end) + 1)].sort((a, b) => a - b)
        const [from = 0, to = 0] = bounds
        fc.pre(to > from)
        const { report } = reportOf(world, { interval: { from, to } })
        domains.forEach((domain, index) => {
          const truth = new KnownTruth(domain, end + 1).joules(from, to)
          const joules = report.energy.domains[index]?.joules ?? 0
          expect(Math.abs(joules - truth)).toBeLessThan(SECOND + EDGE)
        })
      }),
      { numRuns: 200 },
    )
  })

  test('knows the same of constant power whatever order its readings come in', () => {
    const delays = fc.array(fc.constantFrom(0, 0.2, 1.1, 2.5, 6), { minLength: 3, maxLength: 12 })
    fc.assert(
      fc.property(worlds, delays, (world, late) => {
        const domains = world.domains.map((domain) => {
          const watts = 123.456
          const { reads } = domain.declaration
          const readings = domain.readings.map(({ time }, index) => ({
            time,
            comes: Math.max(time, 0) + (late[index % late.length] ?? 0),
            value: reads.quantity === 'energy' ? (time + 10) * (watts / reads.joulesPerCount) : watts,
          }))
          return { ...domain, readings }
        })
        const { report, recording } = reportOf({ ...world, domains, grace: 10 })
        domains.forEach((domain, index) => {
          const truth = new KnownTruth(domain, world.end + 10)
          const reported = report.energy.domains[index]
          expect(Math.abs((reported?.joules ?? 0) - truth.joules(0, world.end))).toBeLessThan(EDGE)
          expect(Math.abs((reported?.coverage ?? 0) * world.end - truth.seconds(0, world.end))).toBeLessThan(
            2e-5,
          )
          const seconds = recording.domains[index]?.ledger.seconds ?? 0
          expect(seconds).toBeLessThan(truth.seconds(0, world.end + 10) + 1e-3)
        })
      }),
      { numRuns: 200 },
    )
  })
})

describe('work and scores', () => {
  const unit = fc.constantFrom('samples', 'tokens', 'constructor', 'toString')
  const deeds = (end: number) =>
    fc.array(fc.record({ time: timesWithin(end), unit, amount: fc.nat({ max: 1000 }) }), { maxLength: 40 })

  test('belong to the instants after a begin, up to and with the end', () => {
    const busy = worlds.chain((world) => fc.record({ world: fc.constant(world), done: deeds(world.end) }))
    fc.assert(
      fc.property(busy, ({ world, done }) => {
        const tiles = world.cuts.slice(1).map((to, index) => ({ from: world.cuts[index] as number, to }))
        const amount = (name: string, { from, to }: Interval) =>
          done
            .filter((deed) => deed.unit === name && deed.time > from && deed.time <= to)
            .reduce((sum, deed) => sum + deed.amount, 0)
        const events: SimulatedEvent[] = [
          ...tiles.flatMap((tile, index) => phaseEvents(`tile-${index}`, `${index}`, 'a', tile)),
          ...done.map(({ time, unit: name, amount }) => ({
            time,
            process: 'b',
            event: { kind: 'work' as const, work: { [name]: amount } },
          })),
        ]
        const { report } = reportOf({ ...world, events })
        const names = new Set(done.map((deed) => deed.unit))
        for (const name of names) {
          const whole = { from: 0, to: world.end }
          // What was done by second 0 belongs to no interval of the run.
          expect(work(report.work, name)).toBe(amount(name, whole))
          for (const phase of report.phases) {
            const tile = tiles[Number(phase.name.slice(5))] as Interval
            expect(work(phase.work, name)).toBe(amount(name, tile))
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  function work(of: Record<string, number>, name: string): number {
    return Object.hasOwn(of, name) ? (of[name] as number) : 0
  }

  test('of a score the first, the last and the best are kept, however many come within a second', () => {
    const marks = fc.array(fc.record({ time: timesWithin(5), value: fc.integer({ min: -500, max: 500 }) }), {
      minLength: 1,
      maxLength: 100,
    })
    fc.assert(
      fc.property(marks, settleTimes, (scores, settles) => {
        const inTime = scores.filter(({ time }) => time > 0).sort((a, b) => a.time - b.time)
        fc.pre(inTime.length > 0)
        const events = inTime.map(({ time, value }) => ({
          time,
          process: 'a',
          event: { kind: 'score' as const, scores: { accuracy: { value } } },
        }))
        const { report } = reportOf({ domains: [], events, settles, end: 5 })
        const values = inTime.map(({ value }) => value)
        expect(report.scores['accuracy']).toMatchObject({
          first: values[0],
          last: values.at(-1),
          best: Math.max(...values),
          better: 'higher',
        })
      }),
    )
  })
})

describe('phases of one name', () => {
  const steady = (end: number): SimulatedDomain => ({
    declaration: {
      id: 'gpu',
      kind: 'gpu',
      label: 'GPU',
      method: 'measured',
      reads: { quantity: 'power' },
      updatePeriod: 0.01,
    },
    interval: 0.1,
    readings: Array.from({ length: Math.ceil(end * 10) + 12 }, (_, index) => {
      const time = index / 10 - 0.05
      return { time, comes: Math.max(0, time), value: 200 + 100 * Math.sin(time * 3) }
    }),
  })
  const often = Array.from({ length: 200 }, (_, index) => index / 10 + 0.03)

  test('that come a thousand times a second are folded without losing anything', () => {
    const end = 3.7
    const domain = steady(end)
    const steps = Array.from({ length: 3500 }, (_, index) => {
      const from = Math.round((0.0501 + index / 1000) * 1e6) / 1e6
      return { from, to: Math.round((from + 0.0007) * 1e6) / 1e6 }
    })
    const events = steps.flatMap((step, index) => [
      ...phaseEvents('step', `${index}`, 'a', step),
      { time: step.to, process: 'a', event: { kind: 'work' as const, work: { samples: 3 } } },
    ])
    const { report, lines } = reportOf({ domains: [domain], events, settles: often, end })
    const truth = new KnownTruth(domain, end + 1)
    const [phase] = report.phases
    const joules = steps.reduce((sum, { from, to }) => sum + truth.joules(from, to), 0)
    expect(phase).toMatchObject({ name: 'step', count: 3500, work: { samples: 10_500 } })
    // Told in proportion to rows, whose precision is the journal's.
    expect(Math.abs((phase?.joules ?? 0) - joules)).toBeLessThan(0.002)
    expect(phase?.seconds).toBeCloseTo(3500 * 0.0007, 6)
    expect(phase?.coverage).toBe(1)
    expect(lines.length).toBeLessThan(100)
  })

  test('that tile the run in milliseconds add up to it', () => {
    const end = 3.7
    const steps = Array.from({ length: 3700 }, (_, index) => ({ from: index / 1000, to: (index + 1) / 1000 }))
    const events = steps.flatMap((step, index) => phaseEvents('step', `${index}`, 'a', step))
    for (const domains of [[steady(end)], [steady(end), { ...steady(end), id: 'two' }]]) {
      const { report } = reportOf({ domains, events, settles: often, end })
      const [phase] = report.phases
      expect(phase?.count).toBe(3700)
      expect(Math.abs((phase?.joules ?? 0) / (report.energy.joules ?? 0) - 1)).toBeLessThan(1e-9)
    }
  })

  test('over several processes are the union of their intervals; the count is the largest of one', () => {
    const spans = fc.array(
      fc.record({
        process: fc.constantFrom('a', 'b', 'c'),
        from: timesWithin(6),
        length: fc.oneof(
          fc.integer({ min: 1, max: 50_000 }).map((micros) => micros / 1e6),
          fc.integer({ min: 1, max: 3_000_000 }).map((micros) => micros / 1e6),
        ),
      }),
      { minLength: 1, maxLength: 60 },
    )
    const domain = steady(9.5)
    const truth = new KnownTruth(domain, 11)
    fc.assert(
      fc.property(spans, settleTimes, (phases, settles) => {
        const intervals = phases.map(({ from, length }) => ({
          from,
          to: Math.round((from + length) * 1e6) / 1e6,
        }))
        const marks = intervals.slice(0, 20).map(({ to }) => to)
        const events: SimulatedEvent[] = [
          ...phases.flatMap(({ process }, index) =>
            phaseEvents('step', `${index}`, process, intervals[index] as Interval),
          ),
          ...marks.map((time) => ({
            time,
            process: 'a',
            event: { kind: 'work' as const, work: { samples: 1 } },
          })),
        ]
        const { report } = reportOf({ domains: [domain], events, settles, end: 9.5 })
        const whole = union(intervals)
        const counts = ['a', 'b', 'c'].map(
          (process) => phases.filter((phase) => phase.process === process).length,
        )
        const [phase] = report.phases
        const joules = whole.reduce((sum, { from, to }) => sum + truth.joules(from, to), 0)
        expect(report.phases).toHaveLength(1)
        expect(phase?.count).toBe(Math.max(...counts))
        expect(Math.abs((phase?.seconds ?? 0) - totalSeconds(whole))).toBeLessThan(2e-5)
        expect(Math.abs((phase?.processSeconds ?? 0) - totalSeconds(intervals))).toBeLessThan(2e-5)
        expect(Math.abs((phase?.joules ?? 0) - joules)).toBeLessThan(EDGE * (whole.length + 1))
        expect(phase?.work['samples'] ?? 0).toBe(
          marks.filter((time) => whole.some(({ from, to }) => time > from && time <= to)).length,
        )
      }),
      { numRuns: 300 },
    )
  })

  test('of a slow meter have their share of what it says later, folded or not', () => {
    const slow: SimulatedDomain = {
      declaration: { ...steady(20).declaration, id: 'slow' },
      interval: 5,
      readings: [0, 5, 10, 15, 20].map((time) => ({ time, comes: time + 0.2, value: 100 })),
    }
    const steps = Array.from({ length: 30 }, (_, index) => ({
      from: 3 + index / 10,
      to: 3.05 + index / 10,
    }))
    const events = steps.flatMap((step, index) => phaseEvents('step', `${index}`, 'a', step))
    const { report } = reportOf({ domains: [slow], events, settles: often, end: 19, grace: 2 })
    expect(report.phases[0]?.joules).toBeCloseTo(150, 2)
    expect(report.phases[0]?.coverage).toBeCloseTo(1, 6)
    expect(report.energy.joules).toBeCloseTo(1900, 2)
  })

  test('that last beyond the end are cut there, and what is shorter than a meter can tell says so', () => {
    const domain = steady(5)
    const events = [
      ...phaseEvents('long', '1', 'a', { from: 1, to: 5.4 }),
      ...phaseEvents('short', '2', 'a', { from: 2, to: 2.02 }),
      ...phaseEvents('beyond', '3', 'b', { from: 5.2, to: 5.3 }),
    ]
    const { report } = reportOf({ domains: [domain], events, settles: often, end: 5 })
    expect(
      report.phases.map(({ name, seconds, belowResolution }) => [name, seconds, belowResolution]),
    ).toEqual([
      ['short', expect.closeTo(0.02, 6), true],
      ['long', 4, undefined],
    ])
    expect(report.phases[0]?.joules).toBeGreaterThan(0)
  })

  test('GPUs that a meter reads are told in the provenance, where the system does not name them itself', () => {
    const { declaration, ...rest } = steady(3)
    const gpu = { ...rest, declaration: { ...declaration, id: 'gpu', label: 'H100, GPU 0' } }
    const part = { ...rest, declaration: { ...declaration, id: 'memory', label: 'HBM', within: 'gpu' } }
    const { report } = reportOf({ domains: [gpu, part], settles: often, end: 3 })
    expect(report.provenance.gpus).toEqual(['H100, GPU 0'])
  })
})
