import type { Report } from './report.ts'
import { energyError, type KnownError } from './uncertainty.ts'

/**
 * The energy of a report and what is known of its error, to be compared with that of another: the gains of instruments are those
 * of their host, and so cancel between runs on one machine; where edges lie and what sampling leaves open is each run's own.
 */
export function reportError({ run, energy, provenance: { host } }: Report): KnownError {
  const counted = energy.domains.filter((domain) => domain.counted && domain.joules !== undefined)
  return energyError(
    counted.map(({ id, meter, joules = 0, declaredUncertainty, standardUncertaintyJoules = 0 }) => {
      const gain = (declaredUncertainty?.relative ?? 0) * joules
      const rest = Math.sqrt(Math.max(0, standardUncertaintyJoules ** 2 - gain ** 2))
      return {
        // Of an instrument that states nothing a report does not tell the rest either: nothing is known to cancel.
        domain: declaredUncertainty ? `${id} on ${host}` : `${id} in ${run.id}`,
        meter: `${meter} on ${host}`,
        joules,
        uncertainty: declaredUncertainty,
        others: new Map([[`${id} in ${run.id}`, rest]]),
      }
    }),
  )
}
