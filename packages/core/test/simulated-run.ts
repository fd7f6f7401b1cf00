import type { Domain } from '@ergometer/meter'
import fc from 'fast-check'
import { type AnalysisOptions, analyse } from '../src/analyse.ts'
import type { ClientEvent } from '../src/event-line.ts'
import type { Factors } from '../src/factors.ts'
import { type Interval, union } from '../src/intervals.ts'
import { type Journal, readJournal } from '../src/journal.ts'
import type { StartLine } from '../src/journal-line.ts'
import { Recording } from '../src/recording.ts'
import type { Report } from '../src/report.ts'
import { domainOf, MOST_WATTS, schedules, type TrueCurve, trueCurves } from './true-curve.ts'

/** A reading of a simulated run: of when it is, and when it comes. */
interface SimulatedReading {
  readonly time: number
  readonly comes: number
  readonly value: number
}

/** A domain of a simulated run with all its readings, in the order in which they come. */
export interface SimulatedDomain {
  readonly declaration: Domain
  readonly interval: number
  readonly readings: readonly SimulatedReading[]
}

/** What a client says, when, and who. */
export interface SimulatedEvent {
  readonly time: number
  readonly process: string
  readonly event: ClientEvent
}

/** All that happens in a simulated run. */
export interface SimulatedRun {
  readonly domains: readonly SimulatedDomain[]
  readonly events?: readonly SimulatedEvent[]
  /** Times at which what is known is written down. */
  readonly settles: readonly number[]
  readonly end: number
  /** Seconds after the end until which readings are waited for. */
  readonly grace?: number
}

/** Factors at which a kilowatt hour is 500 g. */
export const FACTORS: Factors = {
  intensity: {
    gramsPerKilowattHour: 500,
    kind: 'average',
    basis: 'lifecycle',
    source: 'test',
    zone: 'FR',
    period: '2024',
    estimated: false,
  },
  zoneUnknown: false,
  pue: 1,
}

/** First line of every simulated journal. */
export const START: StartLine = {
  kind: 'start',
  version: 1,
  runId: '20240101-000000-test-abcdef',
  name: 'test',
  monotonic: 1000,
  wall: '2024-01-01T00:00:00.000Z',
  recorder: { pid: 1 },
  factors: {},
  config: {},
  versions: { ergometer: '0.0.0', node: '20' },
}

/** Records the run, with everything in the order in which it comes; the lines of its journal, and the recording. */
export function record(
  run: SimulatedRun,
  watch: (recording: Recording, now: number) => void = () => {},
): { lines: string[]; recording: Recording } {
  const lines = [JSON.stringify(START)]
  const recording = new Recording((line) => lines.push(JSON.stringify(line)))
  const indices = run.domains.map(({ declaration, interval }) => {
    const index = recording.addDomain('sim', declaration, interval)
    if (typeof index === 'string') throw new Error(index)
    return index
  })
  const until = run.end + (run.grace ?? 1)
  const happenings = [
    ...run.domains.flatMap(({ readings }, number) =>
      readings.map(({ time, comes, value }) => ({
        now: comes,
        order: 0,
        happen: () => recording.addReading(indices[number] ?? -1, comes, value, time),
      })),
    ),
    ...(run.events ?? []).map(({ time, process, event }) => ({
      now: time,
      order: 1,
      happen: () => recording.addEvent(event, time, time, process),
    })),
    // Once the run has ended nothing is settled but by its close.
    ...run.settles
      .filter((now) => now <= run.end)
      .map((now) => ({
        now,
        order: 2,
        happen: () => {
          recording.settle(now)
          watch(recording, now)
        },
      })),
  ].sort((a, b) => a.now - b.now || a.order - b.order)
  for (const { now, happen } of happenings) if (now <= until) happen()
  recording.close(run.end, { status: 'completed' })
  return { lines, recording }
}

/** Records, writes, reads back and analyses. */
export function reportOf(
  run: SimulatedRun,
  options?: AnalysisOptions,
): { report: Report; journal: Journal; lines: string[]; recording: Recording } {
  const { lines, recording } = record(run)
  const journal = readJournal(lines)
  return { report: analyse(journal, FACTORS, options), journal, lines, recording }
}

/** What can be known of a domain at best: its readings in the order of time, joined by hand. */
export class KnownTruth {
  readonly #parts: { from: number; to: number; watts: number }[] = []

  constructor({ declaration, interval, readings }: SimulatedDomain, until: number) {
    const sorted = readings.filter(({ comes }) => comes <= until).sort((a, b) => a.time - b.time)
    sorted.slice(1).forEach(({ time, value }, index) => {
      const before = sorted[index] as SimulatedReading
      const seconds = time - before.time
      if (seconds <= 0) return
      const { reads } = declaration
      if (reads.quantity === 'energy') {
        const joules = (value - before.value) * reads.joulesPerCount
        this.#parts.push({ from: before.time, to: time, watts: joules / seconds })
      } else if (seconds <= 3.01 * interval) {
        this.#parts.push({ from: before.time, to: time, watts: (value + before.value) / 2 })
      }
    })
  }

  /** Joules that are known between two times. */
  joules(from: number, to: number): number {
    return this.#sum(from, to, (part) => part.watts)
  }

  /** Seconds that are known between two times. */
  seconds(from: number, to: number): number {
    return this.#sum(from, to, () => 1)
  }

  /** Disjoint stretches of which nothing is known between two times. */
  gaps(from: number, to: number): Interval[] {
    const gaps: Interval[] = []
    let at = from
    for (const part of this.#parts) {
      if (part.from > at + 1e-9) gaps.push({ from: at, to: Math.min(part.from, to) })
      at = Math.max(at, part.to)
      if (at >= to) break
    }
    if (at < to) gaps.push({ from: at, to })
    return gaps.filter((gap) => gap.to > gap.from)
  }

  #sum(from: number, to: number, rate: (part: { watts: number }) => number): number {
    let sum = 0
    for (const part of this.#parts) {
      const seconds = Math.min(to, part.to) - Math.max(from, part.from)
      if (seconds > 0) sum += rate(part) * seconds
    }
    return sum
  }
}

/** Seconds in which every one of several domains is known. */
export function jointSeconds(truths: readonly KnownTruth[], from: number, to: number): number {
  const gaps = union(truths.flatMap((truth) => truth.gaps(from, to)))
  return gaps.reduce((left, gap) => left - (gap.to - gap.from), to - from)
}

/** Joules of a count of the simulated counters. */
const COUNT = 1e-4

function readingsOf(
  domain: Domain,
  curve: TrueCurve,
  times: readonly number[],
  delays: readonly number[],
): SimulatedReading[] {
  const { reads } = domain
  let before = 0
  return times.map((time, index) => {
    // What comes late holds up what comes after it, as pages of a monitoring service do.
    before = Math.max(before, time, time + (delays[index % delays.length] ?? 0))
    const value =
      reads.quantity === 'energy' ? Math.floor(curve.joules(Math.max(0, time)) / COUNT) : curve.watts(time)
    return { time, comes: before, value }
  })
}

/** Domains of all kinds: sensors and counters, quick, slow and late, with reads that are missed. */
export const simulatedDomains: fc.Arbitrary<SimulatedDomain[]> = fc
  .array(
    fc.constantFrom(0.1, 0.3, 1, 1.5, 5).chain((interval) =>
      fc.record({
        interval: fc.constant(interval),
        counts: fc.boolean(),
        curve: trueCurves,
        times: schedules(interval, Math.ceil(20 / interval)),
        begins: fc.double({ min: -1, max: 3, noNaN: true }),
        delays: fc.array(fc.constantFrom(0, 0, 0, 0.01, 0.3, 4), { minLength: 1, maxLength: 10 }),
      }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((specifications) =>
    specifications.map(({ interval, counts, curve, times, begins, delays }, index) => {
      const declaration = domainOf({
        id: `domain-${index}`,
        maxWatts: MOST_WATTS,
        reads: counts ? { quantity: 'energy', joulesPerCount: COUNT } : { quantity: 'power' },
      })
      const shifted = times.map((time) => time + begins)
      return { declaration, interval, readings: readingsOf(declaration, curve, shifted, delays) }
    }),
  )

/** Times of looking, ten a second more or less, with stalls. */
export const settleTimes: fc.Arbitrary<number[]> = fc
  .array(fc.constantFrom(0.1, 0.1, 0.1, 0.13, 0.9, 3.7), { minLength: 20, maxLength: 250 })
  .map((steps) => {
    let time = 0
    return steps.map((step) => {
      time += step
      return time
    })
  })

/** A length of a run in seconds, to the microsecond; whole seconds among them. */
export const runEnds: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 100_000, max: 20_000_000 }).map((micros) => micros / 1e6),
)

/** A time within a run, to the microsecond; whole seconds among them. */
export function timesWithin(end: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max: Math.floor(end) }),
    fc.integer({ min: 0, max: Math.floor(end * 1e6) }).map((micros) => micros / 1e6),
  )
}

/** A phase of a process as two events. */
export function phaseEvents(
  name: string,
  id: string,
  process: string,
  { from, to }: Interval,
): SimulatedEvent[] {
  return [
    { time: from, process, event: { kind: 'phase', name, id, edge: 'begin' } },
    { time: to, process, event: { kind: 'phase', name, id, edge: 'end' } },
  ]
}
