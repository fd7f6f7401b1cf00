import { declaredAvailability } from './availability.ts'
import { OPEN_DEADLINE, within } from './deadline.ts'
import type { Domain } from './domain.ts'
import type { LoadedMeter } from './load-meter.ts'
import type { Availability } from './meter.ts'
import { realContext } from './meter-context.ts'
import { asMeterError, MeterError, timeout } from './meter-error.ts'
import type { OpenOptions } from './meter-handle.ts'
import { openHere, worldOf } from './open-here.ts'

/** Whether a meter can work here, and which domains it would yield. */
export interface Probed {
  readonly availability: Availability
  readonly domains: readonly Domain[]
}

/** Asks a loaded meter whether it is available; if so, opens it for a moment to see its domains. Never throws. */
export async function probeMeter(loaded: LoadedMeter, options: OpenOptions = {}): Promise<Probed> {
  const what = `meter '${loaded.definition.name}'`
  try {
    const availability = await availabilityOf(loaded, options, what)
    if (!availability.available) return { availability, domains: [] }
    const meter = await openHere(loaded, options)
    const { domains } = meter
    await meter.close()
    return { availability, domains }
  } catch (cause) {
    const { message, fixes } = asMeterError(cause, what)
    return { availability: { available: false, why: message, ...(fixes ? { fixes } : {}) }, domains: [] }
  }
}

/**
 * Asks a loaded meter whether it is available.
 * @throws MeterError `METER_UNAVAILABLE` if it is not, and what its probe throws
 */
export async function assertAvailable(loaded: LoadedMeter, options: OpenOptions = {}): Promise<void> {
  const availability = await availabilityOf(loaded, options, `meter '${loaded.definition.name}'`)
  if (availability.available) return
  const { why, fixes } = availability
  // Whoever plugs it in need not begin the run anew.
  const details = { outcome: 'retry', code: 'METER_UNAVAILABLE', ...(fixes ? { fixes } : {}) } as const
  throw new MeterError(why, details)
}

async function availabilityOf(
  loaded: LoadedMeter,
  options: OpenOptions,
  what: string,
): Promise<Availability> {
  const { definition } = loaded
  if (!definition.probe) return { available: true }
  const { openDeadline = OPEN_DEADLINE } = options
  const ending = new AbortController()
  const context = realContext({ ...worldOf(options), signal: ending.signal })
  try {
    const answer = (async () => definition.probe?.(loaded.options, context))()
    return declaredAvailability(
      await within(openDeadline, answer, () => {
        throw timeout(what, openDeadline)
      }),
    )
  } finally {
    ending.abort()
  }
}
