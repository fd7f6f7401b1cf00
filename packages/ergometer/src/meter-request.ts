import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ErgometerError } from '@ergometer/core'
import { isMeterFactory, type MeterReference } from '@ergometer/meter'
import { findModule, isFileName, splitChoice } from './find-module.ts'
import { TYPESCRIPT } from './import-module.ts'
import { installedMeters } from './installed-meters.ts'
import type { MeterChoice } from './settings.ts'

/** A meter that the recorder is asked to open. */
export interface MeterRequest {
  /** What the user called it. */
  readonly name: string
  /** One of ours: resolved and trusted by the recorder. */
  readonly builtin?: string
  /** URL of somebody else's module, and which of its meters. */
  readonly module?: string
  readonly meter?: string
  readonly options?: unknown
  /** True when the user named it: wrong options are then an error before anything begins. */
  readonly required: boolean
}

/** Our meters by name, and the packages they come in. */
export const BUILTIN_METERS: Readonly<Record<string, string>> = {
  rapl: '@ergometer/meter-rapl',
  hwmon: '@ergometer/meter-hwmon',
  nvml: '@ergometer/meter-nvml',
  estimate: '@ergometer/meter-estimate',
  prometheus: '@ergometer/meter-prometheus',
  redfish: '@ergometer/meter-redfish',
  cloud: '@ergometer/meter-cloud',
}

/** Those of ours that report late, and seconds by which they do, at most as a rule: before they are open nobody knows it better. */
export const LATE_METERS: { readonly cloud: number } & Readonly<Record<string, number>> = { cloud: 420 }

/** Those of ours that have to be told where to look, or whose questions may be billed: they are opened only when they are named. */
const ONLY_NAMED = new Set(['prometheus', 'redfish', 'cloud'])

/** The meters that are tried when none is named. */
function automaticMeters(): MeterRequest[] {
  const names = Object.keys(BUILTIN_METERS).filter((name) => !ONLY_NAMED.has(name))
  return names.map((name) => ({ name, builtin: name, required: false }))
}

/**
 * Meters as chosen, resolved from the user's project; nothing is loaded yet. `directory`: where names are looked up.
 * @throws ErgometerError `METER_UNKNOWN`, `METER_OPTIONS_INVALID`, `METER_IN_TRAINING_MODULE`
 */
export function requestMeters(
  choices: readonly MeterChoice[] | undefined,
  directory: string,
): MeterRequest[] {
  if (choices === undefined) return automaticMeters()
  return choices.map((choice) => {
    if (typeof choice === 'string') return byName(choice, directory)
    return byReference(isMeterFactory(choice) ? choice() : choice)
  })
}

/** Our meter that can tell whose a GPU's energy is does so only if somebody wants to know: it asks the driver more. */
export function withProcesses(request: MeterRequest): MeterRequest {
  const { builtin, options = {} } = request
  if (builtin !== 'nvml' || typeof options !== 'object') return request
  return { ...request, options: { processes: true, ...options } }
}

/** True when a request takes a translator, and so more time. */
export function isTypeScript(request: MeterRequest): boolean {
  return request.module !== undefined && TYPESCRIPT.test(request.module)
}

function byReference(reference: MeterReference): MeterRequest {
  const main = process.argv[1]
  if (main !== undefined && reference.module === pathToFileURL(main).href) {
    throw new ErgometerError(
      'METER_IN_TRAINING_MODULE',
      `meter '${reference.meter}' is defined in ${main}: the recorder would have to run the training to load it; give it a file of its own`,
    )
  }
  const { module, meter, options } = reference
  return { name: meter, module, meter, required: true, ...(options === undefined ? {} : { options }) }
}

function byName(text: string, directory: string): MeterRequest {
  const { name, value: json } = splitChoice(text)
  const options = json === undefined ? {} : { options: parseOptions(name, json) }
  if (Object.hasOwn(BUILTIN_METERS, name)) return { name, builtin: name, required: true, ...options }
  return { name, module: resolveModule(name, directory), required: true, ...options }
}

function parseOptions(name: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    const message = `meter '${name}': its options are no JSON: ${(cause as Error).message}; expected --meter '${name}={"option": "value"}'`
    throw new ErgometerError('METER_OPTIONS_INVALID', message, cause)
  }
}

function resolveModule(name: string, directory: string): string {
  const url = findModule(name, directory)
  if (url !== undefined) return url
  if (isFileName(name)) {
    throw new ErgometerError('METER_UNKNOWN', `meter '${name}': no such file: ${resolve(directory, name)}`)
  }
  const known = Object.keys(BUILTIN_METERS).join(', ')
  const meant = packageMeant(name, directory)
  throw new ErgometerError(
    'METER_UNKNOWN',
    `meter '${name}' is unknown: expected ${known}, an installed package or a file (./meter.ts); ${meant ? `did you mean ${meant}?` : `is it installed in ${directory}?`}`,
  )
}

/** A meter's package that goes by its short name: that of this very folder, or one that is installed. */
function packageMeant(name: string, directory: string): string | undefined {
  const usual = `ergometer-meter-${name}`
  if (findModule(usual, directory) !== undefined) return usual
  return installedMeters(directory).find((one) => one.name.endsWith(`/${usual}`))?.name
}
