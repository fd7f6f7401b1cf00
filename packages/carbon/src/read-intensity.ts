import { bundledIntensity } from './bundled-intensity.ts'
import { CarbonError } from './carbon-error.ts'
import type { Intensity, IntensityBasis, IntensityKind } from './intensity.ts'
import { IntensityCurve } from './intensity-curve.ts'
import type { IntensitySource } from './intensity-source.ts'
import type { SourceContext } from './source-context.ts'

/** What stands in for a source that fails, and who is told. */
export interface StandIn {
  /** The zone whose yearly figure may stand in; by default the source's own. */
  readonly zone?: string | undefined
  readonly log: SourceContext['log']
}

/**
 * The bundled yearly figure of a zone, if it is of that kind and basis; undefined if not: an average never stands in
 * for a marginal figure, nor a lifecycle one for a direct one, nor a country for a region.
 */
export function yearlyStandIn(
  zone: string | undefined,
  { kind, basis }: { readonly kind: IntensityKind; readonly basis: IntensityBasis },
): Intensity | undefined {
  const yearly = zone === undefined ? undefined : bundledIntensity(zone)
  return yearly?.kind === kind && yearly.basis === basis ? yearly : undefined
}

/**
 * The intensity between two instants, in seconds since 1970: what the source tells, and where it tells nothing, the
 * yearly figure of the same kind and basis, if there is one. Never throws: trouble goes to `log` and lowers what is known.
 */
export async function readIntensity(
  source: IntensitySource,
  from: number,
  to: number,
  { zone = source.zone, log }: StandIn,
): Promise<IntensityCurve> {
  const standIn = yearlyStandIn(zone, source)
  const curve = new IntensityCurve(source, [], standIn)
  try {
    for (const step of await source.history(from, to)) curve.add(step)
  } catch (error) {
    const message = CarbonError.isInstance(error)
      ? error.message
      : `An intensity source failed: ${String(error)}`
    log(message, { severity: 'warning', code: 'intensity-source-failed' })
  }
  tellOfGaps(curve, from, to, zone, log)
  return curve
}

function tellOfGaps(
  curve: IntensityCurve,
  from: number,
  to: number,
  zone: string | undefined,
  log: SourceContext['log'],
): void {
  const missing = curve.gaps(from, to).reduce((sum, gap) => sum + gap.to - gap.from, 0)
  if (missing === 0) return
  const share = `for ${((100 * missing) / (to - from)).toPrecision(3)} % of the time there is no intensity`
  if (curve.standIn) {
    const { gramsPerKilowattHour, source, period } = curve.standIn
    const message = `${share}: ${zone}'s yearly figure stands in, ${gramsPerKilowattHour} g/kWh (${source} ${period})`
    log(message, { severity: 'warning', code: 'intensity-stand-in' })
  } else {
    const message = `${share}, and no yearly figure of the same kind and basis (${curve.kind}, ${curve.basis}) for ${zone ?? 'a zone that is not known'}: that energy has no grams`
    log(message, { severity: 'warning', code: 'intensity-missing' })
  }
}
