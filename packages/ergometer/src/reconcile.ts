import type { ProviderReportRow } from '@ergometer/carbon'
import { JOULES_PER_KILOWATT_HOUR } from '@ergometer/core'
import type {
  LeftOutRun,
  ProviderFigures,
  Reconciliation,
  ReconciliationRow,
  RunsFigures,
} from '@ergometer/report'
import { boundariesOf, differencesOf } from './reconcile-differences.ts'
import type { RunAccount } from './run-account.ts'
import type { RunMonth } from './run-month.ts'

/** A run whose place is known. */
interface PlacedRun extends RunMonth {
  readonly account: RunAccount
}

/**
 * A provider's own figures of a month beside the sum of the runs of each account and region. Pure. Rows are as fine as the provider's:
 * where its report tells no region, the runs of all regions stand beside it. Runs of other providers are none of it.
 */
export function reconcile(
  provider: Reconciliation['provider'],
  month: string,
  reported: readonly ProviderReportRow[],
  runs: readonly RunMonth[],
): Reconciliation {
  const rows = reported.filter((row) => row.month === month)
  const { placed, notes } = withAccounts(runs.filter(isPlaced), provider, rows)
  const taken = new Set<PlacedRun>()
  const beside = rows.map((row) => {
    const own = placed.filter(({ account }) => isOf(row, account))
    for (const one of own) taken.add(one)
    return rowOf(row, own)
  })
  const rest = new Map<string, PlacedRun[]>()
  for (const one of placed.filter((run) => !taken.has(run))) {
    const key = JSON.stringify([one.account.account, one.account.region])
    rest.set(key, [...(rest.get(key) ?? []), one])
  }
  const alone = [...rest.values()].map((own) => rowOf(undefined, own))
  return {
    schema: 'ergometer.reconciliation/1',
    provider,
    month,
    boundaries: boundariesOf(provider),
    rows: [...beside, ...alone].sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en')),
    notAttributable: runs.flatMap(leftOut),
    notes,
  }
}

function isPlaced(run: RunMonth): run is PlacedRun {
  return typeof run.account !== 'string'
}

/** The provider's runs. Where a run does not know its account and the report has one only, it is that one. */
function withAccounts(runs: readonly PlacedRun[], provider: string, rows: readonly ProviderReportRow[]) {
  const own = runs.filter(({ account }) => account.provider === provider)
  const told = new Set(rows.flatMap(({ account }) => account ?? []))
  const [only] = told
  const unknown = own.filter(({ account }) => account.account === undefined)
  if (only === undefined || told.size > 1 || unknown.length === 0) return { placed: own, notes: [] }
  const placed = own.map((run) =>
    run.account.account === undefined ? { ...run, account: { ...run.account, account: only } } : run,
  )
  const count = unknown.length === 1 ? '1 run does' : `${unknown.length} runs do`
  return {
    placed,
    notes: [`${count} not tell an account: taken to be of ${only}, the only one of the report`],
  }
}

function isOf(row: ProviderReportRow, { account, region }: RunAccount): boolean {
  return (
    (row.account === undefined || sameName(row.account, account)) &&
    (row.region === undefined || sameName(row.region, region))
  )
}

function sameName(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase()
}

function rowOf(reported: ProviderReportRow | undefined, runs: readonly PlacedRun[]): ReconciliationRow {
  const account = reported ? reported.account : runs[0]?.account.account
  const region = reported ? reported.region : runs[0]?.account.region
  const provider = reported && figuresOf(reported)
  const figures = sumOf(runs)
  const explained = explainedBy(provider, figures)
  return {
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(provider ? { provider } : {}),
    runs: figures,
    ...(explained ? { explained } : {}),
    differences: differencesOf(provider, runs, figures),
  }
}

function figuresOf({ gramsCo2e, source }: ProviderReportRow): ProviderFigures {
  const grams = Object.entries<number | undefined>({ ...gramsCo2e }).flatMap(
    ([name, value]): [string, number][] =>
      value !== undefined && Number.isFinite(value) ? [[`${name}Grams`, value]] : [],
  )
  return { ...(Object.fromEntries(grams) as Omit<ProviderFigures, 'source'>), source }
}

/** A sum of which a part is unknown is unknown; grams of different kinds or bases are no sum. */
function sumOf(runs: readonly PlacedRun[]): RunsFigures {
  const sum = (values: readonly (number | undefined)[]): number | undefined =>
    values.length > 0 && values.every((value) => value !== undefined)
      ? values.reduce<number>((total, value) => total + (value as number), 0)
      : undefined
  const joules = sum(runs.map((run) => run.joules))
  const comparable = new Set(runs.map(({ basis }) => basis)).size === 1
  const operational = comparable ? sum(runs.map((run) => run.operationalGrams)) : undefined
  const embodied = sum(runs.map((run) => run.embodiedGrams))
  const seconds = sum(runs.map(({ run }) => run.seconds))
  const covered = sum(runs.map(({ run, coverage }) => run.seconds * coverage))
  return {
    ids: runs.map(({ run }) => run.id),
    provisional: runs.filter(({ provisional }) => provisional).length,
    ...(joules === undefined ? {} : { joules, kilowattHours: joules / JOULES_PER_KILOWATT_HOUR }),
    ...(operational === undefined ? {} : { operationalGrams: operational }),
    ...(embodied === undefined ? {} : { embodiedGrams: embodied }),
    ...(seconds && covered !== undefined ? { coverage: covered / seconds } : {}),
  }
}

/** A market-based figure says what was bought, not what was emitted for the energy: runs explain no share of it. */
function explainedBy(
  provider: ProviderFigures | undefined,
  { operationalGrams }: RunsFigures,
): ReconciliationRow['explained'] | undefined {
  if (operationalGrams === undefined) return undefined
  const { locationBasedGrams, totalGrams } = provider ?? {}
  if (locationBasedGrams !== undefined) {
    return locationBasedGrams > 0
      ? { share: operationalGrams / locationBasedGrams, of: 'locationBased' }
      : undefined
  }
  return totalGrams !== undefined && totalGrams > 0
    ? { share: operationalGrams / totalGrams, of: 'total' }
    : undefined
}

function leftOut({ run, account, joules, operationalGrams }: RunMonth): LeftOutRun[] {
  if (typeof account !== 'string') return []
  return [
    {
      id: run.id,
      name: run.name,
      why: account,
      ...(joules === undefined ? {} : { kilowattHours: joules / JOULES_PER_KILOWATT_HOUR }),
      ...(operationalGrams === undefined ? {} : { operationalGrams }),
    },
  ]
}

function keyOf({ account = '', region = '' }: ReconciliationRow): string {
  return `${account} ${region}`
}
