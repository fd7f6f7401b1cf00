import { type Equivalent, equivalentsOf, type WhatIf, whatIf } from '@ergometer/carbon'
import type { Report } from './report.ts'

type Known = Pick<Report, 'energy' | 'carbon'>

/** What the energy of a run would emit in other zones. Throws `ZONE_UNKNOWN` (a CarbonError) for a zone without a figure. */
export function reportElsewhere(report: Known, zones: readonly string[]): WhatIf[] {
  return whatIf({ joules: buildingJoules(report), intensity: report.carbon.intensity }, zones)
}

/** What a run's energy and emissions are as much as. */
export function reportEquivalents(report: Known): Equivalent[] {
  return equivalentsOf({ joules: buildingJoules(report), gramsCo2e: report.carbon.gramsCo2e })
}

/** With the building's share, where its PUE is known, and the overhead. */
function buildingJoules({ energy, carbon }: Known): number | undefined {
  const { facility, joules } = energy
  return facility?.joules ?? (joules === undefined ? undefined : joules * (carbon.factors?.overhead ?? 1))
}
