import { CarbonError, type ProviderReportRow, parseProviderReport } from '@ergometer/carbon'
import { ErgometerError, lookAtRun, runFolders } from '@ergometer/core'
import { reconciliationText } from '@ergometer/report'
import { type Command, Option } from 'commander'
import { homeOf } from './begin.ts'
import { boundedInput } from './bounded-input.ts'
import { addHomeFlags, commandSettings, type Flags } from './cli-flags.ts'
import { recordedFactors } from './factors.ts'
import { storedReport } from './list-runs.ts'
import { type Month, parseMonth } from './month.ts'
import { reconcile } from './reconcile.ts'
import { type ReadRun, runsInMonth } from './run-month.ts'
import { say } from './say-once.ts'
import { terminal } from './terminal.ts'

const PROVIDERS = ['aws', 'gcp', 'azure'] as const
type ProviderName = (typeof PROVIDERS)[number]

/** A month of an organisation with a row for each account, product and region is far smaller. */
const MOST_BYTES = 64 * 2 ** 20
/** A wall clock may be wrong by so many milliseconds, or a report be of an older journal. */
const DAY = 86_400_000

/** Where each provider makes the report, and which one. */
const EXPORTS: Readonly<Record<ProviderName, string>> = {
  aws: 'AWS: Billing and Cost Management > Data Exports > Carbon emissions as CSV (gunzip it), or the reply of GetEstimatedCarbonEmissions with Granularity MONTHLY, grouped by USAGE_ACCOUNT_ID and REGION',
  gcp: 'Google Cloud: Carbon Footprint > Export to BigQuery, then bq query --format=json of that table, or its CSV',
  azure:
    'Azure: the reply of carbonEmissionReports (az rest, reportType ItemDetailsReport), or the CSV of Carbon Optimization',
}

interface ReconcileFlags extends Flags {
  provider: ProviderName
  month: string
  file?: string
  json?: boolean
}

/** Adds `ergometer reconcile`: a provider's own carbon report beside the runs. */
export function addReconcileCommand(program: Command): void {
  const command = program
    .command('reconcile')
    .description("a cloud's own carbon report of a month beside the sum of the runs there")
    .addOption(new Option('--provider <name>', 'whose report it is').choices(PROVIDERS).makeOptionMandatory())
    .requiredOption('--month <month>', 'in UTC: 2026-10')
    .option('--file <path>', "the provider's export, CSV or JSON; - is stdin")
    .option('--json', 'as JSON')
  addHomeFlags(command).action(async ({ provider, month, file, json, ...flags }: ReconcileFlags) => {
    const asked = parseMonth(month)
    const { settings } = await commandSettings(flags)
    const rows = reportedRows(provider, asked, file)
    const runs = runsInMonth(readRuns(homeOf(settings), asked), asked)
    const found = reconcile(provider, asked.name, rows, runs)
    process.stdout.write(
      json
        ? `${JSON.stringify(found, null, 2)}\n`
        : reconciliationText(found, terminal.options(process.stdout)),
    )
  })
}

function reportedRows(
  provider: ProviderName,
  { name }: Month,
  file: string | undefined,
): ProviderReportRow[] {
  if (file === undefined) {
    const message = `reconcile: expected --file with the provider's export: ${EXPORTS[provider]}`
    throw new ErgometerError('PROVIDER_REPORT_MISSING', message)
  }
  const rows = parsed(provider, boundedInput(file, MOST_BYTES), name)
  if (rows.some(({ month }) => month === name)) return rows
  const months = [...new Set(rows.map(({ month }) => month))].sort()
  const told = months.length > 1 ? `${months[0]} to ${months.at(-1)}` : months[0]
  throw new ErgometerError(
    'PROVIDER_REPORT_MONTH',
    `the report tells of ${told}, expected ${name}: providers report weeks after a month's end; export it again, or name another --month`,
  )
}

function parsed(provider: ProviderName, text: string, month: string): ProviderReportRow[] {
  try {
    return parseProviderReport(provider, text, { month })
  } catch (cause) {
    if (CarbonError.isInstance(cause)) throw cause
    // A cell of many megabytes is too much for the reader of tables.
    const message = `Carbon report of ${provider}: it cannot be read: expected ${EXPORTS[provider]}`
    throw new ErgometerError('FILE_UNREADABLE', message, cause)
  }
}

/** Runs that may have a part in a month. One that cannot be read is said, and left out. */
function readRuns(home: string, { from, to }: Month): ReadRun[] {
  return runFolders(home).flatMap((folder) => {
    const { startedAt, endedAt } = storedReport(folder)?.run ?? {}
    if (Date.parse(startedAt ?? '') > to + DAY || Date.parse(endedAt ?? '') < from - DAY) return []
    try {
      const { journal, running } = lookAtRun(folder)
      return [{ journal, running, factors: recordedFactors(journal) }]
    } catch (error) {
      say(`${folder}: is left out, it cannot be read: ${(error as Error).message}`)
      return []
    }
  })
}
