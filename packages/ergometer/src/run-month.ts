import {
  analyse,
  type Factors,
  type Interval,
  type Journal,
  owedDomains,
  type Report,
  WallTime,
} from '@ergometer/core'
import type { Month } from './month.ts'
import { accountOfRun, type RunAccount } from './run-account.ts'

/** Why a run stands beside no report. */
const MARGINAL =
  'its grams are by marginal intensity, which no provider reports: ergometer report --zone computes others'

/** A run, read. */
export interface ReadRun {
  readonly journal: Journal
  readonly running: boolean
  readonly factors: Factors
}

/** What a run took in a month, as far as it is its own. */
export interface RunMonth {
  readonly run: Report['run']
  /** True while it goes on, or late meters owe it readings of that month. */
  readonly provisional: boolean
  /** Whose it is; a text: why nobody's. */
  readonly account: RunAccount | string
  readonly joules?: number
  readonly operationalGrams?: number
  readonly embodiedGrams?: number
  /** Share of the time whose energy is known, 0 to 1. */
  readonly coverage: number
  readonly basis: 'lifecycle' | 'direct'
  /** Seconds in the month that were left out, as another run tells of the same energy. */
  readonly overlapSeconds: number
}

/**
 * What runs took in a month. A run that goes on over the month's end is cut there, in wall time and in UTC; energy that two runs tell of, as they
 * were made side by side on one machine, counts once: the later of them from the earlier's end on.
 */
export function runsInMonth(runs: readonly ReadRun[], month: Month): RunMonth[] {
  const within = runs
    .map((one) => ({ one, part: partWithin(one.journal, month) }))
    .filter(({ part }) => part.to > part.from)
    .map(({ one, part }) => ({ one, part, wall: WallTime.of(one.journal), report: reportOf(one, part) }))
    .sort((a, b) => a.wall.milliseconds(a.part.from) - b.wall.milliseconds(b.part.from))
  const taken = new Map<string, number>()
  return within.map(({ one, part, wall, report }) => {
    const keys = keysOf(report, one.journal)
    const free = Math.max(...keys.map((key) => taken.get(key) ?? Number.NEGATIVE_INFINITY))
    const from = Math.min(part.to, Math.max(part.from, wall.seconds(free)))
    const end = wall.milliseconds(part.to)
    for (const key of keys) taken.set(key, Math.max(taken.get(key) ?? end, end))
    const own = from > part.from ? reportOf(one, { from, to: part.to }) : report
    const provisional = one.running || owedDomains(one.journal, part.to).length > 0
    return { ...figuresOf(report, own, one.journal, from - part.from), provisional }
  })
}

/** The part of a run that lies in a month, in seconds of the run. */
function partWithin(journal: Journal, { from, to }: Month): Interval {
  const wall = WallTime.of(journal)
  const second = (milliseconds: number) => Math.min(journal.until, Math.max(0, wall.seconds(milliseconds)))
  return { from: second(from), to: second(to) }
}

function reportOf({ journal, running, factors }: ReadRun, interval: Interval): Report {
  return analyse(journal, factors, { interval, running })
}

function figuresOf(
  whole: Report,
  own: Report,
  journal: Journal,
  overlapSeconds: number,
): Omit<RunMonth, 'provisional'> {
  const { energy, carbon } = own
  const none = overlapSeconds > 0 && own.run.seconds <= 0
  return {
    run: whole.run,
    account: carbon.intensity.kind === 'average' ? accountOfRun(journal, countedIn(whole)) : MARGINAL,
    ...(energy.joules === undefined || none ? {} : { joules: energy.joules }),
    ...(carbon.operationalGrams === undefined || none ? {} : { operationalGrams: carbon.operationalGrams }),
    ...(carbon.embodiedGrams === undefined || none ? {} : { embodiedGrams: carbon.embodiedGrams }),
    coverage: energy.coverage,
    basis: carbon.intensity.basis,
    overlapSeconds,
  }
}

function countedIn({ energy }: Report): string[] {
  return energy.domains.flatMap(({ id, counted, joules }) => (counted && joules !== undefined ? [id] : []))
}

/** What the energy of a run is of: a cloud's domain is the same wherever it is read, another's is that of its machine. */
function keysOf(report: Report, { start, domains }: Journal): string[] {
  const machine = start?.bootId ?? String(report.provenance.host ?? '')
  return countedIn(report).map((id) => {
    const { attributes = {} } = domains.find(({ line }) => line.id === id)?.line.domain ?? {}
    const cloud = attributes['cloud.provider']
    return cloud === undefined
      ? JSON.stringify([machine, id])
      : JSON.stringify([cloud, attributes['cloud.region'], id])
  })
}
