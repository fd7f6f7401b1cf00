import type { Domain } from '@ergometer/meter'
import { describe, expect, test } from 'vitest'
import { analyse } from '../src/analyse.ts'
import { energyErrorOf } from '../src/counted-energy.ts'
import type { Interval } from '../src/intervals.ts'
import { readJournal } from '../src/journal.ts'
import { Recording } from '../src/recording.ts'
import { differenceUncertainty, ratioUncertainty } from '../src/uncertainty.ts'
import { FACTORS, START } from './simulated-run.ts'

/*
 * Instruments with errors of a known kind, recorded, written, read and analysed many times over: the errors that come out must
 * scatter as the reports say that they do. Seeded: the same every time.
 */

type Random = () => number

function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Standard normal (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

const LENGTH = 12
const PHASES: readonly Interval[] = [
  { from: 0, to: 4 },
  { from: 4, to: 7 },
  { from: 7, to: LENGTH },
]

interface Instrument {
  readonly meter: string
  readonly domain: Domain
  readonly interval: number
  /** Mean power in watts. */
  readonly watts: number
}

/** What happened in one run: what each phase took in truth, and what its meters showed. */
interface Trial {
  readonly truth: readonly number[]
  readonly readings: readonly { time: number; index: number; value: number }[]
}

/** Joules up to a time, and the readings of one instrument. `gain`: what it shows for each joule. */
type Course = { joules: (time: number) => number; readings: { time: number; value: number }[] }

/**
 * A counter that is read in the middle between edges: whatever is taken in a step, any share of it may come in its first half.
 */
function counterCourse({ interval, domain, watts }: Instrument, gain: number, random: Random): Course {
  if (domain.reads.quantity !== 'energy') throw new Error('no counter')
  const perCount = domain.reads.joulesPerCount
  const points: { time: number; joules: number }[] = [{ time: -2.5 * interval, joules: 50 }]
  const readings: { time: number; value: number }[] = []
  for (let step = 0; step < LENGTH / interval + 4; step++) {
    const { time, joules } = points.at(-1) as { time: number; joules: number }
    readings.push({ time, value: Math.floor((joules * gain) / perCount) })
    const taken = watts * (0.5 + random()) * interval
    points.push({ time: time + interval / 2, joules: joules + taken * random() })
    points.push({ time: time + interval, joules: joules + taken })
  }
  return {
    joules: (time) => points.find((point) => point.time > time - 1e-6)?.joules ?? Number.NaN,
    readings,
  }
}

/** A power sensor that is read at the edges: the power steps from one reading to the next, at any time in between. */
function powerCourse({ interval, watts }: Instrument, gain: number, random: Random): Course {
  const readings: { time: number; value: number }[] = []
  const totals = new Map<number, number>()
  let [joules, before] = [0, watts]
  for (let step = 0; step <= LENGTH / interval + 2; step++) {
    const time = (step - 1) * interval
    const now = watts * (0.5 + random())
    const share = random()
    if (step > 0) joules += interval * (share * before + (1 - share) * now)
    totals.set(Math.round(time * 1e6), joules)
    readings.push({ time, value: now * gain })
    before = now
  }
  return { joules: (time) => totals.get(Math.round(time * 1e6)) ?? Number.NaN, readings }
}

function simulate(instruments: readonly Instrument[], random: Random): Trial {
  const gains = new Map<string, number>()
  const gainOf = ({ meter, domain: { id, standardUncertainty } }: Instrument): number => {
    const { relative = 0, shared = 'domain' } = standardUncertainty ?? {}
    const instrument = shared === 'meter' ? meter : `${meter}:${id}`
    const gain = gains.get(instrument) ?? 1 + relative * normal(random)
    gains.set(instrument, gain)
    return gain
  }
  const courses = instruments.map((one) =>
    (one.domain.reads.quantity === 'power' ? powerCourse : counterCourse)(one, gainOf(one), random),
  )
  return {
    truth: PHASES.map(({ from, to }) =>
      courses.reduce((sum, course) => sum + course.joules(to) - course.joules(from), 0),
    ),
    readings: courses
      .flatMap(({ readings }, index) => readings.map((reading) => ({ ...reading, index })))
      .sort((a, b) => a.time - b.time),
  }
}

/** The journal of a trial. */
function journalOf(instruments: readonly Instrument[], { readings }: Trial) {
  const lines = [JSON.stringify(START)]
  const recording = new Recording((line) => lines.push(JSON.stringify(line)))
  for (const { meter, domain, interval } of instruments) recording.addDomain(meter, domain, interval)
  PHASES.forEach(({ from, to }, index) => {
    const name = `phase-${index}`
    recording.addEvent({ kind: 'phase', name, id: '1', edge: 'begin' }, from, from, 'a')
    recording.addEvent({ kind: 'phase', name, id: '1', edge: 'end' }, to, to, 'a')
  })
  for (const { index, time, value } of readings) {
    recording.addReading(index, Math.max(0, time), value, time)
    if (time <= LENGTH) recording.settle(time)
  }
  recording.close(LENGTH, { status: 'completed' })
  return readJournal(lines)
}

/** Mean squares of errors over their stated standard uncertainty: 1 where what is stated is true. */
function scatter(instruments: readonly Instrument[], trials: number, seed: number) {
  const random = seeded(seed)
  const squares = { run: 0, phases: 0, difference: 0, ratio: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const { truth, readings } = simulate(instruments, random)
    const journal = journalOf(instruments, { truth, readings })
    const { energy, phases } = analyse(journal, FACTORS)
    const all = truth.reduce((sum, joules) => sum + joules, 0)
    squares.run += (((energy.joules ?? 0) - all) / (energy.standardUncertaintyJoules ?? 0)) ** 2
    for (const { name, joules = 0, standardUncertaintyJoules = 0 } of phases) {
      const error = joules - (truth[Number(name.slice(6))] ?? 0)
      squares.phases += (error / standardUncertaintyJoules) ** 2 / PHASES.length
    }
    const [first, second] = PHASES.map((phase) => energyErrorOf(journal, [phase]))
    const [one = 0, other = 0] = truth
    if (!first || !second) throw new Error('no phases')
    const difference = first.value - second.value - (one - other)
    squares.difference += (difference / (differenceUncertainty(first, second) ?? 0)) ** 2
    const ratio = first.value / second.value - one / other
    squares.ratio += (ratio / (ratioUncertainty(first, second) ?? 0)) ** 2
  }
  return Object.fromEntries(Object.entries(squares).map(([of, sum]) => [of, sum / trials]))
}

function counter(meter: string, id: string, parts: Partial<Instrument & Domain>): Instrument {
  const { interval = 0.1, watts = 100, standardUncertainty, kind = 'gpu' } = parts
  return {
    meter,
    interval,
    watts,
    domain: {
      id,
      kind,
      label: id,
      method: 'measured',
      reads: { quantity: 'energy', joulesPerCount: 1e-6 },
      ...(standardUncertainty ? { standardUncertainty } : {}),
    },
  }
}

function sensor(meter: string, id: string, parts: Partial<Instrument & Domain>): Instrument {
  const one = counter(meter, id, parts)
  return { ...one, domain: { ...one.domain, reads: { quantity: 'power' } } }
}

/** As good as exact, so that the other errors show. */
const EXACT = { relative: 1e-6, shared: 'domain' } as const
const TRIALS = 400
/** Four standard deviations of a mean square of normal errors, (2 / n)^½. */
const LIMIT = 4 * Math.sqrt(2 / TRIALS)

function expectTruth(scattered: Record<string, number>): void {
  for (const square of Object.values(scattered)) expect(Math.abs(square - 1)).toBeLessThan(LIMIT)
}

describe('errors scatter as the report says', () => {
  test('where each instrument has a gain of its own', () => {
    const own = { relative: 0.03, shared: 'domain' } as const
    const gpus = [300, 250, 200].map((watts, index) =>
      counter('nvml', `gpu-${index}`, { interval: 0.5, watts, standardUncertainty: own }),
    )
    expectTruth(scatter(gpus, TRIALS, 1))
  })

  test('where the instruments of a meter have their gain in common', () => {
    const common = { relative: 0.05, shared: 'meter' } as const
    const model = [0, 1, 2, 3].map((index) =>
      counter('model', `cpu-${index}`, { kind: 'cpu', interval: 0.5, standardUncertainty: common }),
    )
    expectTruth(scatter(model, TRIALS, 5))
  })

  test('where all is in how the energy lies within the steps at the edges', () => {
    expectTruth(
      scatter(
        [
          counter('nvml', 'gpu-0', { interval: 0.25, watts: 300, standardUncertainty: EXACT }),
          counter('slow', 'host', { interval: 0.5, watts: 80, standardUncertainty: EXACT }),
        ],
        TRIALS,
        2,
      ),
    )
  })

  test('where all is in what happens between the samples of a power sensor', () => {
    expectTruth(
      scatter(
        [
          sensor('ipmi', 'psu', { kind: 'other', interval: 0.5, standardUncertainty: EXACT }),
          sensor('hwmon', 'disk', { kind: 'storage', interval: 0.25, watts: 60, standardUncertainty: EXACT }),
        ],
        TRIALS,
        3,
      ),
    )
  })

  test('where all of them come together', () => {
    const gain = (relative: number) => ({ relative, shared: 'meter' }) as const
    expectTruth(
      scatter(
        [
          counter('rapl', 'package-0', { kind: 'cpu', interval: 0.5, standardUncertainty: gain(0.01) }),
          counter('rapl', 'dram', {
            kind: 'memory',
            interval: 0.5,
            watts: 40,
            standardUncertainty: gain(0.01),
          }),
          counter('nvml', 'gpu', { interval: 0.25, watts: 150, standardUncertainty: gain(0.005) }),
          sensor('ipmi', 'psu', { kind: 'other', interval: 1, watts: 60, standardUncertainty: gain(0.01) }),
        ],
        TRIALS,
        4,
      ),
    )
  })
})
