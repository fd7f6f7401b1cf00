import { OPEN_DEADLINE, within } from './deadline.ts'
import { declaredDomains } from './declared-domain.ts'
import type { Domain } from './domain.ts'
import type { LoadedMeter } from './load-meter.ts'
import type { EnergyMeter } from './meter.ts'
import { type MeterContext, realContext } from './meter-context.ts'
import { asMeterError, closed, invalid, type MeterError, timeout } from './meter-error.ts'
import type { MeterHandle, OpenOptions, ReadResult } from './meter-handle.ts'
import { recordReadings } from './record-readings.ts'

/**
 * Opens a loaded meter in this process. Suits meters that are trusted not to block it.
 * @throws MeterError
 */
export async function openHere(loaded: LoadedMeter, options: OpenOptions = {}): Promise<MeterHandle> {
  const { definition } = loaded
  const what = `meter '${definition.name}'`
  const closing = new AbortController()
  const context = realContext({ ...worldOf(options), signal: closing.signal })
  const { meter, domains } = await open(loaded, context, what, options.openDeadline).catch((cause) => {
    closing.abort()
    throw cause
  })
  const recorded = recordReadings(context.clock, domains.length)
  let current: Attempt | undefined
  let closedOnce: Promise<void> | undefined

  let abort = new AbortController()
  const failed = (cause: unknown) => asMeterError(cause, `${what} cannot be read`)

  /** Reads; undefined if that is done at once, as with most meters, which then need no deadline. */
  const attempt = (): Attempt | undefined => {
    if (abort.signal.aborted) abort = new AbortController()
    const reading = meter.read(recorded.record, abort.signal)
    if (typeof reading?.then !== 'function') return undefined
    const done = Promise.resolve(reading)
      .then(() => undefined, failed)
      .finally(() => {
        current = undefined
      })
    return { abort, done }
  }

  const close = async (deadline: number): Promise<void> => {
    closing.abort()
    current?.abort.abort()
    await within(deadline / 2, Promise.resolve(current?.done), () => undefined)
    await within(deadline / 2, closeQuietly(meter), () => {})
  }

  return {
    name: definition.name,
    interval: definition.interval ?? 1,
    domains,
    get alive() {
      return !closing.signal.aborted
    },
    async read(deadline): Promise<ReadResult> {
      if (closing.signal.aborted) return { readings: [], gauges: [], error: closed(what) }
      // A read that outlived its deadline is still under way: what it records late is true all the same.
      try {
        current ??= attempt()
      } catch (cause) {
        return { ...recorded.take(), error: failed(cause) }
      }
      if (!current) return recorded.take()
      const { abort, done } = current
      const stuck = abort.signal.aborted
      const late = (): MeterError => {
        if (closing.signal.aborted) return closed(what)
        abort.abort()
        if (stuck) closedOnce = close(0)
        return timeout(what, deadline)
      }
      const error = await within<MeterError | undefined>(deadline, done, late, closing.signal)
      return { ...recorded.take(), ...(error ? { error } : {}) }
    },
    close(deadline = 1) {
      closedOnce ??= close(deadline)
      return closedOnce
    },
  }
}

/** A read under way. */
interface Attempt {
  readonly abort: AbortController
  readonly done: Promise<MeterError | undefined>
}

/** The parts of a meter's world that options give. */
export function worldOf({
  sysRoot,
  procRoot,
  log,
  window,
}: OpenOptions): Parameters<typeof realContext>[0] & {} {
  return { sysRoot, procRoot, log, window }
}

async function open(
  { definition, options }: LoadedMeter,
  context: MeterContext,
  what: string,
  deadline = OPEN_DEADLINE,
): Promise<{ meter: EnergyMeter; domains: readonly Domain[] }> {
  const opening = (async () => definition.open(options, context))()
  try {
    const meter = await within(deadline, opening, () => {
      throw timeout(what, deadline)
    })
    if (typeof meter?.read !== 'function') throw invalid(what, 'open: expected { domains, read }')
    const domains = declaredDomains(meter.domains)
    if (typeof domains === 'string') throw invalid(what, domains)
    return { meter, domains }
  } catch (cause) {
    // What opens too late, or wrongly, is given back.
    void opening.then(closeQuietly, () => {})
    throw asMeterError(cause, `${what} cannot be opened`, 'METER_NOT_OPENED')
  }
}

/** Closes a meter; that it cannot be closed is nobody's business any more. */
async function closeQuietly(meter: EnergyMeter | undefined): Promise<void> {
  try {
    await meter?.close?.()
  } catch {}
}
