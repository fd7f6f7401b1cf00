import { openedIn, probedIn, resultIn } from './child-answer.ts'
import type { OpenRequest } from './child-message.ts'
import { OPEN_DEADLINE } from './deadline.ts'
import type { LooseReference } from './load-meter.ts'
import { monotonicSeconds } from './meter-context.ts'
import { asMeterError, timeout } from './meter-error.ts'
import type { MeterHandle, ReadResult } from './meter-handle.ts'
import { type IsolationOptions, MeterProcess } from './meter-process.ts'
import type { Probed } from './probe-meter.ts'

/** A child is given this many seconds longer than its meter: it answers for a slow meter itself, but not for a blocked one. */
const GRACE = 0.25

/**
 * Opens a meter in a child process of its own. A read that does not answer costs that process its life; the
 * handle is then dead, and the meter may be opened anew.
 * @throws MeterError
 */
export async function openIsolated(
  reference: LooseReference,
  options: IsolationOptions = {},
): Promise<MeterHandle> {
  const what = nameOf(reference)
  const child = new MeterProcess(what, options)
  const { openDeadline = OPEN_DEADLINE } = options
  const { name, interval, domains } = await child.ask(
    openRequest(reference, options),
    openDeadline,
    (message) => openedIn(message, what),
  )
  let reads = 0
  return {
    name,
    interval,
    domains,
    get alive() {
      return child.alive
    },
    async read(deadline, stretch): Promise<ReadResult> {
      const read = ++reads
      const request = { read, deadline, ...(stretch ? { stretch } : {}) }
      const patience = deadline + (stretch ? Math.max(0, stretch.until - monotonicSeconds()) : 0)
      try {
        const answerIn = (message: Record<string, unknown>) => resultIn(message, read, domains.length)
        const { alive, ...result } = await child.ask(request, patience, answerIn, GRACE)
        if (!alive) child.end(result.error ?? timeout(what, deadline))
        return result
      } catch (cause) {
        return { readings: [], gauges: [], error: asMeterError(cause, what) }
      }
    },
    cutShort: () => child.tell({ cutShort: true }),
    close: (deadline = 0.5) => child.close(deadline),
  }
}

/** Probes a meter in a child process of its own. Never throws. */
export async function probeIsolated(
  reference: LooseReference,
  options: IsolationOptions = {},
): Promise<Probed & { name: string }> {
  const what = nameOf(reference)
  const { openDeadline = OPEN_DEADLINE } = options
  try {
    const child = new MeterProcess(what, options)
    const request = { ...openRequest(reference, options), probe: true }
    const probed = await child.ask(request, openDeadline, (message) => probedIn(message, what))
    await child.close(0)
    return probed
  } catch (cause) {
    const why = asMeterError(cause, what).message
    return { name: reference.meter ?? reference.module, availability: { available: false, why }, domains: [] }
  }
}

function nameOf({ meter, module }: LooseReference): string {
  return `meter '${meter ?? module}'`
}

function openRequest(
  reference: LooseReference,
  { sysRoot, procRoot, importer, probeFirst, window }: IsolationOptions,
): OpenRequest {
  return {
    open: reference,
    ...(sysRoot === undefined ? {} : { sysRoot }),
    ...(procRoot === undefined ? {} : { procRoot }),
    ...(importer === undefined ? {} : { importer }),
    ...(probeFirst ? { probeFirst } : {}),
    ...(window ? { window: { from: window.from.getTime(), to: window.to.getTime() } } : {}),
  }
}
