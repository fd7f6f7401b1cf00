import type { CpuTime } from './cpu-account.ts'
import type { CpuAttribution } from './report.ts'

/** Energy of the CPU packages over an interval, and what is known of its error. */
export interface PackageEnergy {
  readonly joules: number
  /** One sigma; absent where a package does not state its own. */
  readonly standardUncertaintyJoules?: number | undefined
  /** What the packages would have taken at rest, by a baseline, unclamped. */
  readonly idle?: { readonly joules: number; readonly standardUncertaintyJoules?: number | undefined }
}

/**
 * The run's share of the packages' energy E by CPU time: `E * c / C`, and net of idle `(E - idle) * c / C`. The nets of
 * all processes and idle add up to E: idle is clamped to E once for the whole interval. Undefined when no CPU was at work.
 */
export function attributeCpu(energy: PackageEnergy, time: CpuTime): CpuAttribution | undefined {
  // Counted in ticks: what all processes took cannot be less than what some of them did.
  const busySeconds = Math.max(time.busy, time.own)
  if (!(busySeconds > 0)) return undefined
  const share = time.own / busySeconds
  const { joules, standardUncertaintyJoules, idle } = energy
  return {
    method: `cpu-time/${time.method}`,
    shareJoules: joules * share,
    ...(standardUncertaintyJoules === undefined
      ? {}
      : { shareStandardUncertaintyJoules: standardUncertaintyJoules * share }),
    cpuSeconds: time.own,
    busySeconds,
    ...(idle ? netOf(energy, idle, share) : {}),
  }
}

function netOf(
  { joules, standardUncertaintyJoules }: PackageEnergy,
  idle: NonNullable<PackageEnergy['idle']>,
  share: number,
): Partial<CpuAttribution> {
  const idleJoules = Math.min(joules, Math.max(0, idle.joules))
  const uncertainty = share * Math.hypot(standardUncertaintyJoules ?? 0, idle.standardUncertaintyJoules ?? 0)
  const known = standardUncertaintyJoules !== undefined && idle.standardUncertaintyJoules !== undefined
  const none = standardUncertaintyJoules === undefined && idle.standardUncertaintyJoules === undefined
  return {
    idleJoules,
    ...(joules > 0 ? { idleShare: idleJoules / joules } : {}),
    ...(idle.standardUncertaintyJoules === undefined
      ? {}
      : { idleStandardUncertaintyJoules: idle.standardUncertaintyJoules }),
    netJoules: (joules - idleJoules) * share,
    ...(joules > 0 ? { netShare: ((joules - idleJoules) / joules) * share } : {}),
    ...(none
      ? {}
      : known
        ? { netStandardUncertaintyJoules: uncertainty }
        : { netKnownUncertaintyJoules: uncertainty }),
  }
}
