import { loadMeter, type OpenOptions, type Probed, probeIsolated, probeMeter } from '@ergometer/meter'
import type { MeterFinding, PlaceFinding } from '@ergometer/report'
import { BUILTIN_METERS, type MeterRequest } from './meter-request.ts'

/** What `doctor --json` prints. */
export interface Findings {
  schema: 'ergometer.doctor/1'
  /** Whether something here can be measured, only modelled, or neither. */
  verdict: 'measured' | 'modelled' | 'none'
  meters: MeterFinding[]
  /** Where this machine is, if it is a cloud's. */
  place?: PlaceFinding
}

/** Asks each meter whether it works here, and if not, why and what would mend it. */
export async function examine(requests: readonly MeterRequest[]): Promise<Findings> {
  const meters = await Promise.all(requests.map(examineMeter))
  const methods = meters.flatMap((meter) => meter.domains.map((domain) => domain.method))
  const sensed = methods.some((method) => method !== 'modelled')
  return {
    schema: 'ergometer.doctor/1',
    verdict: sensed ? 'measured' : methods.length > 0 ? 'modelled' : 'none',
    meters,
  }
}

async function examineMeter(request: MeterRequest): Promise<MeterFinding> {
  const warnings: string[] = []
  const { name, availability, domains } = await probe(request, (message, details) => {
    if (details?.severity === 'warning') warnings.push(message)
  })
  const found = domains.map(({ id, kind, label, method }) => ({ id: `${name}:${id}`, kind, label, method }))
  if (availability.available) {
    const why = warnings.length > 0 ? { why: warnings.join('; ') } : {}
    return { name, available: true, ...why, fixes: [], domains: found }
  }
  const { why, file, fixes = [] } = availability
  return { name, available: false, why, ...(file ? { file } : {}), fixes: [...fixes], domains: found }
}

async function probe(
  request: MeterRequest,
  log: NonNullable<OpenOptions['log']>,
): Promise<Probed & { name: string }> {
  const { name, builtin, module, meter, options } = request
  const given = options === undefined ? {} : { options }
  if (builtin === undefined) {
    const importer = new URL('./import-module.js', import.meta.url).href
    const probed = await probeIsolated(
      { module: module as string, ...(meter ? { meter } : {}), ...given },
      { importer, log },
    )
    // A meter that cannot be loaded has not told its name.
    return probed.name === module ? { ...probed, name } : probed
  }
  try {
    const reference = {
      module: import.meta.resolve(BUILTIN_METERS[builtin] as string),
      meter: builtin,
      ...given,
    }
    const ours = await loadMeter(reference)
    if (ours.definition.isolate) return { ...(await probeIsolated(reference, { log })), name }
    return { name, ...(await probeMeter(ours, { log })) }
  } catch (error) {
    return { name, availability: { available: false, why: (error as Error).message }, domains: [] }
  }
}
