import { type Boundary, chooseBoundary } from './boundary.ts'
import type { RecordedDomain } from './recorded-domain.ts'
import type { Recording } from './recording.ts'

/** Which domains of a recording count as things stand. */
export interface CountedNow {
  readonly boundary: Boundary
  readonly counted: readonly RecordedDomain[]
  /** Of each domain of the recording: share of the run so far whose energy is known. */
  readonly shares: readonly number[]
}

/** Chooses the boundary of a recording by what is known so far: late data may change it. */
export function countedNow({ settled, domains }: Recording): CountedNow {
  const shares = domains.map((one) => (settled > 0 ? Math.min(1, one.ledger.seconds / settled) : 0))
  const boundary = chooseBoundary(
    domains.map(({ id, meter, domain }, index) => ({ id, meter, domain, coverage: shares[index] ?? 0 })),
  )
  return { boundary, counted: domains.filter((one) => boundary.counted.has(one.id)), shares }
}
