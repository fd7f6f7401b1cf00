import type { HealthEntry } from './health.ts'
import { type Interval, union } from './intervals.ts'
import type { Journal } from './journal.ts'
import type { MeasuredDomain } from './measured-domains.ts'
import { type OwedDomain, reachedBy } from './owed.ts'

/** What is missing for no longer, in seconds, is an edge that was met to the millisecond. */
const NOTICED = 5e-3

/**
 * What a report says of meters that report late: what is still to come, and what is missing for good. `final`: the run is over, and
 * what none owes does not come any more.
 */
export function lateHealth(
  journal: Journal,
  domains: readonly MeasuredDomain[],
  owed: readonly OwedDomain[],
  { from, to, final }: Interval & { readonly final: boolean },
): HealthEntry[] {
  if (!final) return owedHealth(journal, owed)
  const owing = new Set(owed.map(({ index }) => index))
  return [
    ...owedHealth(journal, owed),
    ...silentHealth(journal, owed),
    ...domains
      .filter(({ line, index }) => line.domain.lateBy !== undefined && !owing.has(index))
      .flatMap((one) => missingHealth(one, { from, to })),
  ]
}

/** One entry a meter, however many domains it has. */
function owedHealth({ start }: Journal, owed: readonly OwedDomain[]): HealthEntry[] {
  return [...new Set(owed.map(({ meter }) => meter))].map((meter) => {
    const ofIt = owed.filter((one) => one.meter === meter)
    const until = new Date(Math.max(...ofIt.map((one) => one.until)))
    const what = ofIt.length === 1 ? ofIt[0]?.id : `${ofIt.length} domains`
    const when = Number.isNaN(until.getTime()) ? '' : `, until ${until.toISOString().slice(0, 16)}Z`
    return {
      severity: 'warning',
      code: 'late-data-owed',
      message: `readings of ${what} are still to come: 'ergometer settle ${start?.runId ?? 'RUN'}' asks again after the run${when}`,
      meter,
      from: Math.min(...ofIt.map(({ reached }) => reached)),
    }
  })
}

/** Meters that could not be opened in the run and have been given up since, without a domain. */
function silentHealth({ awaited }: Journal, owed: readonly OwedDomain[]): HealthEntry[] {
  const owing = new Set(owed.map(({ id }) => id))
  const silent = awaited.filter(({ meter }) => !owing.has(meter))
  return [...new Set(silent.map(({ meter }) => meter))].map((meter) => ({
    severity: 'warning',
    code: 'late-data-missing',
    message: `${meter}: nothing was told of the run`,
    meter,
  }))
}

/** Gaps of a domain that reports late between two times, but for the time that it has not come to yet. */
export function lateGaps({ known, late }: MeasuredDomain, { from, to }: Interval): number {
  const reached = Math.min(to, reachedBy(late))
  return union(known.missing).filter((gap) => gap.to > from && reached - gap.from > NOTICED).length
}

function missingHealth({ id, line, known }: MeasuredDomain, { from, to }: Interval): HealthEntry[] {
  const missing = to - from - known.seconds(from, to)
  if (missing <= NOTICED) return []
  const gaps = known.missing.filter((gap) => gap.to > from && gap.from < to)
  return [
    {
      severity: 'warning',
      code: 'late-data-missing',
      message: `${id}: nothing was told of ${seconds(missing)} s of the run: that time is a gap`,
      meter: line.meter,
      domain: id,
      from: Math.max(from, gaps[0]?.from ?? from),
      to: Math.min(to, gaps.at(-1)?.to ?? to),
    },
  ]
}

function seconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0)
}
