import { ErgometerError } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { joinRun } from './attached-run.ts'
import { baseName, begin, environmentSettings, PATIENCE_OPTIONS, surroundingRecorder } from './begin.ts'
import { findConfig, loadConfig } from './config-file.ts'
import { recordRun } from './embedded-run.ts'
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
  const given = Object.keys(options).length > 0 ? await parseSettings(options, 'startRun') : {}
  const fallbackName = baseName(process.argv[1])
  if (directory && info) return joinRun(directory, info, given, fallbackName)
  const file = findConfig()
  const configured = file ? await loadConfig(file) : {}
  const settings = mergeSettings(given, environmentSettings(), configured)
  const beginning = begin(settings, {
    calledAt,
    fallbackName,
    owner: process.pid,
    health: stale ? [stale] : [],
    typescript: file?.typescript ?? false,
  })
  const link = new RecorderLink(beginning.start, settings.recorder ?? 'process', { health: sayHealth })
  const readiness = await link.ready(
    beginning.required ? Math.max(PATIENCE_OPTIONS, beginning.patience) : beginning.patience,
  )
  if (readiness.kind === 'refused') throw new ErgometerError(readiness.code, readiness.message)
  if (readiness.kind === 'gone')
    say('no recorder could be started: this run is not metered (ERGOMETER_RECORDER names its program)')
  return recordRun(beginning.start, link)
}
