import { ErgometerError } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { joinRun } from './attached-run.ts'
import {
  type Beginning,
  type BeginningDetails,
  baseName,
  begin,
  environmentSettings,
  surroundingRecorder,
} from './begin.ts'
import { type ConfigFile, findConfig, loadConfig } from './config-file.ts'
import { recordRun } from './embedded-run.ts'
import { chooseFactors } from './given-factors.ts'
import { RecorderLink } from './recorder-link.ts'
import type { Run } from './run.ts'
import { say, sayHealth } from './say-once.ts'
import { mergeSettings, parseSettings, type Settings } from './settings.ts'

/**
 * Starts to meter this process as a run, or, under a recorder that already runs, joins its run as a phase.
 * Resolves when the run has begun, at most about 120 ms later (1 s where something is TypeScript).
 * Rejects only for settings that make no sense: metering trouble never breaks a training.
 * @throws ErgometerError `SETTINGS_INVALID`, `CONFIG_NOT_LOADED`, `METER_UNKNOWN`, `METER_OPTIONS_INVALID`, …
 */
export async function startRun(options: Settings = {}): Promise<Run> {
  const calledAt = monotonicSeconds()
  const { directory, info, stale } = surroundingRecorder()
  if (stale) say(stale.message)
  const fallbackName = baseName(process.argv[1])
  if (directory && info)
    return joinRun(directory, info, await parseSettings(options, 'startRun'), fallbackName)
  const file = findConfig()
  // The recorder boots while settings are read, where it is known already what kind it is to be.
  const known = options?.recorder ?? (file ? undefined : 'process')
  const early = known && new RecorderLink(known, { health: sayHealth })
  const details = { calledAt, fallbackName, owner: process.pid, health: stale ? [stale] : [] }
  const { start, patience, settings } = await prepare(options, file, details).catch((error) => {
    early?.cancel()
    throw error
  })
  const link = early ?? new RecorderLink(settings.recorder ?? 'process', { health: sayHealth })
  link.begin(start)
  const readiness = await link.ready(patience)
  if (readiness.kind === 'refused') throw new ErgometerError(readiness.code, readiness.message)
  const metered = readiness.kind !== 'gone'
  if (!metered)
    say('no recorder could be started: this run is not metered (ERGOMETER_RECORDER names its program)')
  return recordRun(start, link, { metered, inline: settings.recorder === 'inline' })
}

async function prepare(
  options: Settings,
  file: ConfigFile | undefined,
  details: Omit<BeginningDetails, 'factors'>,
): Promise<Beginning & { settings: Settings }> {
  const given = await parseSettings(options, 'startRun')
  const configured = file ? await loadConfig(file) : {}
  const settings = mergeSettings(given, environmentSettings(), configured)
  const factors = await chooseFactors(settings)
  return { ...begin(settings, { ...details, factors, typescript: file?.typescript ?? false }), settings }
}
