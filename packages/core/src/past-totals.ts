import type { Method } from '@ergometer/meter'
import { CountedEnergy, ENOUGH_COVERAGE } from './counted-energy.ts'
import { clampShare } from './coverage.ts'
import { ErgometerError } from './ergometer-error.ts'
import { type Factors, facilityFactor } from './factors.ts'
import { HardwareLayers } from './hardware-layers.ts'
import type { Journal } from './journal.ts'
import { LONGEST_OPENING } from './live-account.ts'
import { type LiveDomain, type LiveIntensity, type LiveTotals, liveIntensity } from './live-totals.ts'
import { type MeasuredDomain, measureDomains, RESOLUTION } from './measured-domains.ts'
import { RunClock } from './run-clock.ts'
import { RunEmissions } from './run-emissions.ts'
import type { Score } from './scores.ts'
import { sum } from './sum.ts'

/**
 * Totals of a run at an instant of its past: as live totals were, but exact, with what came late in its place, and one boundary for
 * the whole run. They begin at 0, and the last are those of the report. How often meters failed is not in a journal.
 */
export interface PastTotals extends Omit<LiveTotals, 'budget' | 'health' | 'meters' | 'watts' | 'domains'> {
  /** Wall time, in milliseconds since 1970. It steps where the clock of the host did. */
  readonly milliseconds: number
  /** Mean of the step before; absent where less than 0.9 of it is known. */
  readonly watts?: number
  /** Their watts too are means of the step before. */
  readonly domains: readonly LiveDomain[]
}

/** So many totals are told of a run at most: what would have more is damaged, or asked for too closely. */
const MOST_TOTALS = 10_000_000

/**
 * The totals of a run at its begin, every so many seconds, and at its end, in order: a pure function of its journal and the factors,
 * one by one, so that a week takes no more memory than a minute.
 * @throws ErgometerError `EXPORT_STEP_INVALID` for a step that is no number above 0, or far too small for the run
 */
export function* pastTotals(journal: Journal, factors: Factors, stepSeconds: number): Generator<PastTotals> {
  const { until } = journal
  if (!(stepSeconds > 0) || until / stepSeconds > MOST_TOTALS) {
    throw new ErgometerError(
      'EXPORT_STEP_INVALID',
      `a step of ${stepSeconds} s: expected a number above 0, and at most ${MOST_TOTALS} steps in the ${until} s of the run`,
    )
  }
  const past = new Past(journal, factors)
  for (let index = 0; index * stepSeconds < until - RESOLUTION; index++) {
    yield past.at(index * stepSeconds, stepSeconds)
  }
  yield past.at(until, stepSeconds)
}

/** A domain of which something is known, or nothing. */
interface PastDomain extends Pick<MeasuredDomain, 'known'> {
  readonly is: Omit<LiveDomain, 'joules' | 'watts' | 'coverage'>
  readonly counted: boolean
  readonly isKnown: boolean
  /** Rounding never makes it fall. */
  joules: number
}

/** Reads totals off a journal, forwards in time. */
class Past {
  readonly #journal: Journal
  readonly #factors: Factors
  readonly #clock: RunClock
  readonly #domains: readonly PastDomain[]
  readonly #counted: readonly PastDomain[]
  readonly #energy: CountedEnergy
  readonly #emissions: RunEmissions
  readonly #gramsPerGram: number
  readonly #hasGrams: boolean
  /** Every unit of work that there will be: it begins at 0. */
  readonly #noWork: Readonly<Record<string, number>>
  readonly #scores: readonly Score[]
  readonly #lastScores = new Map<string, number>()
  #nextScore = 0
  #time = 0
  #grams = 0

  constructor(journal: Journal, factors: Factors) {
    const { until, start } = journal
    const { domains, boundary } = measureDomains(journal, 0, until)
    const layers = layersOf(domains)
    this.#journal = journal
    this.#factors = factors
    this.#clock = new RunClock({ start, clocks: journal.clocks })
    this.#domains = domains.map((one) => pastDomain(one, boundary.counted.has(one.id), layers))
    this.#counted = this.#domains.filter(({ counted }) => counted)
    this.#energy = new CountedEnergy(domains.filter(({ id }) => boundary.counted.has(id)))
    const between = (from: number, to: number) => sum(this.#counted.map((one) => one.known.joules(from, to)))
    this.#emissions = new RunEmissions(factors, this.#clock, between, until)
    this.#gramsPerGram = facilityFactor(factors, boundary.level)
    this.#hasGrams = this.#emissions.of([{ from: 0, to: until }]).gramsCo2e !== undefined
    this.#noWork = Object.fromEntries(Object.keys(journal.work.between(0, until)).map((unit) => [unit, 0]))
    this.#scores = journal.scores.filter(({ t }) => t > 0 && t <= until).sort((a, b) => a.t - b.t)
  }

  /** At a second of the run, not before the last one that was asked for. */
  at(seconds: number, step: number): PastTotals {
    const known = this.#counted.filter(({ isKnown }) => isKnown)
    const domains = this.#domains.map((one) => domainAt(one, seconds, step))
    const watts = domains.filter((_, index) => this.#domains[index]?.counted).map((one) => one.watts)
    const from = this.#time
    this.#time = seconds
    if (seconds > from) this.#grams += this.#emissions.of([{ from, to: seconds }]).gramsCo2e ?? 0
    const { start, work } = this.#journal
    return {
      v: 1,
      t: (start?.monotonic ?? 0) + seconds,
      seconds,
      milliseconds: this.#clock.milliseconds(seconds),
      ...(known.length > 0
        ? { joules: sum(known.map(({ joules }) => joules)), byMethod: byMethod(known) }
        : {}),
      ...(watts.length > 0 && watts.every((value) => value !== undefined) ? { watts: sum(watts) } : {}),
      ...(known.length > 0 && this.#hasGrams ? { gramsCo2e: this.#grams * this.#gramsPerGram } : {}),
      coverage: this.#energy.coverage({ from: 0, to: seconds }),
      domains,
      intensity: this.#intensityAt(seconds),
      work: { ...this.#noWork, ...work.between(0, seconds) },
      scores: this.#scoresAt(seconds),
    }
  }

  #intensityAt(seconds: number): LiveIntensity {
    const { curve } = this.#factors
    if (!curve) return liveIntensity(this.#factors)
    const now = curve.at(this.#clock.milliseconds(seconds) / 1000) ?? curve.standIn
    return liveIntensity(this.#factors, { curve, gramsPerKilowattHour: now?.gramsPerKilowattHour })
  }

  #scoresAt(seconds: number): Record<string, number> {
    for (; this.#nextScore < this.#scores.length; this.#nextScore++) {
      const { t, name, value } = this.#scores[this.#nextScore] as Score
      if (t > seconds) break
      this.#lastScores.set(name, value)
    }
    return Object.fromEntries(this.#lastScores)
  }
}

function pastDomain(one: MeasuredDomain, counted: boolean, layers: HardwareLayers): PastDomain {
  const { id, line, known, seconds } = one
  const { kind, label, method, identity, within } = line.domain
  const layer = layers.of(id)
  return {
    known,
    counted,
    isKnown: seconds > RESOLUTION,
    joules: 0,
    is: {
      id,
      kind,
      label,
      method,
      ...(identity === undefined ? {} : { identity }),
      ...(within === undefined ? {} : { within: `${line.meter}:${within}` }),
      ...(layer === undefined ? {} : { layer }),
    },
  }
}

/** As they were while the run went on: those that were there when all meters had opened, then those that came. */
function layersOf(domains: readonly MeasuredDomain[]): HardwareLayers {
  const layers = new HardwareLayers()
  const declared = domains.map(({ id, line }) => ({ id, meter: line.meter, domain: line.domain, t: line.t }))
  const times = new Set(declared.map(({ t }) => Math.max(t, LONGEST_OPENING)))
  for (const time of [...times].sort((a, b) => a - b)) layers.take(declared.filter(({ t }) => t <= time))
  return layers
}

function domainAt(one: PastDomain, seconds: number, step: number): LiveDomain {
  const { is, known, isKnown } = one
  one.joules = Math.max(one.joules, known.joules(0, seconds))
  const watts = isKnown ? meanWatts(one, Math.max(0, seconds - step), seconds) : undefined
  return {
    ...is,
    ...(isKnown ? { joules: one.joules } : {}),
    ...(watts === undefined ? {} : { watts }),
    coverage: seconds > 0 ? clampShare(known.seconds(0, seconds) / seconds) : 0,
  }
}

/** Mean of what is known of an interval, if that is enough. */
function meanWatts({ known }: PastDomain, from: number, to: number): number | undefined {
  const seconds = known.seconds(from, to)
  if (to <= from || seconds <= RESOLUTION || seconds / (to - from) < ENOUGH_COVERAGE) return undefined
  return known.joules(from, to) / seconds
}

function byMethod(domains: readonly PastDomain[]): Partial<Record<Method, number>> {
  const sums: Partial<Record<Method, number>> = {}
  for (const { is, joules } of domains) sums[is.method] = (sums[is.method] ?? 0) + joules
  return sums
}
