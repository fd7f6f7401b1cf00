import type { IntensityCurve, IntensityKind } from '@ergometer/carbon'
import type { DomainKind, Method } from '@ergometer/meter'
import type { Boundary } from './boundary.ts'
import type { BudgetUse } from './budget.ts'
import { countedNow } from './counted-now.ts'
import { dataAge } from './data-age.ts'
import { type Factors, gramsOf } from './factors.ts'
import type { HardwareLayer } from './hardware-layers.ts'
import type { HealthEntry } from './health.ts'
import type { RecordedDomain } from './recorded-domain.ts'
import type { Recording } from './recording.ts'
import type { Work } from './work-ledger.ts'

/** A domain of a running run. */
export interface LiveDomain {
  readonly id: string
  readonly joules?: number
  /** Mean of the last whole second. */
  readonly watts?: number
  readonly kind: DomainKind
  readonly label: string
  readonly method: Method
  /** Of the run so far, 0 to 1. */
  readonly coverage: number
  /** The thing itself: `gpu:<UUID>`. */
  readonly identity?: string
  /** Id of the domain that contains it. */
  readonly within?: string
  /** Of a domain that reports late: seconds of the run, up to now, of which it has told nothing yet. */
  readonly ageSeconds?: number
  /** How it goes out as hardware; absent: not at all, since another one stands for it, or it is not decided yet. */
  readonly layer?: HardwareLayer
}

/** The intensity that live grams go by. */
export interface LiveIntensity {
  readonly kind: IntensityKind
  readonly zone?: string
  /** Of now; absent while it is not known. */
  readonly gramsPerKilowattHour?: number
}

/** An intensity that changes, as it is at an instant. */
export interface ChangingIntensity {
  /** Undefined while it is not known. */
  readonly gramsPerKilowattHour: number | undefined
  readonly curve: IntensityCurve
}

/** Totals of a running run: `live.json`. Absent means unknown. */
export interface LiveTotals {
  readonly v: 1
  /** Monotonic seconds of the host. */
  readonly t: number
  /** Seconds of the run. */
  readonly seconds: number
  readonly joules?: number
  /** Mean of the last whole second. */
  readonly watts?: number
  readonly gramsCo2e?: number
  /** Of the run so far, 0 to 1. */
  readonly coverage: number
  /** How much of the run's budget is spent; absent where there is none. */
  readonly budget?: BudgetUse
  /** Largest age of the data of a domain that counts and reports late; absent where none does. */
  readonly ageSeconds?: number
  readonly domains: readonly LiveDomain[]
  /** The total by how it is known; the parts never fall either. */
  readonly byMethod?: Readonly<Partial<Record<Method, number>>>
  readonly intensity?: LiveIntensity
  readonly work?: Readonly<Work>
  /** The last score of each name. */
  readonly scores?: Readonly<Record<string, number>>
  /** How often each meter could not be opened or read. */
  readonly meters?: readonly { readonly name: string; readonly failures: number }[]
  readonly health: readonly HealthEntry[]
}

/**
 * Reads the totals off a recording. `seconds`: of the run; `monotonic`: of the host. `floor`: the last total, which never falls.
 * `grams` of the total: by default at the intensity of all times.
 */
export function liveTotals(
  recording: Recording,
  factors: Factors,
  seconds: number,
  monotonic: number,
  floor = 0,
  grams: (joules: number, level: Boundary['level']) => number | undefined = (joules, level) =>
    gramsOf(joules, factors, level),
): LiveTotals {
  const { boundary, counted, shares } = countedNow(recording)
  const coverage =
    counted.length === 0 ? 0 : Math.min(...counted.map((one) => shares[recording.domains.indexOf(one)] ?? 0))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const joules = counted.some((one) => one.ledger.seconds > 0)
    ? Math.max(floor, sum(counted.map((one) => one.ledger.joules)))
    : undefined
  const gramsCo2e = joules === undefined ? undefined : grams(joules, boundary.level)
  const watts = counted.map((one) => one.watts)
  const ages = counted.filter((one) => one.isLate).map((one) => dataAge(one, seconds))
  return {
    v: 1,
    t: monotonic,
    seconds,
    ...(joules === undefined ? {} : { joules }),
    ...(gramsCo2e === undefined ? {} : { gramsCo2e }),
    ...(watts.length > 0 && watts.every((value) => value !== undefined) ? { watts: sum(watts) } : {}),
    coverage,
    ...(ages.length > 0 ? { ageSeconds: Math.max(...ages) } : {}),
    domains: recording.domains.map((one, index) => ({
      id: one.id,
      ...(one.ledger.seconds > 0 ? { joules: one.ledger.joules } : {}),
      ...(one.watts === undefined ? {} : { watts: one.watts }),
      kind: one.domain.kind,
      label: one.domain.label,
      method: one.domain.method,
      coverage: shares[index] ?? 0,
      ...(one.domain.identity === undefined ? {} : { identity: one.domain.identity }),
      ...(one.domain.within === undefined ? {} : { within: `${one.meter}:${one.domain.within}` }),
      ...(one.isLate ? { ageSeconds: dataAge(one, seconds) } : {}),
    })),
    ...(joules === undefined ? {} : { byMethod: joulesByMethod(counted) }),
    health: recording.health.entries,
  }
}

/** What is told of the intensity at an instant: of one that changes, or of the factors' own. */
export function liveIntensity({ intensity }: Factors, changing?: ChangingIntensity): LiveIntensity {
  const { kind } = changing ? changing.curve : intensity
  const zone = changing ? changing.curve.standIn?.zone : intensity.zone
  const grams = changing ? changing.gramsPerKilowattHour : intensity.gramsPerKilowattHour
  return {
    kind,
    ...(zone === undefined ? {} : { zone }),
    ...(grams === undefined ? {} : { gramsPerKilowattHour: grams }),
  }
}

function joulesByMethod(counted: readonly RecordedDomain[]): Partial<Record<Method, number>> {
  const sums: Partial<Record<Method, number>> = {}
  for (const { domain, ledger } of counted) {
    if (ledger.seconds > 0) sums[domain.method] = (sums[domain.method] ?? 0) + ledger.joules
  }
  return sums
}
