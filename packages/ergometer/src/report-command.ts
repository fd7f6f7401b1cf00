import { markdownReport, terminalReport } from '@ergometer/report'
import { type Command, Option } from 'commander'
import { homeOf } from './begin.ts'
import {
  addFactorFlags,
  addHomeFlags,
  addTargetFlag,
  commandSettings,
  type Flags,
  flagSettings,
} from './cli-flags.ts'
import { addFleetFlags, asksForFleet, type FleetFlags, fleetText } from './fleet-command.ts'
import { chooseFactors } from './given-factors.ts'
import { print, printJson } from './print.ts'
import { readableReport } from './readable-report.ts'
import { type ReportAdditions, withAdditions } from './report-additions.ts'
import { reportNamed } from './report-from-journal.ts'
import { terminal } from './terminal.ts'

interface ReportFlags extends Flags, ReportAdditions, FleetFlags {
  format?: 'terminal' | 'json' | 'md'
  json?: boolean
}

/** Adds `ergometer report`: the report of a run again, or of a fleet. */
export function addReportCommand(program: Command): void {
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
  addHomeFlags(report).action(async (name: string, flags: ReportFlags) => {
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
}
