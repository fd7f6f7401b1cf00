import { ErgometerError } from '@ergometer/core'
import { type Command, Option } from 'commander'
import { environmentSettings } from './begin.ts'
import { findConfig, loadConfig } from './config-file.ts'
import { mergeSettings, parseSettings, type Settings } from './settings.ts'

/** Flags as commander hands them over: texts. */
export interface Flags {
  meter?: string[]
  home?: string
  name?: string
  tag?: string[]
  interval?: string
  zone?: string
  intensity?: string
  pue?: string
  source?: string
  overhead?: string
  water?: string
  embodied?: string
  parameters?: string
  scope?: string
  baseline?: string
  budget?: string[]
  target?: string[]
  config?: string
  group?: string
  otlp?: string | true
  prometheus?: string | true
}

/** Flags that say where runs lie. */
export function addHomeFlags(command: Command): Command {
  return command
    .option('--home <folder>', 'folder that holds the runs (default: .ergometer)')
    .option('--config <file>', 'configuration file (default: ergometer.config.{ts,js,json} here)')
}

/** Flags that say which meters to use. */
export function addMeterFlags(command: Command): Command {
  return command.option(
    '--meter <name[={json}]>',
    'a meter by name, package or file, with options; repeatable; only those named are used (default: all that work here)',
    collect,
  )
}

/** Flags that turn joules into grams. */
export function addFactorFlags(command: Command): Command {
  return command
    .option('--zone <code>', 'grid zone: ISO 3166 such as FR or US-CA, WORLD, or gcp:europe-north1')
    .option('--intensity <g/kWh>', "grid intensity, in place of the zone's")
    .option(
      '--source <name[={json}]>',
      'where intensity over time comes from: csv, electricity-maps, watttime, carbonintensity-uk, …',
    )
    .option('--pue <factor>', 'power usage effectiveness of the building, at least 1')
    .option('--overhead <factor>', 'what power supply, fans and board add to component sensors, at least 1')
    .option(
      '--water <litres/kWh>',
      'water of the site, or {"siteLitresPerKilowattHour": …, "gridLitresPerKilowattHour": …}',
    )
    .option(
      '--embodied <hardware>',
      'emissions of making it: aws:p3.2xlarge, or {"totalGrams": …, "lifetimeYears": 4, "share": 1}',
    )
    .option('--parameters <count>', 'parameters of the model, for SCI for AI')
}

/** Flags that say where to export to. */
export function addExportFlags(command: Command): Command {
  return command
    .addOption(
      placeOption(
        '--otlp [url]',
        'send metrics over OTLP to a base endpoint (default: as OTEL_EXPORTER_OTLP_* say, or http://localhost:4318)',
      ),
    )
    .addOption(
      placeOption(
        '--prometheus [host:port]',
        'let Prometheus scrape metrics here, path /metrics (default: 127.0.0.1:9464)',
      ),
    )
}

/** Takes its value behind `=` alone, and help shows it so. */
function placeOption(flags: string, description: string): Option {
  const option = new Option(flags, description)
  option.flags = flags.replace(' [', '[=')
  return option
}

/** Scores to reach. */
export function addTargetFlag(command: Command): Command {
  return command.option(
    '--target <score=value>',
    'a score to reach, such as accuracy=0.95: the report says what it took; repeatable',
    collect,
  )
}

/** Of a flag that may be repeated: all its values. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value]
}

/** Settings from flags. Throws an ErgometerError that names the flag. */
export async function flagSettings(flags: Flags): Promise<Settings> {
  const { meter, tag, budget, target, interval, intensity, pue, baseline, config: _, ...texts } = flags
  const { otlp, prometheus } = texts
  const { home, name, zone, scope, group, source, overhead, water, embodied, parameters } = texts
  const settings = {
    ...withValue({ home, name, zone, scope, group, source }),
    ...withValue({ otlp: placeOf(otlp), prometheus: placeOf(prometheus) }),
    ...withValue({ interval: toNumber(interval), baseline: toNumber(baseline) }),
    ...withValue({ intensity: toNumber(intensity), pue: toNumber(pue), overhead: toNumber(overhead) }),
    ...withValue({
      water: waterOf(water),
      embodied: toObject('embodied', embodied),
      parameters: toNumber(parameters),
    }),
    ...(meter ? { meters: meter } : {}),
    ...(budget ? { budget: Object.fromEntries(budget.map(budgetPair)) } : {}),
    ...(target ? { targets: Object.fromEntries(target.map(targetPair)) } : {}),
    ...(tag ? { tags: Object.fromEntries(tag.map(tagPair)) } : {}),
  }
  return parseSettings(settings, 'command line')
}

/** All settings of a command: flags, then environment, then the configuration file. */
export async function commandSettings(flags: Flags): Promise<{ settings: Settings; typescript: boolean }> {
  const given = await flagSettings(flags)
  const file = findConfig(flags.config)
  const configured = file ? await loadConfig(file) : {}
  return {
    settings: mergeSettings(given, environmentSettings(), configured),
    typescript: file?.typescript ?? false,
  }
}

/** What is no number stays what it is, for the schema to name. */
function toNumber(text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  return text.trim() === '' || Number.isNaN(value) ? text : value
}

/** A flag without a value means the usual place. */
function placeOf(value: string | true | undefined): string | true | undefined {
  return value === '' ? true : value
}

/** What looks like JSON is JSON; anything else stays a text. */
function toObject(flag: string, text: string | undefined): unknown {
  if (text === undefined || !text.trim().startsWith('{')) return text
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ErgometerError(
      'SETTINGS_INVALID',
      `--${flag} '${text}': no JSON: ${(cause as Error).message}`,
      cause,
    )
  }
}

/** A number is litres of the site. */
function waterOf(text: string | undefined): unknown {
  const value = toNumber(text)
  return typeof value === 'number' ? { siteLitresPerKilowattHour: value } : toObject('water', text)
}

function budgetPair(text: string): [string, number | string | undefined] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), toNumber(text.slice(at + 1))]
  throw new ErgometerError(
    'SETTINGS_INVALID',
    `--budget '${text}': expected kilowattHours=…, gramsCo2e=… or hours=…`,
  )
}

function targetPair(text: string): [string, number | string | undefined] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), toNumber(text.slice(at + 1))]
  throw new ErgometerError('SETTINGS_INVALID', `--target '${text}': expected score=value`)
}

function tagPair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new ErgometerError('SETTINGS_INVALID', `--tag '${text}': expected name=value`)
}

function withValue<Values extends Record<string, unknown>>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>
}
