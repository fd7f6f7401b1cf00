import { ErgometerError } from '@ergometer/core'
import { markdownFleet, terminalFleet } from '@ergometer/report'
import type { Command } from 'commander'
import { DEFAULT_SINCE, fleetWindow } from './fleet-window.ts'
import { PrometheusStore } from './prometheus-store.ts'
import { readFleet } from './read-fleet.ts'
import { storeAccess } from './store-access.ts'
import { terminal } from './terminal.ts'

/** Flags of `ergometer report` that ask a store of metrics for a whole fleet. */
export interface FleetFlags {
  fromPrometheus?: string
  runName?: string
  since?: string
  tokenEnv?: string
  tokenFile?: string
}

const FLEET_FLAGS = ['fromPrometheus', 'runName', 'since', 'tokenEnv', 'tokenFile']
/** What goes with them; all others are about a run's journal. */
const ALSO = [...FLEET_FLAGS, 'format', 'json', 'home', 'config']

/** Adds the flags that ask a store for a fleet. */
export function addFleetFlags(command: Command): Command {
  return command
    .option(
      '--from-prometheus <url>',
      'one report over all nodes of a run, from a store that speaks the Prometheus HTTP interface',
    )
    .option('--run-name <name>', 'the name that the nodes of that run share')
    .option(
      '--since <time>',
      `how far back to look: 90m, 7d, 2026-11-22, or a time with its zone (default: ${DEFAULT_SINCE})`,
    )
    .option('--token-env <name>', 'environment variable with a bearer token of the store')
    .option('--token-file <file>', 'file with a bearer token of the store')
}

/** Whether any of the flags was given. */
export function asksForFleet(flags: FleetFlags): boolean {
  return FLEET_FLAGS.some((flag) => flags[flag as keyof FleetFlags] !== undefined)
}

/**
 * The report of a fleet as text. Throws an ErgometerError that names the flag, or says what the store answered.
 * `command`: knows which flags were given.
 */
export async function fleetText(
  flags: FleetFlags & { json?: boolean; format?: string },
  command: Command,
): Promise<string> {
  const { fromPrometheus, runName, since = DEFAULT_SINCE, json, format } = flags
  if (fromPrometheus === undefined || !runName) {
    throw invalid(
      fromPrometheus === undefined ? '--from-prometheus is missing' : '--run-name is missing',
      'expected --from-prometheus URL and --run-name NAME',
    )
  }
  const other = command.options.find(
    (option) =>
      !ALSO.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  )
  const unwanted = other?.long ?? command.args[0]
  if (unwanted !== undefined)
    throw invalid(
      `'${unwanted}' beside --from-prometheus`,
      'expected none: the store knows what was exported',
    )
  const window = fleetWindow(since, Date.now() / 1000)
  const access = storeAccess({ ...flags, fromPrometheus }, process.env)
  const report = await readFleet(new PrometheusStore({ ...access, fetch }), runName, window)
  if (json || format === 'json') return `${JSON.stringify(report, null, 2)}\n`
  return format === 'md' ? markdownFleet(report) : terminalFleet(report, terminal.options(process.stdout))
}

function invalid(what: string, expected: string): ErgometerError {
  return new ErgometerError('SETTINGS_INVALID', `report: ${what}: ${expected}`)
}
