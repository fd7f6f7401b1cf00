import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ErgometerError, type LiveTotals, type RunEnd } from '@ergometer/core'
import { monotonicSeconds } from '@ergometer/meter'
import { liveLine, terminalReport } from '@ergometer/report'
import { type Command, Option } from 'commander'
import {
  type Beginning,
  type BeginningDetails,
  baseName,
  begin,
  standardExport,
  surroundingRecorder,
} from './begin.ts'
import {
  addExportFlags,
  addFactorFlags,
  addHomeFlags,
  addMeterFlags,
  addTargetFlag,
  collect,
  commandSettings,
  type Flags,
} from './cli-flags.ts'
import { forwardSignals } from './forward-signals.ts'
import { chooseFactors } from './given-factors.ts'
import { LiveDisplay } from './live-display.ts'
import { readableReport } from './readable-report.ts'
import { RecorderLink, unsentText } from './recorder-link.ts'
import { say, sayHealth } from './say-once.ts'
import { mergeSettings } from './settings.ts'
import { terminal } from './terminal.ts'

/** Seconds that the end waits for the report: CMD's exit is not delayed beyond. */
const REPORT_PATIENCE = 2

interface RunFlags extends Flags {
  live?: boolean
  budgetSignal?: NodeJS.Signals
  budgetGrace?: string
}

/** Signals that CMD may be ended with when the budget is spent. */
const BUDGET_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
/** Seconds that CMD then has before it is killed. */
const BUDGET_GRACE = 30

/**
 * Adds `ergometer run`. `command`: what is behind `--`; `exit` is told of the exit code; `recorder`: a recorder's process, if one was
 * started already.
 */
export function addRunCommand(
  program: Command,
  command: readonly string[] | undefined,
  exit: (code: number) => void,
  recorder: ChildProcess | undefined,
): void {
  const run = program
    .command('run')
    .usage('[flags] -- CMD [args]')
    .description('run CMD, record its energy, and exit with its exit code')
    .option('--name <name>', 'name of the run (default: base name of CMD)')
    .option('--tag <name=value>', 'a fact to find the run by; repeatable', collect)
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
      collect,
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
}

/**
 * `ergometer run -- CMD`: starts a recorder, then CMD, passes everything through, and answers with CMD's exit
 * code. This process opens no meter, and writes no file but who records, on the local disk. `recorder`: its process, if it was started already.
 */
async function runCommand(
  command: readonly string[],
  flags: RunFlags,
  recorder?: ChildProcess,
): Promise<number> {
  const calledAt = monotonicSeconds()
  const display = LiveDisplay.wanted(flags.live === true)
  const link = new RecorderLink(
    'process',
    {
      health: (entry) => {
        display?.clear()
        sayHealth(entry)
      },
      live: (totals: LiveTotals) => {
        if (totals.joules !== undefined)
          display?.draw((columns, color) => liveLine(totals, { columns, color }))
      },
    },
    recorder,
  )
  const { info, stale } = surroundingRecorder()
  if (stale) say(stale.message)
  const details = {
    calledAt,
    fallbackName: baseName(command[0]),
    command,
    health: stale ? [stale] : [],
    live: display !== undefined,
    ...(info ? { parent: info.runId } : {}),
  }
  const { start, patience } = await prepare(flags, details).catch((error) => {
    link.cancel()
    throw error
  })
  link.begin(start)
  if (start.baseline !== undefined) say(`resting for ${start.baseline} s to measure idle power`)
  const readiness = await link.ready(patience)
  if (readiness.kind === 'refused') {
    say(readiness.message)
    return 2
  }
  if (readiness.kind === 'gone') say('no recorder could be started: this run is not metered')

  const { code, end, notStarted } = await runChild(command, { ERGOMETER_EVENTS: start.events }, (child) =>
    endWhenSpent(child, link.spent, flags),
  )
  display?.clear()
  if (notStarted) say(notStarted)
  const endedAt = monotonicSeconds()
  link.end({ ...end, time: endedAt })
  if (readiness.kind === 'gone') return code
  const report = await link.report(REPORT_PATIENCE)
  // Of a command that did not start there is nothing to tell but why.
  if (notStarted) return code
  if (report) terminal.write(terminalReport(readableReport(report), terminal.options()))
  else say(`no report within ${REPORT_PATIENCE} s: 'ergometer report ${start.runId}' reads what was recorded`)
  // With this process its container may end, and with that the recorder: its last export is waited for.
  if (report && start.exports && !(await link.exported(endedAt + REPORT_PATIENCE - monotonicSeconds()))) {
    say(unsentText(start.runId))
  }
  return code
}

async function prepare(flags: RunFlags, details: Omit<BeginningDetails, 'factors'>): Promise<Beginning> {
  const { live: _live, budgetSignal: _signal, budgetGrace, ...rest } = flags
  graceOf(budgetGrace)
  const { settings: chosen, typescript } = await commandSettings(rest)
  const settings = mergeSettings(chosen, standardExport(process.env))
  return begin(settings, { ...details, typescript, factors: await chooseFactors(settings) })
}

interface ChildEnd {
  readonly code: number
  readonly end: RunEnd
  readonly notStarted?: string
}

/** Seconds of grace, from the flag. Throws an ErgometerError for what is none. */
function graceOf(text: string | undefined): number {
  const seconds = text === undefined ? BUDGET_GRACE : Number(text)
  if (text?.trim() !== '' && seconds >= 0 && seconds < Number.POSITIVE_INFINITY) return seconds
  throw new ErgometerError('SETTINGS_INVALID', `--budget-grace '${text}': expected seconds, at least 0`)
}

/** Asks CMD to end when the budget is spent, and kills it when it does not. */
function endWhenSpent(child: ChildProcess, spent: AbortSignal, flags: RunFlags): void {
  spent.addEventListener('abort', () => {
    const { budgetSignal: signal = 'SIGTERM' } = flags
    const seconds = graceOf(flags.budgetGrace)
    say(`${signal} is sent to CMD; it is killed unless it ends within ${seconds} s`)
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    child.once('exit', () => clearTimeout(timer))
  })
}

function runChild(
  command: readonly string[],
  environment: Record<string, string>,
  started: (child: ChildProcess) => void,
): Promise<ChildEnd> {
  const [file, ...args] = command as [string, ...string[]]
  return new Promise((resolve) => {
    const signals = forwardSignals()
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
    const stop = signals.to(child)
    started(child)
    child.once('error', (error: NodeJS.ErrnoException) => {
      stop()
      const found = error.code !== 'ENOENT'
      const code = found ? 126 : 127
      const why = found ? `cannot be executed (${error.code ?? error.message})` : 'not found'
      resolve({ code, end: { status: 'failed', exitCode: code }, notStarted: `${file}: ${why}` })
    })
    child.once('exit', (exitCode, signal) => {
      stop()
      resolve(signal === null ? byCode(exitCode ?? 1) : bySignal(signal))
    })
  })
}

function byCode(exitCode: number): ChildEnd {
  return { code: exitCode, end: { status: exitCode === 0 ? 'completed' : 'failed', exitCode } }
}

/** Signals by which somebody stops a training on purpose. */
const STOPPED = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])

function bySignal(signal: NodeJS.Signals): ChildEnd {
  const code = 128 + (constants.signals[signal] ?? 0)
  return { code, end: { status: STOPPED.has(signal) ? 'aborted' : 'crashed', signal } }
}
