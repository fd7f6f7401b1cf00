import { type ConformanceCase, lineOf } from './conformance-case.ts'
import {
  compare,
  meantStretches,
  type SoundReading,
  type TruePoint,
  unitMistake,
} from './conformance-energy.ts'
import { type Series, soundReadings } from './conformance-series.ts'
import type { TrialReading } from './conformance-trial.ts'
import type { Domain, Reads } from './domain.ts'
import { isNumber } from './untrusted.ts'

/** What can be wrong with the readings of a meter that has no trouble. Each hides those that come after it. */
export interface ReadingRule extends Omit<ConformanceCase, 'run'> {
  /** Only for domains that read this. */
  readonly quantity?: Reads['quantity']
  /** What is wrong with one domain, if anything. */
  readonly find: (look: DomainSeries) => string | undefined
}

/** One domain of a series. */
interface DomainSeries {
  readonly domain: Domain
  readonly index: number
  readonly readings: readonly TrialReading[]
  readonly series: Series
}

/** Relative error that nobody is blamed for; a larger declared uncertainty, at two sigma, takes its place. */
const TOLERANCE = 0.05
/** So many readings alike are no chance. */
const FEW = 5
/** Share of the time that readings must tell of. */
const LEAST_TOLD = 0.8
/** Seconds by which times may differ without meaning anything. */
const SLACK = 0.001
/** Unix time in seconds is above, a host's monotonic time is below. */
const WALL_SECONDS = 1e9

/** In their order: the first fault is the one to mend. */
export const READING_RULES: readonly ReadingRule[] = [
  {
    id: 'awaited',
    title: 'records before its read ends',
    needs: [],
    find({ readings }) {
      if (readings.every(({ awaited }) => awaited)) return undefined
      return 'recorded after its read had ended: await what the read waits for'
    },
  },
  {
    id: 'reads',
    title: 'reads every domain while all is well',
    needs: [],
    find({ readings, series }) {
      if (series.failure) return `a read failed though all is well: ${lineOf(series.failure.thrown)}`
      if (readings.length > 0) return undefined
      return `no reading, in reads up to ${round(series.step)} s apart`
    },
  },
  {
    id: 'values',
    title: 'records finite numbers of at least 0',
    needs: [],
    find({ readings }) {
      const wrong = readings.find(({ value }) => !isNumber(value) || value < 0)
      if (!wrong) return undefined
      const shown = typeof wrong.value === 'number' ? String(wrong.value) : typeof wrong.value
      return `recorded ${shown}, expected a finite number of at least 0`
    },
  },
  {
    id: 'time-valid',
    title: 'gives times as seconds or as a valid Date',
    needs: [],
    find({ readings }) {
      const wrong = readings.find(({ time, from = 0 }) => !isNumber(time) || !isNumber(from))
      if (!wrong) return undefined
      const { time } = wrong.given
      const shown = isNumber(wrong.time) ? 'from' : typeof time === 'object' ? 'an invalid Date' : typeof time
      return `time: got ${shown}, expected seconds of context.clock, or a valid Date`
    },
  },
  {
    id: 'time-future',
    title: 'gives no time that is still to come',
    needs: [],
    find({ readings }) {
      const early = readings.find(({ time, now }) => time > now + SLACK)
      if (!early) return undefined
      const { time, now } = early
      const wall = time > WALL_SECONDS ? ': wall time is given as a Date' : ''
      return `time ${round(time)} s, when context.clock said ${round(now)} s${wall}`
    },
  },
  {
    id: 'time-late',
    title: 'comes no later than it declares',
    needs: [],
    find: findLate,
  },
  {
    id: 'intervals',
    title: 'gives intervals that follow each other, without overlap or hole',
    needs: [],
    quantity: 'interval-energy',
    find: findBrokenInterval,
  },
  {
    id: 'counter-steps',
    title: 'hands over the raw counter, which grows',
    needs: [],
    quantity: 'energy',
    find: findCounterFault,
  },
  {
    id: 'fresh',
    title: 'shows the power of now, not one that it kept',
    needs: ['joules'],
    quantity: 'power',
    find: findKept,
  },
  {
    id: 'units',
    title: 'reads in joules and watts, by what it declares',
    needs: ['joules'],
    find: (look) => {
      const wrong = energyError(look)
      return wrong?.mistake === undefined ? undefined : `${wrong.line}: ${wrong.mistake}?`
    },
  },
  {
    id: 'energy',
    title: 'means the energy that is true',
    needs: ['joules'],
    find: (look) => energyError(look)?.line,
  },
  {
    id: 'plausibility',
    title: 'stays below its own maxWatts',
    needs: [],
    find: findImplausible,
  },
]

/** The first domain that shows a value that it kept, and how that is seen. */
export function keptValue(series: Series): string | undefined {
  for (const look of looksAt(series)) {
    const line = look.domain.reads.quantity === 'power' ? findKept(look) : undefined
    if (line !== undefined) return `domain '${look.domain.id}': ${line}`
  }
  return undefined
}

/** True when one kind of fault hides the other. */
export function isBefore(id: string, other: string): boolean {
  const place = (one: string) => READING_RULES.findIndex((rule) => rule.id === one)
  return place(id) < place(other)
}

/** The first thing that is wrong with what a meter read while all was well. `from`: the rule to begin with. */
export function firstFault(series: Series, from = 'awaited'): { id: string; line: string } | undefined {
  for (const rule of READING_RULES) {
    if (isBefore(rule.id, from)) continue
    for (const look of looksAt(series)) {
      const line = appliesTo(rule, look.domain) ? rule.find(look) : undefined
      if (line !== undefined) return { id: rule.id, line: `domain '${look.domain.id}': ${line}` }
    }
  }
  return undefined
}

/** True where a rule is about what a domain reads. */
export function appliesTo({ quantity }: ReadingRule, { reads }: Domain): boolean {
  return quantity === undefined || reads.quantity === quantity
}

/** The domains of a series; those that come too late to be seen in real time are left out. */
function looksAt(series: Series): DomainSeries[] {
  return series.domains.flatMap((domain, index) => {
    const readings = series.readings.filter((reading) => reading.domain === index)
    const awaited = series.real && readings.length === 0 && domain.lateBy !== undefined
    return awaited ? [] : [{ domain, index, readings, series }]
  })
}

function findLate({ domain, readings, series }: DomainSeries): string | undefined {
  const { lateBy, updatePeriod = 0, reads } = domain
  const averagedOver = reads.quantity === 'power' ? (reads.averagedOver ?? 0) : 0
  const allowed = (lateBy ?? 0) + 2 * Math.max(series.step, updatePeriod, averagedOver) + SLACK
  const newest = new Map<number, number>()
  for (const { time, now } of readings) {
    newest.set(now, Math.max(time, newest.get(now) ?? Number.NEGATIVE_INFINITY))
  }
  for (const [now, time] of newest) {
    if (now - time <= allowed) continue
    const declared = lateBy === undefined ? 'it declares no lateBy' : `it declares lateBy ${lateBy} s`
    return `its newest reading was ${round(now - time)} s old, and ${declared} (is it context.clock's time?)`
  }
  return undefined
}

function findBrokenInterval({ readings }: DomainSeries): string | undefined {
  const without = readings.find(({ given, from = 0, time }) => given.from === undefined || from > time)
  if (without) return 'interval-energy needs `from`, which is not after `time`'
  const sorted = readings
    .map(({ from, time }) => ({ from: from as number, time }))
    .sort((a, b) => a.from - b.from || a.time - b.time)
  for (const [index, { from }] of sorted.slice(1).entries()) {
    const { time } = sorted[index] as { time: number }
    if (from < time - SLACK) {
      return `${round(time - from)} s are told twice: an interval begins where the last one ended`
    }
    if (from > time + SLACK)
      return `${round(from - time)} s are told by no interval, though every read succeeded`
  }
  return undefined
}

function findCounterFault({ domain, index, series }: DomainSeries): string | undefined {
  const sound = soundReadings(series.readings, index)
  const stretches = meantStretches(domain, sound)
  const fall = sound.find((next, at) => falls(next, sound[at - 1]) && !covers(stretches, next))
  if (fall) {
    return `its counter falls to ${fall.value}, though nothing was reset: is it the raw, cumulative counter?`
  }
  const { joulesPerCount = 0 } = domain.reads as { joulesPerCount?: number }
  const sum = compare(stretches, series.truth[index] ?? [])
  if (sum.true < 10 * joulesPerCount || sum.meant > 0) return undefined
  return `its counter stands still while ${round(sum.true)} J flow: is it the difference since the last read?`
}

function falls(next: SoundReading, before: SoundReading | undefined): boolean {
  return before !== undefined && !next.anew && next.value < before.value
}

function covers(stretches: readonly { to: number }[], { time }: SoundReading): boolean {
  return stretches.some(({ to }) => to === time)
}

/** One value all along, while the power was another: a sensor that is coarse shows the same value for a while at most. */
function findKept({ domain, index, series }: DomainSeries): string | undefined {
  const values = soundReadings(series.readings, index).map(({ value }) => value)
  const [kept] = values
  if (values.length < FEW || kept === undefined || values.some((value) => value !== kept)) return undefined
  const truth = series.truth[index] ?? []
  const watts = truth.slice(1).map(({ time, joules }, at) => {
    const before = truth[at] as TruePoint
    return (joules - before.joules) / (time - before.time)
  })
  const least = Math.min(...watts)
  const most = Math.max(...watts)
  if (!(most - least > 2 * toleranceOf(domain, series) * most)) return undefined
  return `its ${values.length} readings are all ${round(kept)} W, while its true power was between ${round(least)} and ${round(most)} W: is it a value that was kept?`
}

function toleranceOf({ standardUncertainty }: Domain, { trial }: Series): number {
  return trial.world.tolerance ?? Math.max(TOLERANCE, 2 * (standardUncertainty?.relative ?? 0))
}

/** How far what is read lies from what is true, if that is too far. */
function energyError({
  domain,
  index,
  series,
}: DomainSeries): { line: string; mistake?: string } | undefined {
  const truth = series.truth[index] ?? []
  if (truth.length === 0) return undefined
  const { reads, updatePeriod = 0 } = domain
  const sum = compare(meantStretches(domain, soundReadings(series.readings, index)), truth)
  const span = (truth.at(-1)?.time ?? 0) - (truth[0]?.time ?? 0) - (domain.lateBy ?? 0)
  if (sum.seconds < span * LEAST_TOLD) {
    return { line: `its readings tell of ${round(sum.seconds)} s, though it was read for ${round(span)} s` }
  }
  const tolerance = toleranceOf(domain, series)
  const counts = reads.quantity === 'energy' ? 2 * reads.joulesPerCount : 0
  const lag = (sum.true / sum.seconds) * updatePeriod
  if (Math.abs(sum.meant - sum.true) <= tolerance * sum.true + counts + lag + 1e-9) return undefined
  const ratio = sum.meant / sum.true
  const times = Number.isFinite(ratio) ? `, ${Number(ratio.toPrecision(3))} times as much` : ''
  const line = `its readings mean ${round(sum.meant)} J where ${round(sum.true)} J were true${times}`
  const mistake = unitMistake(ratio, reads.quantity)
  return mistake === undefined
    ? { line: `${line} (allowed: ${round(tolerance * 100)} %)` }
    : { line, mistake }
}

function findImplausible({ domain, index, series }: DomainSeries): string | undefined {
  const { maxWatts, updatePeriod = 0, reads } = domain
  if (maxWatts === undefined) return undefined
  const sound = soundReadings(series.readings, index)
  const powers =
    reads.quantity === 'power'
      ? sound.map(({ value }) => value)
      : meantStretches(domain, sound).map(({ from, to, joules }) => joules / (to - from + updatePeriod))
  const most = Math.max(...powers)
  if (!(most > maxWatts * (1 + 1e-9))) return undefined
  return `reads ${round(most)} W, above its own maxWatts of ${maxWatts}, and is not believed: it is a bound of plausibility, not a rating`
}

function round(value: number): string {
  return String(Number(value.toPrecision(6)))
}
