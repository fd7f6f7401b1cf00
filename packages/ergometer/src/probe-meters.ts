import { loadMeter, type Probed, probeIsolated, probeMeter } from '@ergometer/meter'
import type { MeterFinding } from '@ergometer/report'
import { BUILTIN_METERS, type MeterRequest } from './meter-request.ts'

/** What `doctor --json` prints. */
export interface Findings {
  schema: 'ergometer.doctor/1'
  /** Whether something here can be measured, only modelled, or neither. */
  verdict: 'measured' | 'modelled' | 'none'
  meters: MeterFinding[]
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
  const { name, availability, domains } = await probe(request)
  const found = domains.map(({ id, kind, label, method }) => ({ id: `${name}:${id}`, kind, label, method }))
  if (availability.available) return { name, available: true, fixes: [], domains: found }
  const { why, file, fixes = [] } = availability
  return { name, available: false, why, ...(file ? { file } : {}), fixes: [...fixes], domains: found }
}

async function probe(request: MeterRequest): Promise<Probed & { name: string }> {
  const { name, builtin, module, meter, options } = request
  const given = options === undefined ? {} : { options }
  if (builtin === undefined) {
    const importer = new URL('./import-module.js', import.meta.url).href
    return probeIsolated({ module: module as string, ...(meter ? { meter } : {}), ...given }, { importer })
  }
  try {
    const url = import.meta.resolve(BUILTIN_METERS[builtin] as string)
    return { name, ...(await probeMeter(await loadMeter({ module: url, meter: builtin, ...given }))) }
  } catch (error) {
    return { name, availability: { available: false, why: (error as Error).message }, domains: [] }
  }
}
