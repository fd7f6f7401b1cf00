import { type Boundary, chooseBoundary } from './boundary.ts'
import { clampShare } from './coverage.ts'
import { DomainErrors, stepSeconds } from './domain-errors.ts'
import type { Journal } from './journal.ts'
import type { DomainLine, LateLine } from './journal-line.ts'
import { KnownEnergy } from './known-energy.ts'
import { sampledVariance } from './sampled-variance.ts'

/** Times in a journal are microseconds: what is known for no longer is a rounding error. */
export const RESOLUTION = 1e-6

/** A domain of a journal, and what is known of it in an interval. */
export interface MeasuredDomain {
  /** Place among the journal's domains. */
  readonly index: number
  readonly id: string
  readonly line: DomainLine
  readonly late: readonly LateLine[]
  readonly known: KnownEnergy
  readonly errors: DomainErrors
  /** Covered seconds of the interval. */
  readonly seconds: number
  /** Known joules of the interval. */
  readonly joules: number
}

/** The domains of a journal between two times, and which of them count: one boundary for the whole run, whatever part is asked for. */
export function measureDomains(
  journal: Journal,
  from: number,
  to: number,
): { domains: MeasuredDomain[]; boundary: Boundary } {
  const until = Math.max(to, journal.until)
  const domains = journal.domains.map(({ line, rows, late, sampled }, index) => {
    const known = new KnownEnergy(journal.times, rows, late, until)
    const seconds = known.seconds(from, to)
    const step = stepSeconds(line.domain, line.interval)
    const errors = new DomainErrors(line.id, known, step, sampledVariance(sampled, until), until)
    return { index, id: line.id, line, late, known, errors, seconds, joules: known.joules(from, to) }
  })
  const boundary = chooseBoundary(
    domains.map(({ id, line, known }) => ({
      id,
      meter: line.meter,
      domain: line.domain,
      coverage: journal.until > 0 ? clampShare(known.seconds(0, journal.until) / journal.until) : 0,
    })),
    gpusOf(journal),
  )
  return { domains, boundary }
}

function gpusOf(journal: Journal): string[] {
  const gpus = journal.provenance['gpus']
  return Array.isArray(gpus) ? gpus.filter((label) => typeof label === 'string') : []
}
