import { CarbonError } from './carbon-error.ts'
import { IntensityCurve } from './intensity-curve.ts'
import type { IntensitySource } from './intensity-source.ts'

/**
 * What a source expects between two instants, in seconds since 1970, as a curve without a stand-in: what is not foreseen
 * is a gap. Where the forecast begins only later than `from`, as hourly ones do, the source's last figure holds until
 * its own end. `name`: the source, for messages. Throws CarbonErrors alone: `SOURCE_NO_FORECAST`, and what the source
 * throws.
 */
export async function readForecast(
  name: string,
  source: IntensitySource,
  from: number,
  to: number,
): Promise<IntensityCurve> {
  if (source.forecast === undefined) {
    throw new CarbonError(
      'SOURCE_NO_FORECAST',
      `Intensity source ${name}: it tells what was, and has no forecast`,
    )
  }
  const steps = await source.forecast(from, to)
  const curve = new IntensityCurve(source, steps)
  if (steps.length === 0 || curve.at(from) !== undefined) return curve
  const latest = await source.latest().catch(() => undefined)
  // A figure without an end would fill every gap of the forecast.
  return latest?.to === undefined ? curve : new IntensityCurve(source, [latest, ...steps])
}
