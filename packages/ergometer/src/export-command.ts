import {
  analyse,
  ErgometerError,
  type Exporter,
  type ExporterContext,
  exporterOptions,
  type FinishedRun,
  findExporter,
  findRun,
  openRun,
  pastTotals,
  redactText,
} from '@ergometer/core'
import type { Command } from 'commander'
import { homeOf } from './begin.ts'
import { addHomeFlags, commandSettings } from './cli-flags.ts'
import { recordedFactors } from './factors.ts'
import { findModule, isFileName, splitChoice } from './find-module.ts'
import { importModule } from './import-module.ts'
import { loadTelemetry } from './load-telemetry.ts'
import { say } from './say-once.ts'

interface ExportFlags {
  to: string[]
  home?: string
  config?: string
}

/** An exporter with its options, checked: nothing is sent yet. */
interface ChosenExporter {
  readonly exporter: Exporter
  readonly options: unknown
}

/** What only shows once a run is read, and is wrong in what was asked for: not the receiver's fault. */
const USAGE: ReadonlySet<string> = new Set(['EXPORTER_OPTIONS_INVALID', 'EXPORT_STEP_INVALID'])

/** Our own exporters; each loads what it needs once it is named. */
const BUILTIN_EXPORTERS: Readonly<Record<string, () => Promise<Exporter>>> = {
  otlp: async () => (await loadTelemetry()).otlp as unknown as Exporter,
}

/** Adds `ergometer export`. `refuse` is told of the exit code where something could not be delivered. */
export function addExportCommand(program: Command, refuse: () => void): void {
  const command = program
    .command('export')
    .argument('[run]', 'id, unique prefix, folder, or latest', 'latest')
    .description('send a run that is over somewhere else, with the time stamps of then')
    .requiredOption(
      '--to <name[=value]>',
      'otlp[=URL], or an exporter of your own by package or file; VALUE is JSON or a text; repeatable',
      (one: string, others: string[] = []) => [...others, one],
    )
  addHomeFlags(command).action(async (name: string, { to, ...flags }: ExportFlags) => {
    const { settings } = await commandSettings(flags)
    const chosen: ChosenExporter[] = []
    for (const text of to) chosen.push(await chooseExporter(text, process.cwd()))
    const run = finishedRun(findRun(homeOf(settings), name))
    if (run.report.run.provisional) {
      say(
        `run ${run.report.run.id} is provisional: meters that report late still owe it readings; export it again once it is settled`,
      )
    }
    const context: ExporterContext = {
      env: process.env,
      fetch: globalThis.fetch,
      log: say,
      signal: new AbortController().signal,
    }
    for (const { exporter, options } of chosen) {
      try {
        const told = await exporter.definition.replay(options, run, context)
        process.stdout.write(`${told}\n`)
      } catch (error) {
        if (error instanceof ErgometerError && USAGE.has(error.code)) throw error
        say(failureText(exporter, error))
        refuse()
      }
    }
  })
}

/**
 * An exporter by `NAME[=VALUE]`: one of ours, a package or a file as seen from a directory.
 * @throws ErgometerError `EXPORTER_UNKNOWN`, `EXPORTER_NOT_LOADED`, `EXPORTER_OPTIONS_INVALID`, and what `findExporter` throws
 */
async function chooseExporter(text: string, directory: string): Promise<ChosenExporter> {
  const { name, value } = splitChoice(text)
  const given = value === undefined ? undefined : parseValue(name, value)
  const exporter = await loadExporter(name, directory)
  return { exporter, options: await exporterOptions(exporter, given) }
}

async function loadExporter(name: string, directory: string): Promise<Exporter> {
  if (Object.hasOwn(BUILTIN_EXPORTERS, name)) return (BUILTIN_EXPORTERS[name] as () => Promise<Exporter>)()
  const url = findModule(name, directory)
  if (url === undefined) {
    const known = Object.keys(BUILTIN_EXPORTERS).join(', ')
    const message = `exporter '${redactText(name)}' is unknown: expected ${known}, an installed package or a file (./exporter.ts); ${whyUnknown(name, directory)}`
    throw new ErgometerError('EXPORTER_UNKNOWN', message)
  }
  const module = await importModule(url).catch((cause) => {
    throw new ErgometerError('EXPORTER_NOT_LOADED', `exporter '${name}': ${firstLine(cause)}`, cause)
  })
  return findExporter(module, url)
}

function whyUnknown(name: string, directory: string): string {
  if (/^https?:/i.test(name)) return 'did you mean --to otlp=URL?'
  return isFileName(name) ? 'no such file' : `is it installed in ${directory}?`
}

/** What looks like JSON is JSON; anything else is a text. */
function parseValue(name: string, value: string): unknown {
  if (!/^\s*[{["]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch (cause) {
    // The parser's own words may repeat a part of it, secrets among it.
    const message = `exporter '${name}': its value looks like JSON and is none; expected --to '${name}={"option": "value"}', or a text`
    throw new ErgometerError('EXPORTER_OPTIONS_INVALID', message, cause)
  }
}

/** A run folder, its journal read. */
function finishedRun(folder: string): FinishedRun {
  const { journal, running, report } = openRun(folder, recordedFactors)
  if (running) {
    const message = `run ${journal.start?.runId ?? folder} is still recorded: export it once it has ended (while it goes on, 'ergometer run --otlp' exports it)`
    throw new ErgometerError('RUN_NOT_OVER', message)
  }
  const factors = recordedFactors(journal)
  return {
    report: report ?? analyse(journal, factors, { folder }),
    totals: (stepSeconds) => pastTotals(journal, factors, stepSeconds),
  }
}

/** What went wrong, and where: errors of ours say it all. */
function failureText({ exporterName }: Exporter, error: unknown): string {
  if (error instanceof ErgometerError) return error.message
  return redactText(`exporter '${exporterName}': ${firstLine(error)}`)
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.split('\n')[0] as string
}
