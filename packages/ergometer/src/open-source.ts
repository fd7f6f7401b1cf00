import {
  type IntensitySource,
  normaliseZone,
  openIntensitySource,
  realSourceContext,
  type SourceContext,
} from '@ergometer/carbon'
import { loadSource, type SourceRequest } from './source-request.ts'

/** Folder of a home in which sources keep the answers of services. */
export const REPLIES_FOLDER = 'intensity-replies'

/** Opens a requested source in the real world, but for the parts that are given. `zone`: the run's. Throws what it throws. */
export async function openSource(
  request: SourceRequest,
  zone: string | undefined,
  parts: Partial<SourceContext>,
): Promise<IntensitySource> {
  const known = zone === undefined ? undefined : normaliseZone(zone)
  const context = realSourceContext({ ...parts, ...(known === undefined ? {} : { zone: known }) })
  return openIntensitySource(await loadSource(request), request.options, context)
}
