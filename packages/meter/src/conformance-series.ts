import type { SoundReading, TruePoint } from './conformance-energy.ts'
import type { Trial, TrialReading } from './conformance-trial.ts'
import type { Domain } from './domain.ts'
import { isNumber } from './untrusted.ts'

/** Everything that a meter showed while it was read again and again, beside what was true. */
export interface Series {
  readonly trial: Trial
  readonly domains: readonly Domain[]
  /** Longest time between two reads, in seconds. */
  readonly step: number
  /** First thing that a read threw. */
  readonly failure: { readonly thrown: unknown } | undefined
  readonly readings: readonly TrialReading[]
  /** By domain: what was true; empty where nobody knows. */
  readonly truth: readonly (readonly TruePoint[])[]
  /** Real seconds that the shortest read took. */
  readonly quickest: number
  /** Real time: readings that come late are not waited for. */
  readonly real: boolean
}

/** How a meter is read again and again. */
export interface Pace {
  /** How often, after the first time. */
  readonly steps?: number
  /** On the real instrument nobody wants to wait. */
  readonly real?: boolean
  /** The meter is read so many times more seldom. */
  readonly stride?: number
}

/** So many steps: with a sensor that is renewed at each, its lag is 5 % of the whole. */
const STEPS = 20
const REAL_STEPS = 4
/** Seconds. */
const LONGEST_REAL_STEP = 0.5
/** Steps are not alike: in equal ones of a second, joules passed as watts would not show. */
const RHYTHM = [1, 2, 1.5]
/** A step lets a counter move on by so many counts. */
const COUNTS = 2

/** Reads a meter at its own pace, until readings that come late are there too. */
export async function observe(trial: Trial, pace: Pace = {}): Promise<Series> {
  return (await observeAll([trial], pace))[0] as Series
}

/** The same for several meters of one world, read in turn. */
export async function observeAll(trials: readonly Trial[], pace: Pace = {}): Promise<Series[]> {
  const { real = false, steps = real ? REAL_STEPS : STEPS, stride = 1 } = pace
  const observers = trials.map((trial) => new Observer(trial, real))
  const [
    {
      trial: { world, domains },
    },
  ] = observers as [Observer]
  const look = async () => {
    for (const observer of observers) await observer.look()
  }
  await look()
  let base = stepOf(trials[0] as Trial, real) * stride
  const late = real ? 0 : Math.max(0, ...domains.map(({ lateBy = 0 }) => lateBy))
  for (let number = 0; number < steps + Math.ceil(late / base); number++) {
    await world.advance(base * (real ? 1 : (RHYTHM[number % RHYTHM.length] as number)))
    await look()
    if (number === 0 && !real) base = Math.max(base, (observers[0] as Observer).secondsForCounts(COUNTS))
  }
  return observers.map((observer) => observer.series(base * Math.max(...RHYTHM)))
}

/** Seconds between two reads: the meter's interval, or what its slowest sensor takes to change. */
export function stepOf({ interval, domains }: Trial, real = false): number {
  if (real) return Math.min(interval, LONGEST_REAL_STEP)
  return Math.max(interval, ...domains.map(({ updatePeriod = 0 }) => updatePeriod))
}

/** Gathers a series. */
class Observer {
  readonly trial: Trial
  readonly #real: boolean
  readonly #first: number
  readonly #truth: TruePoint[][]
  #failure: Series['failure']
  #quickest = Number.POSITIVE_INFINITY

  constructor(trial: Trial, real: boolean) {
    this.trial = trial
    this.#real = real
    this.#first = trial.readings.length
    this.#truth = trial.domains.map(() => [])
  }

  /** Notes what is true, and reads. */
  async look(): Promise<void> {
    const { world, domains } = this.trial
    domains.forEach(({ id }, index) => {
      const joules = world.joules?.(id)
      if (joules !== undefined) this.#truth[index]?.push({ time: world.seconds, joules })
    })
    const begin = performance.now()
    const { failed, thrown } = await this.trial.tryRead()
    this.#quickest = Math.min(this.#quickest, (performance.now() - begin) / 1000)
    if (failed) this.#failure ??= { thrown }
    // What the read has not waited for gets its turn, and is seen to be late.
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Seconds in which every counter that counts moves on by so many counts. */
  secondsForCounts(counts: number): number {
    const needed = this.trial.domains.map(({ reads }, index) => {
      const [first, last] = this.#truth[index] ?? []
      if (reads.quantity !== 'energy' || !first || !last) return 0
      const watts = (last.joules - first.joules) / (last.time - first.time)
      return watts > 0 ? (counts * reads.joulesPerCount) / watts : 0
    })
    return Math.max(0, ...needed)
  }

  series(step: number): Series {
    const { trial } = this
    return {
      trial,
      domains: trial.domains,
      step,
      failure: this.#failure,
      readings: trial.readings.slice(this.#first),
      truth: this.#truth,
      quickest: this.#quickest,
      real: this.#real,
    }
  }
}

/** The readings of a domain that are numbers with a time, in the order of their times. */
export function soundReadings(readings: readonly TrialReading[], domain: number): SoundReading[] {
  return readings
    .filter((reading) => reading.domain === domain)
    .flatMap(({ value, time, from, anew }) =>
      isNumber(value) && Number.isFinite(time) ? [{ value, time, from, anew }] : [],
    )
    .sort((a, b) => a.time - b.time)
}
