import type { DomainKind, Method } from '@ergometer/meter'
import type { Series } from './series.ts'
import type { Unit } from './unit.ts'

/** The physical thing that a series tells of. Several series may tell of one. */
export interface Thing {
  /** Id of its domain, before what an id cannot hold is replaced. */
  readonly id: string
  readonly kind: DomainKind
  readonly label: string
  /** By default `measured`: a figure passed on as the sensor gave it. */
  readonly method?: Method
  readonly identity?: string
  readonly within?: string
  /** Series of different parts are added up; those of one part repeat each other. */
  readonly part?: string
  /** It supplies machines, and so can be said to feed this one. */
  readonly supply?: true
}

/** How the series of some metrics become domains. */
export interface SeriesRule {
  /** Names of the metrics; absent: any. */
  readonly metrics?: readonly string[]
  readonly unit: Unit
  /** What a series tells of; undefined: of nothing that is metered. */
  readonly describe: (series: Series) => Thing | undefined
  /** True for a value that stands for "not known". */
  readonly blank?: (value: number) => boolean
}

/** A series' label; undefined if it is not there or empty, which is the same to Prometheus. */
export function labelOf({ labels }: Series, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels.get(name)
    if (value) return value
  }
  return undefined
}

/** True for a value that a rule takes for a reading. */
export function isKnown({ blank }: SeriesRule, value: number): boolean {
  return Number.isFinite(value) && value >= 0 && !blank?.(value)
}
