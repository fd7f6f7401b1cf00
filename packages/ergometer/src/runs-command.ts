import { runsTable } from '@ergometer/report'
import { type Command, Option } from 'commander'
import { homeOf } from './begin.ts'
import { chooseRuns, RUN_ORDERS, type RunChoice } from './choose-runs.ts'
import { addHomeFlags, collect, commandSettings } from './cli-flags.ts'
import { listReports } from './list-runs.ts'
import { print, printJson } from './print.ts'
import { terminal } from './terminal.ts'

const STATUSES = ['completed', 'failed', 'aborted', 'crashed', 'running']

interface RunsFlags extends RunChoice {
  home?: string
  config?: string
  json?: boolean
}

/** Adds `ergometer runs`: a table of runs. */
export function addRunsCommand(program: Command): void {
  const runs = program
    .command('runs')
    .description('all runs, the latest last')
    .option('--tag <name[=value]>', 'only those with this tag; repeatable', collect)
    .addOption(new Option('--status <status>', 'only those that ended so').choices(STATUSES))
    .option('--named <text>', 'only those with this text in their name')
    .addOption(new Option('--sort <key>', 'the greatest last').choices(RUN_ORDERS).default('started'))
    .option('--limit <count>', 'at most so many, the last')
    .option('--json', 'as JSON')
  addHomeFlags(runs).action(async ({ json, home, config, ...choice }: RunsFlags) => {
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
}
