import type { PackageEnergy } from './attribution.ts'
import { chooseBoundary } from './boundary.ts'
import type { BaselineLine, DomainLine } from './journal-line.ts'
import { sumUncertainty } from './uncertainty.ts'

/** One domain over an interval: what is known of its energy, and of how many seconds. */
export interface DomainEnergy {
  /** Place among the journal's domains. */
  readonly index: number
  readonly id: string
  readonly line: DomainLine
  readonly joules: number
  readonly seconds: number
}

/**
 * Energy of all CPU packages over an interval, each once, whether or not they make up the total (a platform's or a
 * plug's figure may), and what they would have taken at rest. Undefined where no CPU was metered.
 */
export function packageEnergy(
  domains: readonly DomainEnergy[],
  baseline: BaselineLine | undefined,
): PackageEnergy | undefined {
  const cpus = domains.filter(({ line, seconds }) => line.domain.kind === 'cpu' && seconds > 0)
  const { counted } = chooseBoundary(
    cpus.map(({ id, line }) => ({ id, meter: line.meter, domain: line.domain, coverage: 1 })),
  )
  const packages = cpus.filter(({ id }) => counted.has(id))
  if (packages.length === 0) return undefined
  const { standardUncertaintyJoules } = sumUncertainty(
    packages.map(({ id, line, joules }) => ({
      domain: id,
      meter: line.meter,
      joules,
      uncertainty: line.domain.standardUncertainty,
    })),
  )
  const idle = baseline && idleOf(packages, baseline)
  return {
    joules: packages.reduce((sum, { joules }) => sum + joules, 0),
    standardUncertaintyJoules,
    ...(idle ? { idle } : {}),
  }
}

/** Idle power times the time that is known; undefined unless it is known of every package. */
function idleOf(packages: readonly DomainEnergy[], baseline: BaselineLine): PackageEnergy['idle'] {
  let joules = 0
  const uncertainties: (number | undefined)[] = []
  for (const { index, seconds } of packages) {
    const watts = baseline.watts[index]
    if (typeof watts !== 'number') return undefined
    joules += watts * seconds
    const uncertainty = baseline.standardUncertaintyWatts[index]
    uncertainties.push(typeof uncertainty === 'number' ? uncertainty * seconds : undefined)
  }
  const known = uncertainties.filter((one) => one !== undefined)
  return {
    joules,
    ...(known.length === packages.length ? { standardUncertaintyJoules: Math.hypot(...known) } : {}),
  }
}
