import type { MeterSource } from '@ergometer/core'
import {
  loadMeter,
  type MeterContext,
  MeterError,
  type MeterHandle,
  openHere,
  openIsolated,
  realContext,
} from '@ergometer/meter'
import { BUILTIN_METERS, LATE_METERS, type MeterRequest } from './meter-request.ts'

/** What a meter has to say of itself, for health. */
export type MeterLog = NonNullable<Parameters<typeof openHere>[1]>['log']

/**
 * How a meter is opened: ours are trusted and opened here; those of others each in a process of their own. `environment`:
 * variables that only that process needs. `window`: what is wanted of a run that is over.
 */
export function meterSource(
  request: MeterRequest,
  log: MeterLog,
  environment: Readonly<Record<string, string>> = {},
  window?: MeterContext['window'],
): MeterSource {
  const { name, builtin, options, required } = request
  const common = { ...(log ? { log } : {}), ...(window ? { window } : {}) }
  const open = async (loaded: () => void): Promise<MeterHandle> => {
    const module = builtin
      ? import.meta.resolve(BUILTIN_METERS[builtin] as string)
      : (request.module as string)
    const meter = builtin ?? request.meter
    const reference = {
      module,
      ...(meter === undefined ? {} : { meter }),
      ...(options === undefined ? {} : { options }),
    }
    if (builtin) {
      const ours = await loadMeter(reference)
      loaded()
      const availability = await ours.definition.probe?.(ours.options, realContext())
      if (availability?.available === false) {
        const message = `${availability.why} ('ergometer doctor' tells what to do)`
        throw new MeterError(message, { outcome: 'fatal', code: 'METER_UNAVAILABLE' })
      }
      if (!ours.definition.isolate) return openHere(ours, common)
    }
    return openIsolated(reference, {
      ...common,
      importer: new URL('./import-module.js', import.meta.url).href,
      probeFirst: builtin === undefined,
      loaded,
      env: { ...process.env, ...environment },
    }).catch((error: MeterError) => {
      throw builtin === undefined ? withNextStep(error, name) : error
    })
  }
  return { name, wanted: required, lateBy: LATE_METERS[builtin ?? request.meter ?? ''], open }
}

/** What a meter of somebody else's says of itself may name neither it nor what to do. */
function withNextStep(error: MeterError, name: string): MeterError {
  const { message, outcome, code } = error
  if (code === 'METER_OPTIONS_INVALID' || code === 'METER_SPECIFICATION_VERSION') return error
  const line = message.startsWith('meter ') ? message : `meter '${name}': ${message}`
  return new MeterError(`${line} ('ergometer doctor --meter ${name}' tells more)`, {
    outcome,
    code,
    cause: error,
  })
}
