import { CarbonError } from './carbon-error.ts'
import type { Intensity } from './intensity.ts'

/**
 * An intensity that the user states, in grams of CO2e per kilowatt-hour; 0 and up. It is taken to be a
 * lifecycle average. Throws `INTENSITY_INVALID` for anything but a finite number of at least 0.
 */
export function constantIntensity(gramsPerKilowattHour: number, zone?: string): Intensity {
  if (!Number.isFinite(gramsPerKilowattHour) || gramsPerKilowattHour < 0) {
    throw new CarbonError(
      'INTENSITY_INVALID',
      `Carbon intensity ${gramsPerKilowattHour} is not usable: expected grams of CO2e per kWh, a finite number of at least 0; give a figure such as 44.18, or leave it out to use the bundled one`,
    )
  }
  return {
    gramsPerKilowattHour,
    kind: 'average',
    basis: 'lifecycle',
    source: 'constant',
    ...(zone === undefined ? {} : { zone }),
    estimated: false,
  }
}
