import type { StandardUncertainty } from '@ergometer/meter'

/** Energy of one domain and what is known of its error. */
export interface UncertainEnergy {
  readonly domain: string
  readonly meter: string
  readonly joules: number
  readonly uncertainty: StandardUncertainty | undefined
}

/** Standard uncertainty of a sum of energies; absent where nothing is known. */
export interface SumUncertainty {
  /** Of the whole sum, when every part states its own. */
  readonly standardUncertaintyJoules?: number
  /** Of the parts that state theirs, when some do not. */
  readonly knownUncertaintyJoules?: number
  /** Share of the energy whose uncertainty is known. */
  readonly knownShare?: number
}

/**
 * Combined standard uncertainty by the GUM (JCGM 100:2008, 5.2): errors that domains share add up linearly,
 * those of different groups in quadrature.
 */
export function sumUncertainty(parts: readonly UncertainEnergy[]): SumUncertainty {
  const groups = new Map<string, number>()
  let total = 0
  let known = 0
  for (const { domain, meter, joules, uncertainty } of parts) {
    total += joules
    if (!uncertainty) continue
    known += joules
    const group = uncertainty.shared === 'meter' ? `meter ${meter}` : `domain ${domain}`
    groups.set(group, (groups.get(group) ?? 0) + uncertainty.relative * joules)
  }
  if (known === 0) return {}
  const joules = Math.hypot(...groups.values())
  return known === total
    ? { standardUncertaintyJoules: joules }
    : { knownUncertaintyJoules: joules, knownShare: known / total }
}
