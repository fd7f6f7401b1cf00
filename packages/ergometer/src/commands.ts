import type { ChildProcess } from 'node:child_process'
import { Command, CommanderError } from 'commander'
import { addAgentCommand } from './agent-command.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { addExportCommand } from './export-command.ts'
import { addMetersCommand } from './meters-command.ts'
import { addReconcileCommand } from './reconcile-command.ts'
import { addReportCommand } from './report-command.ts'
import { addRunCommand } from './run-command.ts'
import { addRunsCommand } from './runs-command.ts'
import { say } from './say-once.ts'
import { addSettleCommand } from './settle-command.ts'
import { versions } from './version.ts'
import { addWatchJobCommand } from './watch-job-command.ts'
import { addWhenCommand } from './when-command.ts'

/** Exit codes: 0 fine, 1 a negative verdict, 2 usage or input. */
const NEGATIVE = 1
const USAGE = 2

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

  addRunCommand(program, command, exit, recorder)
  addReportCommand(program)
  addRunsCommand(program)
  addMetersCommand(program, () => exit(NEGATIVE))
  addDoctorCommand(program, () => exit(NEGATIVE))
  addExportCommand(program, () => exit(NEGATIVE))
  addWhenCommand(program, () => exit(NEGATIVE))
  addAgentCommand(program, () => exit(USAGE))
  addSettleCommand(program, () => exit(NEGATIVE))
  addReconcileCommand(program)
  addWatchJobCommand(program, exit)
  return program
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
  const slip = own.findIndex(
    (arg, index) => /^--(otlp|prometheus)=$/.test(arg) && /^[^-]/.test(own[index + 1] ?? ''),
  )
  if (slip >= 0) {
    say(`${own[0]}: ${own[slip]?.slice(0, -1)} takes its value behind '=': ${own[slip]}${own[slip + 1]}`)
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
