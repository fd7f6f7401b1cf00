import type { Domain } from './domain.ts'
import type { LoadedMeter } from './load-meter.ts'
import type { Availability } from './meter.ts'
import { realContext } from './meter-context.ts'
import { asMeterError } from './meter-error.ts'
import type { OpenOptions } from './meter-handle.ts'
import { openHere } from './open-here.ts'

/** Whether a meter can work here, and which domains it would yield. */
export interface Probed {
  readonly availability: Availability
  readonly domains: readonly Domain[]
}

/** Asks a loaded meter whether it is available; if so, opens it for a moment to see its domains. Never throws. */
export async function probeMeter(loaded: LoadedMeter, options: OpenOptions = {}): Promise<Probed> {
  const { definition } = loaded
  const { sysRoot, procRoot } = options
  try {
    const context = realContext({
      ...(sysRoot === undefined ? {} : { sysRoot }),
      ...(procRoot === undefined ? {} : { procRoot }),
    })
    const availability = (await definition.probe?.(loaded.options, context)) ?? { available: true }
    if (!availability.available) return { availability, domains: [] }
    const meter = await openHere(loaded, options)
    const { domains } = meter
    await meter.close()
    return { availability, domains }
  } catch (cause) {
    const { message } = asMeterError(cause, `meter '${definition.name}'`)
    return { availability: { available: false, why: message }, domains: [] }
  }
}
