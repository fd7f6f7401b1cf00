import type { StandardUncertainty } from '@ergometer/meter'

/** Energy of one domain and what is known of its error. */
export interface UncertainEnergy {
  /** `<meter>:<domain id>`. */
  readonly domain: string
  readonly meter: string
  readonly joules: number
  /** Of its instrument; absent: unknown. */
  readonly uncertainty: StandardUncertainty | undefined
  /** Other errors by source, such as where an edge lies: what one sigma of each does to the energy, in joules. */
  readonly others?: ReadonlyMap<string, number> | undefined
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
 * A quantity and what is known of its error, as a sum over independent sources, all in the quantity's unit. Energies by the
 * same instruments have sources in common, which is why the difference of two is known better than either.
 */
export interface KnownError {
  readonly value: number
  /** By source: what one sigma of it does to the value, with its sign. */
  readonly sources: ReadonlyMap<string, number>
  /** By instrument: the part of the value of which nobody says how wrong it may be. */
  readonly unstated: ReadonlyMap<string, number>
}

/**
 * The error of a sum of energies, by the GUM (JCGM 100:2008, 5.2.2). The gain of an instrument is one source: errors that
 * domains share (`shared: 'meter'`) add up linearly, those of different instruments in quadrature.
 */
export function energyError(parts: readonly UncertainEnergy[]): KnownError {
  const sources = new Map<string, number>()
  const unstated = new Map<string, number>()
  let total = 0
  for (const { domain, meter, joules, uncertainty, others = [] } of parts) {
    total += joules
    if (uncertainty) {
      add(
        sources,
        `gain of ${uncertainty.shared === 'meter' ? meter : domain}`,
        uncertainty.relative * joules,
      )
    } else if (joules > 0) add(unstated, domain, joules)
    for (const [source, one] of others) add(sources, source, one)
  }
  return { value: total, sources, unstated }
}

/** Combined standard uncertainty of a sum; of the parts that state their own where some do not. */
export function sumUncertainty(parts: readonly UncertainEnergy[]): SumUncertainty {
  const stated = energyError(parts.filter(({ uncertainty }) => uncertainty))
  const joules = Math.hypot(...stated.sources.values())
  // A journal of unknown origin may tell of more than a number can hold.
  if (!(stated.value > 0) || !Number.isFinite(joules)) return {}
  const total = parts.reduce((sum, part) => sum + part.joules, 0)
  return stated.value === total
    ? { standardUncertaintyJoules: joules }
    : { knownUncertaintyJoules: joules, knownShare: stated.value / total }
}

/** Standard uncertainty of a value, in its unit; undefined where an instrument does not state its own. */
export function standardUncertainty({ sources, unstated }: KnownError): number | undefined {
  const sigma = Math.hypot(...sources.values())
  return unstated.size === 0 && Number.isFinite(sigma) ? sigma : undefined
}

/**
 * Standard uncertainty of `one - other`, in their unit: what both have of one source cancels. Undefined where an instrument
 * that does not state its own has shown more in one than in the other.
 */
export function differenceUncertainty(one: KnownError, other: KnownError): number | undefined {
  return combined(one, other, 1)
}

/**
 * Standard uncertainty of `one / other`, as a number: of two energies by one instrument its gain cancels altogether.
 * Undefined where `other` is 0, and where an instrument that does not state its own has a larger share of one than of the other.
 */
export function ratioUncertainty(one: KnownError, other: KnownError): number | undefined {
  if (!(other.value > 0)) return undefined
  const ratio = one.value / other.value
  const sigma = combined(one, other, ratio)
  return sigma === undefined ? undefined : sigma / other.value
}

/** Standard uncertainty of `one - weight * other`. */
function combined(one: KnownError, other: KnownError, weight: number): number | undefined {
  const left = (of: 'sources' | 'unstated') =>
    [...new Set([...one[of].keys(), ...other[of].keys()])].map(
      (key) => (one[of].get(key) ?? 0) - weight * (other[of].get(key) ?? 0),
    )
  const rounding = 1e-9 * Math.max(one.value, weight * other.value)
  if (left('unstated').some((part) => Math.abs(part) > rounding)) return undefined
  const sigma = Math.hypot(...left('sources'))
  return Number.isFinite(sigma) ? sigma : undefined
}

function add(sums: Map<string, number>, key: string, joules: number): void {
  sums.set(key, (sums.get(key) ?? 0) + joules)
}
