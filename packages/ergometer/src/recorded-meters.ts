import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ErgometerError, type Journal } from '@ergometer/core'
import { BUILTIN_METERS, LATE_METERS, type MeterRequest, requestMeters } from './meter-request.ts'

/** What stands in a journal in the place of a secret. */
const HIDDEN = '***'

/** A meter that a run was recorded with: how to open it again, or why it cannot be. */
export type RecordedMeter = MeterRequest | { readonly name: string; readonly error: ErgometerError }

/**
 * The meters that a run was recorded with and that may report late. A journal may come from anywhere: no code is loaded but from
 * a file outside of the run's folder, which somebody has put on this machine. `directory`: where names are looked up.
 */
export function recordedMeters(journal: Journal, folder: string, directory: string): RecordedMeter[] {
  const listed = journal.start?.config['meters']
  // Of those that are tried when none is named, none reports late.
  const meters = Array.isArray(listed) ? listed.filter(isRecorded) : []
  return meters
    .filter((one) => mayReportLate(journal, one))
    .map((one) => {
      try {
        return requestOf(one, folder, directory)
      } catch (error) {
        return { name: one.name, error: error as ErgometerError }
      }
    })
}

interface Recorded {
  readonly name: string
  readonly module?: string
  readonly meter?: string
  readonly options?: unknown
}

function isRecorded(value: unknown): value is Recorded {
  if (typeof value !== 'object' || value === null) return false
  const { name, module, meter } = value as Record<string, unknown>
  return (
    typeof name === 'string' && [module, meter].every((one) => one === undefined || typeof one === 'string')
  )
}

/** Whose domains the journal knows, and none reports late, has nothing to settle. What a meter of others is called is not known before it is open. */
function mayReportLate({ domains }: Journal, { name, module, meter }: Recorded): boolean {
  const builtin = module === undefined && Object.hasOwn(BUILTIN_METERS, name)
  const called = builtin ? name : meter
  const own = domains.filter(({ line }) => line.meter === called)
  if (own.length === 0) return !builtin || Object.hasOwn(LATE_METERS, name)
  return own.some(({ line }) => line.domain.lateBy !== undefined)
}

function requestOf(recorded: Recorded, folder: string, directory: string): MeterRequest {
  const { name, module, meter, options } = recorded
  if (JSON.stringify(options ?? null).includes(HIDDEN)) {
    throw cannot(name, 'its options held a secret, and no journal has any: name a variable or a file instead')
  }
  const given = options === undefined ? {} : { options }
  if (module === undefined) {
    const [request] = requestMeters([name], directory) as [MeterRequest]
    return { ...request, ...given }
  }
  if (!isElsewhere(module, folder))
    throw cannot(name, `${module}: expected the URL of a file outside of the run`)
  return { name, module, ...(meter === undefined ? {} : { meter }), required: true, ...given }
}

function isElsewhere(module: string, folder: string): boolean {
  try {
    return (
      module.startsWith('file:') && !`${dirname(fileURLToPath(module))}${sep}`.startsWith(`${folder}${sep}`)
    )
  } catch {
    return false
  }
}

function cannot(name: string, why: string): ErgometerError {
  return new ErgometerError('METER_NOT_SETTLED', `meter '${name}' cannot be asked again: ${why}`)
}
