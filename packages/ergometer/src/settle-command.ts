import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicSeconds } from '@ergometer/meter'
import { terminalReport } from '@ergometer/report'
import type { Command } from 'commander'
import { homeOf } from './begin.ts'
import { addHomeFlags, commandSettings, type Flags } from './cli-flags.ts'
import { meterSource } from './open-meter.ts'
import { readableReport } from './readable-report.ts'
import { meterEnvironment } from './recorder-link.ts'
import { say } from './say-once.ts'
import { type SettledRun, type SettleWorld, settleRun } from './settle-run.ts'
import { terminal } from './terminal.ts'

interface SettleFlags extends Flags {
  wait?: boolean
  json?: boolean
}

/** Adds `ergometer settle`: asks late meters again. `refuse` is told of the exit code while the run is provisional. */
export function addSettleCommand(program: Command, refuse: () => void): void {
  const settle = program
    .command('settle')
    .argument('[run]', 'id, unique prefix, folder, or latest', 'latest')
    .description('fetch what late meters (clouds) still owe of a run that is over, and close its report')
    .option('--wait', 'ask again and again, until nothing is owed or what is owed is given up')
    .option('--json', 'as JSON')
  addHomeFlags(settle).action(async (run: string, { wait, json, ...flags }: SettleFlags) => {
    const { settings } = await commandSettings(flags)
    const settled = await settleRun(homeOf(settings), run, { wait }, settlingWorld())
    const text = json
      ? `${JSON.stringify(answerOf(settled), null, 2)}\n`
      : terminalReport(readableReport(settled.report), terminal.options(process.stdout))
    process.stdout.write(text)
    if (settled.report.run.provisional) refuse()
  })
}

/** The real world, as settling touches it. */
export function settlingWorld(): SettleWorld {
  return {
    now: () => Date.now(),
    clock: monotonicSeconds,
    sleep: (seconds) => sleep(seconds * 1000),
    open: (request, log, window) => meterSource(request, log, meterEnvironment(), window),
    say,
    directory: process.cwd(),
  }
}

/** What `--json` prints. */
function answerOf({ report, changes, owed, failed }: SettledRun) {
  return {
    schema: 'ergometer.settled/1',
    run: report.run,
    changes,
    owed: owed.map(({ id, reached, until }) => ({
      domain: id,
      reachedSeconds: reached,
      until: new Date(until).toISOString(),
    })),
    failed,
  }
}
