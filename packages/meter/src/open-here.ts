import type { LoadedMeter } from './load-meter.ts'
import { realContext } from './meter-context.ts'
import { asMeterError, MeterError } from './meter-error.ts'
import type { MeterHandle, OpenOptions, ReadResult } from './meter-handle.ts'
import { recordReadings } from './record-readings.ts'

/**
 * Opens a loaded meter in this process. Suits meters that are trusted not to block it.
 * @throws MeterError
 */
export async function openHere(loaded: LoadedMeter, options: OpenOptions = {}): Promise<MeterHandle> {
  const { definition } = loaded
  const closing = new AbortController()
  const { sysRoot, procRoot, log } = options
  const context = realContext({
    ...(sysRoot === undefined ? {} : { sysRoot }),
    ...(procRoot === undefined ? {} : { procRoot }),
    ...(log === undefined ? {} : { log }),
    signal: closing.signal,
  })
  const meter = await Promise.resolve()
    .then(() => definition.open(loaded.options, context))
    .catch((cause) => {
      throw asMeterError(cause, `meter '${definition.name}' cannot be opened`, 'METER_NOT_OPENED')
    })
  const recorded = recordReadings(context.clock)
  let pending: Promise<MeterError | undefined> | undefined

  const attempt = (signal: AbortSignal): Promise<MeterError | undefined> =>
    Promise.resolve()
      .then(() => meter.read(recorded.record, signal))
      .then(
        () => undefined,
        (cause) => asMeterError(cause, `meter '${definition.name}' cannot be read`),
      )

  return {
    name: definition.name,
    interval: definition.interval ?? 1,
    domains: meter.domains,
    get alive() {
      return !closing.signal.aborted
    },
    async read(deadline): Promise<ReadResult> {
      // A read that outlived its deadline is still under way: what it records late is true all the same.
      const reading = new AbortController()
      pending ??= attempt(reading.signal).finally(() => {
        pending = undefined
      })
      const error = await within(deadline, pending, () => {
        reading.abort()
        return new MeterError(`meter '${definition.name}' did not answer within ${deadline} s`, {
          outcome: 'retry',
          code: 'METER_TIMEOUT',
        })
      })
      return { ...recorded.take(), ...(error ? { error } : {}) }
    },
    async close(deadline = 1) {
      if (closing.signal.aborted) return
      closing.abort()
      const closed = Promise.resolve()
        .then(() => meter.close?.())
        .catch(() => {})
      await within(deadline, closed, () => undefined)
    },
  }
}

/** The promise's value, or after so many seconds what `late` makes. Leaves no timer behind. */
async function within<Value>(seconds: number, promise: Promise<Value>, late: () => Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(late()), seconds * 1000)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
