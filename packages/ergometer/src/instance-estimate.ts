import type { MeterSource } from '@ergometer/core'
import type { InstanceEstimate } from '@ergometer/meter-estimate'
import type { FoundPlace } from './find-run-place.ts'
import type { MeterRequest } from './meter-request.ts'

/**
 * The source of a meter; of the estimate on a machine of a cloud, one that waits until the place is found or not, half a second at most, and
 * then goes by the published watts of the instance. What the user says of the CPU wins, and nobody else waits.
 */
export function placedSource(
  request: MeterRequest,
  finding: Promise<FoundPlace | undefined> | undefined,
  source: (request: MeterRequest) => MeterSource,
): MeterSource {
  const plain = source(request)
  if (!finding || request.builtin !== 'estimate') return plain
  return {
    ...plain,
    async open(loaded) {
      const instance = instanceOf(await finding)
      if (!instance) return plain.open(loaded)
      return source({ ...request, options: { instance, ...(request.options as object | undefined) } }).open(
        loaded,
      )
    },
  }
}

/** Undefined where nobody publishes figures of the instance's processor: the CPU's own name then says more than a mean of all. */
function instanceOf(found: FoundPlace | undefined): InstanceEstimate | undefined {
  if (!found?.model.processors || !found.model.cpu) return undefined
  const { place, model } = found
  const { idleWatts, peakWatts, relativeUncertainty, source } = found.model.cpu
  return {
    name: `${place.provider} ${place.instanceType}`,
    idleWatts,
    peakWatts,
    relativeUncertainty,
    source,
    ...(model.memory ? { includedGigabytes: model.memory.includedGigabytes } : {}),
  }
}
