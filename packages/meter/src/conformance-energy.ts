import type { Domain, Reads } from './domain.ts'

/** A reading that is known to be a number, with when it was true: seconds. */
export interface SoundReading {
  readonly value: number
  readonly time: number
  readonly from?: number | undefined
  /** The meter said that its counter may have begun anew since the reading before. */
  readonly anew?: boolean
}

/** Joules that readings say to have flowed between two instants. */
export interface MeantStretch {
  readonly from: number
  readonly to: number
  readonly joules: number
}

/** What is true at one instant. */
export interface TruePoint {
  readonly time: number
  readonly joules: number
}

/**
 * The energy that readings of one domain mean by what the domain `reads`. A counter that falls without having wrapped
 * leaves a hole. `readings`: in the order of their times.
 */
export function meantStretches(domain: Domain, readings: readonly SoundReading[]): MeantStretch[] {
  const { reads } = domain
  if (reads.quantity === 'interval-energy') {
    return readings.map(({ from, time, value }) => ({ from: from ?? time, to: time, joules: value }))
  }
  return readings.slice(1).flatMap((next, index) => {
    const before = readings[index] as SoundReading
    const joules =
      reads.quantity === 'energy'
        ? counterJoules(domain, reads, before, next)
        : ((before.value + next.value) / 2) * (next.time - before.time)
    if (joules === undefined || next.anew || next.time <= before.time) return []
    // A mean was true in the middle of what it is the mean of.
    const back = reads.quantity === 'power' ? (reads.averagedOver ?? 0) / 2 : 0
    return [{ from: before.time - back, to: next.time - back, joules }]
  })
}

function counterJoules(
  { maxWatts = Number.POSITIVE_INFINITY, updatePeriod = 0 }: Domain,
  { joulesPerCount, wrapsAt }: Extract<Reads, { quantity: 'energy' }>,
  before: SoundReading,
  next: SoundReading,
): number | undefined {
  const counts = next.value - before.value
  if (counts >= 0) return counts * joulesPerCount
  if (wrapsAt === undefined) return undefined
  const joules = (counts + wrapsAt) * joulesPerCount
  const most = maxWatts * (next.time - before.time + updatePeriod) + joulesPerCount
  return joules >= 0 && joules <= most ? joules : undefined
}

/** Sum of stretches, and of what was true in them; stretches beyond the known truth are left out. */
export function compare(
  stretches: readonly MeantStretch[],
  truth: readonly TruePoint[],
): { meant: number; true: number; seconds: number } {
  const sum = { meant: 0, true: 0, seconds: 0 }
  for (const { from, to, joules } of stretches) {
    const begin = trueJoules(truth, from)
    const end = trueJoules(truth, to)
    if (begin === undefined || end === undefined) continue
    sum.meant += joules
    sum.true += end - begin
    sum.seconds += to - from
  }
  return sum
}

/** True joules at an instant, evenly between two points; undefined outside of them. */
function trueJoules(truth: readonly TruePoint[], time: number): number | undefined {
  const slack = 1e-6
  const next = truth.findIndex((point) => point.time >= time - slack)
  const after = truth[next]
  if (after === undefined) return undefined
  const before = truth[next - 1]
  if (before === undefined) return after.time <= time + slack ? after.joules : undefined
  const share = Math.min(1, Math.max(0, (time - before.time) / (after.time - before.time)))
  return before.joules + share * (after.joules - before.joules)
}

/** Mistakes by a factor: what is read is so many times what is true. */
const MISTAKES: readonly (readonly [factor: number, energy: string, power?: string])[] = [
  [1e3, 'millijoules passed as joules', 'milliwatts passed as watts'],
  [1e6, 'microjoules passed as joules', 'microwatts passed as watts'],
  [1e9, 'nanojoules passed as joules', 'nanowatts passed as watts'],
  [1e-3, 'kilojoules passed as joules', 'kilowatts passed as watts'],
  [1 / 3600, 'watt-hours passed as joules', 'watt-hours of a second passed as watts'],
  [1 / 3.6e6, 'kilowatt-hours passed as joules'],
  [1 / 3.6, 'milliwatt-hours passed as joules'],
  [1 / 60, 'watt-minutes passed as joules'],
  [3600, 'joules multiplied as if they were watt-hours'],
  [10, 'tenths of a joule passed as joules', 'tenths of a watt passed as watts'],
  [100, 'hundredths of a joule passed as joules', 'hundredths of a watt passed as watts'],
]
/** How near to a factor a ratio must be, as a share of it, for the mistake to be named. */
const NEAR = 0.2

/** The mistake of unit that makes a reading so many times the truth; undefined if none is known. */
export function unitMistake(ratio: number, quantity: Reads['quantity']): string | undefined {
  const found = MISTAKES.find(([factor]) => Math.abs(ratio / factor - 1) < NEAR)
  return quantity === 'power' ? found?.[2] : found?.[1]
}
