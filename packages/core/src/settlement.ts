import type { Domain } from '@ergometer/meter'
import { cut, EnergyCurve, type Segment } from './energy-curve.ts'
import type { HealthEntry } from './health.ts'
import type { Journal, JournalDomain } from './journal.ts'
import { type JournalLine, toMillionth } from './journal-line.ts'
import { KnownEnergy, lastWritten } from './known-energy.ts'
import { owedDomains, reachedBy } from './owed.ts'
import { type PlacedReading, WallTime } from './wall-time.ts'

/** A late line is written to the millijoule: what differs by less, or by a millionth, is the same. */
const SAME_JOULES = 1.1e-3
const SAME_SHARE = 1e-6
/** Seconds by which the edges of one and the same interval may differ, rounded to microseconds. */
const SAME_SECONDS = 1e-5
/** A reading may be so many seconds ahead of the clock of the machine that reads it. */
const AHEAD = 1

/** What a domain that reports late has told of a run that is over. */
export interface ToldDomain {
  /** The meter's name, and the seconds between two of its reads. */
  readonly meter: string
  readonly interval: number
  readonly domain: Domain
  /** In the order in which they were recorded, in seconds of the run. */
  readonly readings: readonly PlacedReading[]
  /** Relative standard uncertainty that has turned out to be larger than declared. */
  readonly relative?: number | undefined
}

/**
 * What late meters tell of a run that is over, as lines of its journal: only what changes it, so that to ask twice changes
 * nothing. The journal takes them in. A domain that the run never had is added to it. `at`: wall time of the asking.
 */
export function settleJournal(
  journal: Journal,
  told: readonly ToldDomain[],
  said: readonly HealthEntry[],
  at: Date,
): JournalLine[] {
  const owedBefore = owedDomains(journal).length > 0
  const asked = journal.settled !== undefined
  const lines: JournalLine[] = []
  const write = (line: JournalLine): void => {
    lines.push(line)
    journal.add(line)
  }
  const now = WallTime.of(journal).seconds(at.getTime())
  const health = [...said]
  const heard = new Set(journal.domains.map(({ line }) => line.meter))
  for (const one of told) {
    const index = indexOf(journal, one, { now, heard }, write)
    const known = journal.domains[index]
    if (known) writeLate(journal, index, known, one, now, { write, say: (entry) => health.push(entry) })
  }
  writeHealth(journal, health, write)
  const owed = owedDomains(journal, journal.until, at.getTime()).length > 0
  if (lines.length > 0 || owed !== owedBefore || (owed && !asked)) {
    const reached = journal.domains.map(({ line, late }) =>
      line.domain.lateBy === undefined ? null : reachedBy(late) || null,
    )
    write({ kind: 'settled', wall: at.toISOString(), reached, owed })
  }
  return lines
}

/**
 * The number of a domain, which is added to the journal if it has something to tell, or may still have, or if its meter was never
 * heard before: what such a meter does not tell is then known to be missing.
 */
function indexOf(
  journal: Journal,
  one: ToldDomain,
  { now, heard }: { readonly now: number; readonly heard: ReadonlySet<string> },
  write: (line: JournalLine) => void,
): number {
  const { meter, interval, domain, readings } = one
  const id = `${meter}:${domain.id}`
  const index = journal.domains.findIndex(({ line }) => line.id === id)
  if (index >= 0) return index
  const { until } = journal
  const tells =
    readings.some(({ time }) => time > 0) && readings.some(({ time, from = time }) => from < until)
  if (!tells && heard.has(meter) && now >= until + 3 * (domain.lateBy ?? 0)) return -1
  write({ kind: 'domain', t: until, id, meter, interval, domain })
  return journal.domains.length - 1
}

interface Voice {
  readonly write: (line: JournalLine) => void
  readonly say: (entry: HealthEntry) => void
}

function writeLate(
  journal: Journal,
  index: number,
  { line, rows, late }: JournalDomain,
  { readings, relative, domain: now_ }: ToldDomain,
  now: number,
  { write, say }: Voice,
): void {
  const { id, meter, interval, domain } = line
  if (now_.reads.quantity !== domain.reads.quantity) {
    const message = `${id}: in the run it read ${domain.reads.quantity}, now ${now_.reads.quantity}: left out`
    say({ severity: 'error', code: 'domain-invalid', message, meter, domain: id })
    return
  }
  const { stretches, refused } = stretchesOf(domain, interval, readings, now)
  if (refused !== undefined) {
    const message = `${id}: reading left out: ${refused}`
    say({ severity: 'warning', code: 'implausible-reading', message, meter, domain: id })
  }
  const { until: end } = journal
  const within = new KnownEnergy(journal.times, rows, late, end)
  const own = stretches
    .filter(({ from, to }) => to > 0 && from < end)
    .filter((one) => !isBlurred(within, one, domain.updatePeriod, end))
    .map((one) => (one.from < 0 ? cut(one, 0, one.to) : one))
    .map(({ from, to, joules }) => ({ from: toMillionth(from), to: toMillionth(to), joules }))
    .filter(({ from, to }) => to > from)
  const until = own.reduce((latest, { to }) => Math.max(latest, to), end)
  const known = new KnownEnergy(journal.times, rows, late, until)
  // What is left over from rounding is carried on, so that the sum does not stray.
  let carried = 0
  for (const { from, to, joules } of own) {
    if (isKnown(known, { from, to, joules })) continue
    const exact = joules + carried
    const rounded = Math.max(0, Math.round(exact * 1e3) / 1e3)
    carried = exact - rounded
    write({ kind: 'late', domain: index, from, to, joules: rounded })
  }
  if (relative !== undefined && relative > (domain.standardUncertainty?.relative ?? 0)) {
    write({ kind: 'uncertainty', t: journal.until, domain: index, relative })
  }
}

/** Known stretches by what was read: disjoint, in order; of what was said of one instant the last counts. */
function stretchesOf(
  domain: Domain,
  interval: number,
  readings: readonly PlacedReading[],
  now: number,
): { stretches: Segment[]; refused: string | undefined } {
  const curve = new EnergyCurve(domain, interval)
  const isInterval = domain.reads.quantity === 'interval-energy'
  const ordered = isInterval ? readings : [...readings].sort((a, b) => a.time - b.time)
  const segments: Segment[] = []
  let refused: string | undefined
  for (const { value, time, from } of ordered) {
    if (time > now + AHEAD) {
      // Of an interval that is not over yet more will be told.
      if (!(from !== undefined && from <= now)) refused ??= `time ${(time - now).toFixed(1)} s in the future`
      continue
    }
    const step = curve.add(time, value, from)
    if (step.problem === 'implausible-reading') refused ??= step.why
    for (const segment of step.segments) segments.push(segment)
  }
  return { stretches: lastWritten(segments), refused }
}

/** True if a journal says the same already; of an interval that it knows in more detail, if it adds up to the same. */
function isKnown(known: KnownEnergy, { from, to, joules }: Segment): boolean {
  const difference = Math.abs(known.joules(from, to) - joules)
  return (
    to - from - known.seconds(from, to) <= SAME_SECONDS &&
    difference <= Math.max(SAME_JOULES, SAME_SHARE * joules)
  )
}

/**
 * True of a stretch that is coarser than what its domain tells otherwise, goes beyond the run and is known in it: a service that has
 * forgotten its minutes tells the mean of an hour, of which the run was a part unlike the rest.
 */
function isBlurred(
  known: KnownEnergy,
  { from, to }: Segment,
  period: number | undefined,
  end: number,
): boolean {
  if (period === undefined || to - from <= period + SAME_SECONDS || (from >= 0 && to <= end)) return false
  const [begin, until] = [Math.max(0, from), Math.min(to, end)]
  return until - begin - known.seconds(begin, until) <= SAME_SECONDS
}

/** What a run's health has said of a meter or domain is not said again. */
function writeHealth(
  journal: Journal,
  entries: readonly HealthEntry[],
  write: (line: JournalLine) => void,
): void {
  const keyOf = ({ code, meter, domain }: HealthEntry) => JSON.stringify([code, meter, domain])
  const said = new Set(journal.health.map(keyOf))
  for (const entry of entries) {
    if (said.has(keyOf(entry))) continue
    said.add(keyOf(entry))
    write({ kind: 'health', t: journal.until, ...entry })
  }
}
