import { basename, extname, resolve } from 'node:path'
import { findRecorder, type HealthEntry, newEventDirectory, newRunId, redactValue } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { standardExporters } from '@ergometer/otel/resource'
import type { ChosenFactors } from './given-factors.ts'
import { isTypeScript, requestMeters, withProcesses } from './meter-request.ts'
import { meterEnvironment } from './recorder-link.ts'
import type { ExportChoice, StartMessage } from './recorder-message.ts'
import type { Settings } from './settings.ts'

/** Seconds that a start waits for the first readings, and where something has to be translated first. */
const PATIENCE = 0.12
const PATIENCE_TYPESCRIPT = 1
/** A named meter's options are waited for longer: wrong ones are an error before anything begins. */
const PATIENCE_OPTIONS = 2.5
/** Seconds that a baseline may take beyond itself: it begins when the meters are open, and ends with a reading. */
const PATIENCE_BASELINE = 1

/** A run about to begin: what to tell the recorder, and how many seconds from now to wait for it at most. */
export interface Beginning {
  readonly start: StartMessage
  readonly patience: number
}

/** Details of a beginning that are not settings. */
export interface BeginningDetails {
  /** Monotonic seconds of the call. */
  readonly calledAt: number
  /** As `chooseFactors` makes them of the settings. */
  readonly factors: ChosenFactors
  readonly fallbackName: string
  readonly command?: readonly string[]
  readonly owner?: number
  readonly parent?: string
  readonly health?: readonly HealthEntry[]
  readonly live?: boolean
  readonly typescript?: boolean
}

/** Puts together what a recorder needs to know. Throws an ErgometerError for settings that make no sense. */
export function begin(settings: Settings, details: BeginningDetails): Beginning {
  const { calledAt, fallbackName, typescript, factors, health = [], ...rest } = details
  const requests = requestMeters(settings.meters, process.cwd())
  const meters = settings.scope === 'process' ? requests.map(withProcesses) : requests
  const slow = typescript || meters.some(isTypeScript)
  const readyBy = calledAt + (slow ? PATIENCE_TYPESCRIPT : PATIENCE)
  const { baseline, scope } = settings
  const metersBy = meters.some((meter) => meter.required) ? calledAt + PATIENCE_OPTIONS : readyBy
  const beginBy = baseline === undefined ? metersBy : metersBy + baseline + PATIENCE_BASELINE
  const name = settings.name ?? fallbackName
  const { interval, group, budget, targets } = settings
  const exports = exportsOf(settings)
  const { given, source } = factors
  const config = redactValue({
    ...settings,
    ...(settings.meters ? { meters: meters.map(({ required: _, ...meter }) => meter) } : {}),
    ...(source ? { source: source.request } : {}),
  })
  return {
    start: {
      runId: newRunId(name, new Date()),
      name,
      tags: tagTexts(settings.tags),
      home: homeOf(settings),
      events: newEventDirectory(),
      readyBy,
      beginBy,
      meters,
      given,
      ...(source ? { source: source.request } : {}),
      config: config as Record<string, unknown>,
      health,
      environment: meterEnvironment(),
      ...(exports ? { exports } : {}),
      ...(interval === undefined ? {} : { interval }),
      ...(budget === undefined ? {} : { budget }),
      ...(targets === undefined ? {} : { targets }),
      ...(baseline === undefined ? {} : { baseline }),
      ...(scope === 'process' || baseline !== undefined ? { attribute: true } : {}),
      ...(group === undefined ? {} : { group }),
      ...rest,
    },
    patience: Math.max(0, beginBy - monotonicSeconds()),
  }
}

/** Where settings say to export to; undefined: nowhere. */
export function exportsOf({ otlp, prometheus }: Settings): ExportChoice | undefined {
  if (!otlp && !prometheus) return undefined
  return { ...(otlp ? { otlp } : {}), ...(prometheus ? { prometheus } : {}) }
}

/**
 * Settings of a command that exports because the standard variables ask for it: `OTEL_EXPORTER_OTLP_*`, unless it is for other signals
 * than metrics, or another exporter is asked for.
 */
export function standardExport(env: Readonly<Record<string, string | undefined>>): Settings {
  const asked = Object.keys(env).some(
    (name) => /^OTEL_EXPORTER_OTLP_(?!TRACES_|LOGS_|PROFILES_)/.test(name) && env[name],
  )
  return asked && standardExporters(env).includes('otlp') ? { otlp: true } : {}
}

/** The folder that holds the runs. */
export function homeOf({ home }: Settings): string {
  return resolve(home ?? '.ergometer')
}

/** Settings from the environment; only what the design lists. */
export function environmentSettings(): Settings {
  const home = process.env['ERGOMETER_HOME']
  return home ? { home } : {}
}

/** Base name of a script or command. */
export function baseName(path: string | undefined): string {
  return path ? basename(path, extname(path)) || 'run' : 'run'
}

/** The recorder that `ERGOMETER_EVENTS` names, if it lives; else a line for health that says why not. */
export function surroundingRecorder(): {
  directory?: string
  info?: Exclude<ReturnType<typeof findRecorder>, string>
  stale?: HealthEntry
} {
  const directory = process.env['ERGOMETER_EVENTS']
  if (!directory) return {}
  const found = findRecorder(directory)
  if (typeof found !== 'string') return { directory, info: found }
  const message = `ERGOMETER_EVENTS=${directory} is not used: ${found}`
  return { stale: { severity: 'warning', code: 'events-stale', message } }
}

function tagTexts(tags: Settings['tags'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, String(value)]))
}
