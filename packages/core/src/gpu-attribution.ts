import type { DomainLine, ShareLine } from './journal-line.ts'
import type { GpuAttribution } from './report.ts'

/** A domain whose energy is known between any two times. */
interface Shared {
  /** Place among the journal's domains. */
  readonly index: number
  readonly line: DomainLine
  readonly known: { joules(from: number, to: number): number }
}

/** The attribute of a domain that tells by what its meter shares it. */
const METHOD = 'share.method'

/**
 * What of these domains' energy was the run's, by the shares that their meters told: own, of others and idle add up to
 * the energy of the time that was told of. Undefined where nothing was told.
 */
export function attributeGpu(
  domains: readonly Shared[],
  shares: readonly ShareLine[],
  from: number,
  to: number,
): GpuAttribution | undefined {
  const sums = { shareJoules: 0, otherJoules: 0, idleJoules: 0 }
  const methods = new Set<string>()
  for (const { index, line, known } of domains) {
    for (const share of shares) {
      const begin = Math.max(from, share.from)
      const end = Math.min(to, share.t)
      if (share.domain !== index || end <= begin) continue
      const joules = known.joules(begin, end)
      sums.shareJoules += joules * share.own
      sums.otherJoules += joules * share.others
      sums.idleJoules += joules * share.idle
      methods.add(String(line.domain.attributes?.[METHOD] ?? line.meter))
    }
  }
  if (methods.size === 0) return undefined
  const all = sums.shareJoules + sums.otherJoules + sums.idleJoules
  const parts = all > 0 ? { idleShare: sums.idleJoules / all, netShare: sums.shareJoules / all } : {}
  return { method: [...methods].sort().join(' + '), ...sums, ...parts }
}
