import type { ChildProcess } from 'node:child_process'
import {
  type CheckedCase,
  checkLine,
  checkVerdict,
  doctorText,
  markdownReport,
  metersText,
  runsTable,
  terminalReport,
} from '@ergometer/report'
import { Command, CommanderError, Option } from 'commander'
import { addAgentCommand } from './agent-command.ts'
import { homeOf } from './begin.ts'
import { chooseRuns, RUN_ORDERS, type RunChoice } from './choose-runs.ts'
import {
  addExportFlags,
  addFactorFlags,
  addHomeFlags,
  addMeterFlags,
  addTargetFlag,
  commandSettings,
  type Flags,
  flagSettings,
} from './cli-flags.ts'
import { addExportCommand } from './export-command.ts'
import { addFleetFlags, asksForFleet, type FleetFlags, fleetText } from './fleet-command.ts'
import { chooseFactors } from './given-factors.ts'
import { installedMeters } from './installed-meters.ts'
import { listReports } from './list-runs.ts'
import { type MeterRequest, requestMeters } from './meter-request.ts'
import { examine } from './probe-meters.ts'
import { readableReport } from './readable-report.ts'
import { addReconcileCommand } from './reconcile-command.ts'
import { type ReportAdditions, withAdditions } from './report-additions.ts'
import { reportNamed } from './report-from-journal.ts'
import { BUDGET_GRACE, BUDGET_SIGNALS, type RunFlags, runCommand } from './run-command.ts'
import { say } from './say-once.ts'
import { addSettleCommand } from './settle-command.ts'
import { terminal } from './terminal.ts'
import { versions } from './version.ts'
import { addWatchJobCommand } from './watch-job-command.ts'
import { addWhenCommand } from './when-command.ts'

/** Exit codes: 0 fine, 1 a negative verdict, 2 usage or input. */
const NEGATIVE = 1
const USAGE = 2

const STATUSES = ['completed', 'failed', 'aborted', 'crashed', 'running']

interface FormatFlags extends Flags {
  format?: 'terminal' | 'json' | 'md'
  json?: boolean
}

function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

function makeProgram(
  command: readonly string[] | undefined,
  exit: (code: number) => void,
  recorder: ChildProcess | undefined,
): Command {
  const program = new Command('ergometer')
    .description('Joules, kWh, CO2e and performance per joule of a training run.')
    .version(versions()['ergometer'] ?? '', '-v, --version')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  ergometer run -- python train.py            meter a training
  ergometer run --zone FR --tag lr=0.1 -- node train.js
  ergometer report                            the latest run again
  ergometer report --zone SE --pue 1.2        the same run, elsewhere
  ergometer when --hours 6 --source carbonintensity-uk
                                              the greenest start within a day
  ergometer export --to otlp=http://localhost:4318
                                              the latest run into OpenTelemetry, afterwards
  ergometer doctor                            what can be measured here, and how to measure more`,
    )

  const run = program
    .command('run')
    .usage('[flags] -- CMD [args]')
    .description('run CMD, record its energy, and exit with its exit code')
    .option('--name <name>', 'name of the run (default: base name of CMD)')
    .option(
      '--tag <name=value>',
      'a fact to find the run by; repeatable',
      (tag: string, tags: string[] = []) => [...tags, tag],
    )
  addMeterFlags(run).option('--interval <seconds>', "seconds between two reads (default: each meter's own)")
  addFactorFlags(run)
    .option(
      '--scope <machine|process>',
      "process: tell the share of CMD's own processes beside the machine's energy (default: machine)",
    )
    .option(
      '--baseline <seconds>',
      'rest so long before CMD, and tell what it took beyond the idle power measured then',
    )
    .option(
      '--budget <limit>',
      'kilowattHours=…, gramsCo2e=… or hours=…: CMD is ended when it is spent; repeatable',
      (limit: string, limits: string[] = []) => [...limits, limit],
    )
    .addOption(
      new Option('--budget-signal <signal>', 'what CMD is ended with')
        .choices(BUDGET_SIGNALS)
        .default('SIGTERM'),
    )
    .option(
      '--budget-grace <seconds>',
      'how long CMD may take to end before it is killed',
      String(BUDGET_GRACE),
    )
    .option('--group <id>', 'id that the nodes of one distributed run share')
    .option('--live', 'show watts, joules and grams while it runs')
  addTargetFlag(run)
  addExportFlags(run)
  addHomeFlags(run).action(async (flags: RunFlags) => {
    if (!command || command.length === 0)
      run.error("error: expected a command behind '--': ergometer run [flags] -- CMD")
    exit(await runCommand(command as string[], flags, recorder))
  })

  const report = program
    .command('report')
    .argument('[run]', 'id, unique prefix, folder, or latest', 'latest')
    .description('the report of a run, with other factors if given')
    .addOption(
      new Option('--format <format>', 'how to write it')
        .choices(['terminal', 'json', 'md'])
        .default('terminal'),
    )
    .option('--json', 'the same as --format json')
    .option('--what-if <zones>', 'the same energy elsewhere: FR,DE,US-CA,gcp:europe-north1')
    .option('--equivalents', 'what it is as much as: km by car, phone charges, …, with their sources')
  addFactorFlags(report)
  addTargetFlag(report)
  addFleetFlags(report)
  addHomeFlags(report).action(async (name: string, flags: FormatFlags & ReportAdditions & FleetFlags) => {
    if (asksForFleet(flags)) return print(await fleetText(flags, report))
    const { format, json, whatIf, equivalents, ...given } = flags
    const { settings } = await commandSettings(given)
    const chosen = await flagSettings(given)
    const others = await chooseFactors(chosen)
    const plain = await reportNamed(homeOf(settings), name, others, {}, chosen.targets)
    const made = withAdditions(plain, { whatIf, equivalents })
    if (json || format === 'json') printJson(made)
    else if (format === 'md') print(markdownReport(readableReport(made)))
    else print(terminalReport(readableReport(made), terminal.options(process.stdout)))
  })

  const runs = program
    .command('runs')
    .description('all runs, the latest last')
    .option(
      '--tag <name[=value]>',
      'only those with this tag; repeatable',
      (tag: string, tags: string[] = []) => [...tags, tag],
    )
    .addOption(new Option('--status <status>', 'only those that ended so').choices(STATUSES))
    .option('--named <text>', 'only those with this text in their name')
    .addOption(new Option('--sort <key>', 'the greatest last').choices(RUN_ORDERS).default('started'))
    .option('--limit <count>', 'at most so many, the last')
    .option('--json', 'as JSON')
  addHomeFlags(runs).action(async ({ json, home, config, ...choice }: FormatFlags & RunChoice) => {
    const { settings } = await commandSettings({
      ...(home === undefined ? {} : { home }),
      ...(config === undefined ? {} : { config }),
    })
    const reports = chooseRuns(listReports(homeOf(settings)), choice)
    if (json) printJson(reports.map((one) => one.run))
    else {
      const listed = reports.map(({ run, energy, carbon }) => ({
        run,
        ...(energy.joules === undefined ? {} : { joules: energy.joules }),
        ...(carbon.gramsCo2e === undefined ? {} : { gramsCo2e: carbon.gramsCo2e }),
      }))
      print(runsTable(listed, terminal.options(process.stdout)))
    }
  })

  const meters = program
    .command('meters')
    .description("meters and their domains; 'meters check NAME' tests one on the real instrument")
    .option('--json', 'as JSON')
  addHomeFlags(addMeterFlags(meters)).action(async ({ json, ...flags }: FormatFlags) => {
    const found = await findings(flags)
    // What is installed is told of where nobody named a meter.
    const installed = flags.meter ? [] : installedMeters(process.cwd())
    if (json) printJson([...found.meters, ...installed.map((one) => ({ ...one, installed: true }))])
    else print(metersText(found.meters, installed, terminal.options(process.stdout)))
  })

  meters
    .command('check')
    .argument('<name[={json}]>', 'a meter by name, package or file, with options')
    .description('run the conformance cases on the real instrument, and print a verdict')
    .option('--json', 'as JSON')
    .action(async (name: string, _flags: object, command: Command) => {
      const { json } = command.optsWithGlobals<FormatFlags>()
      const [request] = requestMeters([name], process.cwd()) as [MeterRequest]
      const cases: CheckedCase[] = []
      const { checkMeter, whyUnavailable } = await import('./check-meter.ts')
      const why = await whyUnavailable(request)
      if (why !== undefined) {
        say(
          `meter '${request.name}' is not available here, so nothing was checked: ${why} ('ergometer doctor --meter ${request.name}' tells more)`,
        )
        return exit(NEGATIVE)
      }
      for await (const one of checkMeter(request)) {
        cases.push(one)
        if (!json) process.stdout.write(checkLine(one, terminal.options(process.stdout)))
      }
      if (json) printJson(cases)
      else process.stdout.write(checkVerdict(request.name, cases, terminal.options(process.stdout)))
      if (cases.some(({ result }) => result === 'failed')) exit(NEGATIVE)
    })

  const doctor = program
    .command('doctor')
    .description('what can be measured here, what not, why, and the safe fix')
    .option('--json', 'as JSON')
  addHomeFlags(addMeterFlags(doctor)).action(async ({ json, ...flags }: FormatFlags) => {
    const { placeFinding } = await import('./doctor-place.ts')
    const [meters, place] = await Promise.all([findings(flags), placeFinding()])
    const found = place ? { ...meters, place } : meters
    if (json) printJson(found)
    else print(doctorText(found, terminal.options(process.stdout)))
    if (found.verdict !== 'measured') exit(NEGATIVE)
  })

  addExportCommand(program, () => exit(NEGATIVE))
  addWhenCommand(program, () => exit(NEGATIVE))
  addAgentCommand(program, () => exit(USAGE))
  addSettleCommand(program, () => exit(NEGATIVE))
  addReconcileCommand(program)
  addWatchJobCommand(program, exit)
  return program
}

async function findings(flags: Flags) {
  const { settings } = await commandSettings(flags)
  return examine(requestMeters(settings.meters, process.cwd()))
}

/** What may have a value has it behind `=` alone: the next word is never taken for one. */
function withoutValue(arg: string): string {
  return arg === '--otlp' || arg === '--prometheus' ? `${arg}=` : arg
}

/** A message of commander as one line of ours, with what to do. */
function oneLine(text: string, command: string): string {
  const message = text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
  const help = command === 'ergometer' ? 'ergometer --help' : `ergometer ${command} --help`
  return `${command === 'ergometer' ? '' : `${command}: `}${message} ('${help}' tells more)`
}

/**
 * Runs the command line; answers with its exit code. What is behind `--` is never looked at.
 * `recorder`: a recorder's process that was started for `run`.
 */
export async function main(args: readonly string[], recorder?: ChildProcess): Promise<number> {
  const split = args.indexOf('--')
  const own = (split < 0 ? args : args.slice(0, split)).map(withoutValue)
  // Without it the flags of CMD would be taken for ours.
  if (
    own[0] === 'run' &&
    own.length > 1 &&
    split < 0 &&
    !own.some((arg) => arg === '--help' || arg === '-h')
  ) {
    say("run: expected '--' before CMD: ergometer run [flags] -- CMD")
    return USAGE
  }
  let code = 0
  const remember = (given: number) => {
    code = given
  }
  const program = makeProgram(split < 0 ? undefined : args.slice(split + 1), remember, recorder)
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: (text) => say(oneLine(text, command.name())) })
  }
  try {
    await program.parseAsync([...own], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE
    say((error as Error).message)
    return USAGE
  }
  return code
}
