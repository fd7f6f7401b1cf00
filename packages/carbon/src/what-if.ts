import { bundledIntensity } from './bundled-intensity.ts'
import type { Intensity } from './intensity.ts'
import { parseZone } from './zone.ts'

const JOULES_PER_KILOWATT_HOUR = 3.6e6

/** The energy of a run in another zone, at that zone's yearly figure. */
export interface WhatIf extends Intensity {
  zone: string
  /** Of the same energy, PUE included; absent when the energy is unknown. */
  gramsCo2e?: number
  /** Of the intensity against the run's: -0.8 is 80 % less. Only of the same kind and basis, and where the run's is above 0. */
  change?: number
  /** Why there is no `change`. */
  notComparable?: string
}

/** What is known of a run: its energy in joules, PUE included, and the intensity of what it took, in g/kWh. */
export interface WhatIfRun {
  readonly joules?: number | undefined
  readonly intensity: Pick<Intensity, 'kind' | 'basis'> & { gramsPerKilowattHour?: number | undefined }
}

/**
 * The same energy in other zones, by their bundled yearly figures, in the order given. Each bears its own kind and basis,
 * and is held against the run's figure only where both are the same: a lifecycle and a direct figure tell nothing together.
 * Throws `ZONE_UNKNOWN` (a CarbonError) for a zone without a figure.
 */
export function whatIf({ joules, intensity: here }: WhatIfRun, zones: readonly string[]): WhatIf[] {
  return [...new Set(zones.map(parseZone))].map((zone) => {
    const intensity = bundledIntensity(zone) as Intensity
    return {
      ...intensity,
      zone,
      ...(joules === undefined
        ? {}
        : { gramsCo2e: (joules / JOULES_PER_KILOWATT_HOUR) * intensity.gramsPerKilowattHour }),
      ...comparison(intensity, here),
    }
  })
}

function comparison(
  there: Intensity,
  here: WhatIfRun['intensity'],
): Pick<WhatIf, 'change' | 'notComparable'> {
  if (there.kind !== here.kind || there.basis !== here.basis) {
    return { notComparable: `${there.kind}, ${there.basis}; the run's is ${here.kind}, ${here.basis}` }
  }
  const grams = here.gramsPerKilowattHour ?? 0
  if (grams <= 0) return { notComparable: "the run's intensity is 0, or not known" }
  return { change: there.gramsPerKilowattHour / grams - 1 }
}
