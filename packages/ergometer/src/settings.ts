import type { EmbodiedChoice, WaterIntensity } from '@ergometer/carbon'
import { type Budget, ErgometerError } from '@ergometer/core'
import type { MeterFactory, MeterReference } from '@ergometer/meter'
import type { SourceChoice } from './source-request.ts'

/** A meter by name (`estimate`, `@acme/ergometer-meter-pdu`, `./pdu-meter.ts`, each with `={JSON}` options), or by value. */
export type MeterChoice = string | MeterReference | MeterFactory

/** Settings of a run, for `startRun`, `defineConfig` and the flags of the command line. */
export interface Settings {
  /** Name of the run; by default the base name of the script or command. */
  name?: string
  /** Facts to find and compare runs by. */
  tags?: Record<string, string | number | boolean>
  /** Meters to open; absent: all that work here. */
  meters?: MeterChoice[]
  /** Folder that holds the runs; by default `.ergometer` in the working directory. */
  home?: string
  /** Seconds between two reads of every meter; absent: each meter's own. */
  interval?: number
  /** Grid zone: ISO 3166 (`FR`), `WORLD` or a cloud's region (`gcp:europe-north1`); with a source, any zone that it knows. */
  zone?: string
  /** Grid intensity in g/kWh, in place of the zone's; with a source, where that tells nothing. */
  intensity?: number
  /** Power usage effectiveness of the building, at least 1. */
  pue?: number
  /** Where grid intensity over time comes from: a source of `@ergometer/carbon` by name, with options as `NAME={JSON}`, or by value. */
  source?: SourceChoice
  /**
   * What power supply, fans and board add to the energy of the components, as a factor of at least 1; used where component
   * sensors alone are what is counted.
   */
  overhead?: number
  /** Water, in litres per kWh: of the site (WUE) and of the power plants. */
  water?: WaterIntensity
  /** Emissions of making the hardware: an instance (`aws:p3.2xlarge`), or figures of its maker. */
  embodied?: EmbodiedChoice
  /** Parameters of the model that is trained, for SCI for AI. */
  parameters?: number
  /** What is attributed: nothing beyond the machine (the default), or also the share of this run's own processes. */
  scope?: 'machine' | 'process'
  /** Seconds of rest before the run, outside of it, over which idle power is measured. */
  baseline?: number
  /** What the run may take at most: then `run.signal` aborts, and `ergometer run` ends CMD. */
  budget?: Budget
  /** Scores to reach, by name: the report says what it took. */
  targets?: Record<string, number>
  /** Id that the nodes of one distributed run share. */
  group?: string
  /** Export the run over OTLP: to a base endpoint, or, if true, where the `OTEL_*` variables say. */
  otlp?: boolean | string
  /** Let Prometheus scrape the run at `HOST:PORT`, or, if true, at 127.0.0.1:9464. */
  prometheus?: boolean | string
  /** Where the recorder runs: in a process of its own, or in a worker thread of this one. */
  recorder?: 'process' | 'inline'
}

/**
 * Checks settings of unknown origin. `where`: what to call them in a message (a file, `startRun`).
 * @throws ErgometerError `SETTINGS_INVALID`, naming the path and what was expected
 */
export async function parseSettings(value: unknown, where: string): Promise<Settings> {
  // zod is loaded only where there is something to check: it costs 10 ms.
  if (isEmpty(value)) return {}
  const { settingsSchema } = await import('./settings-schema.ts')
  const result = settingsSchema.safeParse(value)
  if (result.success) return result.data as Settings
  const issues = result.error.issues.map((issue) => {
    // Of a key that is wrong the schema of keys tells what was expected.
    const [inner] = issue.code === 'invalid_key' ? issue.issues : []
    return `${issue.path.join('.') || 'settings'}: ${inner?.message ?? issue.message}`
  })
  throw new ErgometerError('SETTINGS_INVALID', `${where}: ${issues.join('; ')}`)
}

function isEmpty(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}

/**
 * Settings of several origins: the first that has a key counts; tags merge. An intensity without a source leaves out the
 * source of later origins.
 */
export function mergeSettings(...origins: readonly Settings[]): Settings {
  const merged: Settings = Object.assign({}, ...[...origins].reverse().map(withoutUndefined))
  const decides = origins.find(({ intensity, source }) => intensity !== undefined || source !== undefined)
  if (decides && decides.source === undefined) delete merged.source
  const tags = Object.assign({}, ...[...origins].reverse().map((origin) => origin.tags))
  return Object.keys(tags).length > 0 ? { ...merged, tags } : merged
}

function withoutUndefined(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** Declares a configuration: `export default defineConfig({ … })` in `ergometer.config.ts`. */
export function defineConfig(settings: Settings): Settings {
  return settings
}
