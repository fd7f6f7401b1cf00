import type { Fact } from './phrase.ts'
import { phrase } from './phrase.ts'
import { formatEnergy, formatGrams, formatShare } from './quantity.ts'
import { createPaint } from './style.ts'
import { table } from './table.ts'
import { drawingWidth, factLines, type TextOptions, textLines } from './text-lines.ts'
import { textTable } from './text-table.ts'

/** What a provider reports of a month, in grams: one figure for each method, never mixed. */
export interface ProviderFigures {
  /** All scopes; of electricity by the grid's average. */
  readonly locationBasedGrams?: number
  /** All scopes; of electricity by contracts. */
  readonly marketBasedGrams?: number
  /** By a method that the report does not name. */
  readonly totalGrams?: number
  readonly scope1Grams?: number
  readonly scope2LocationBasedGrams?: number
  readonly scope2MarketBasedGrams?: number
  readonly scope3Grams?: number
  readonly scope3LocationBasedGrams?: number
  readonly scope3MarketBasedGrams?: number
  /** Which report it is, with the version of its model. */
  readonly source: string
}

/** What the runs of an account and region took in a month. Absent is unknown. */
export interface RunsFigures {
  readonly ids: readonly string[]
  /** Those that late data may still change. */
  readonly provisional: number
  readonly joules?: number
  readonly kilowattHours?: number
  readonly operationalGrams?: number
  readonly embodiedGrams?: number
  /** Of the time of the runs, 0 to 1. */
  readonly coverage?: number
}

/** Why a provider's figure and that of the runs differ. */
export interface ReconciliationDifference {
  /** Stable, kebab-case. */
  readonly kind: string
  readonly message: string
  /** How much it is, where that is known. */
  readonly gramsCo2e?: number
}

/** An account and region. */
export interface ReconciliationRow {
  /** Absent where the report does not tell accounts, or regions, apart. */
  readonly account?: string
  readonly region?: string
  /** Absent where the report has no such account and region. */
  readonly provider?: ProviderFigures
  readonly runs: RunsFigures
  /** Operational grams of the runs, divided by the provider's of the method that is named. Above 1 is possible. */
  readonly explained?: { readonly share: number; readonly of: 'locationBased' | 'total' }
  readonly differences: readonly ReconciliationDifference[]
}

/** A run that is in no row. */
export interface LeftOutRun {
  readonly id: string
  readonly name: string
  readonly why: string
  readonly kilowattHours?: number
  readonly operationalGrams?: number
}

/** What `ergometer reconcile --json` prints. */
export interface Reconciliation {
  readonly schema: 'ergometer.reconciliation/1'
  readonly provider: 'aws' | 'gcp' | 'azure'
  /** `2026-10`, in UTC. */
  readonly month: string
  /** What each side's figures contain. */
  readonly boundaries: { readonly provider: string; readonly runs: string }
  readonly rows: readonly ReconciliationRow[]
  readonly notAttributable: readonly LeftOutRun[]
  readonly notes: readonly string[]
}

const NAMES = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' } as const

/** Draws a reconciliation for the terminal; ends with a line feed. */
export function reconciliationText(found: Reconciliation, options: TextOptions = {}): string {
  const width = drawingWidth(options.columns)
  const paint = createPaint(options.color)
  const { provider, month, rows, boundaries, notAttributable, notes } = found
  const facts: Fact[] = [
    { label: 'Provider', lines: [[phrase(boundaries.provider)]] },
    { label: 'Runs', lines: [[phrase(boundaries.runs)]] },
    ...notes.map((note) => ({ label: 'Note', lines: [[phrase(note, 'caution' as const)]] })),
  ]
  const lines = [
    ...textLines([phrase(NAMES[provider], 'strong'), phrase(month, 'strong')], width, paint),
    '',
    ...textTable(rowTable(rows), width, paint),
    '',
    ...factLines(facts, width, paint),
    ...(notAttributable.length === 0 ? [] : ['', ...textTable(leftOutTable(notAttributable), width, paint)]),
  ]
  return `${lines.join('\n')}\n`
}

function rowTable(rows: readonly ReconciliationRow[]) {
  const columns = [
    { heading: 'Account' },
    { heading: 'region' },
    { heading: 'location-based', align: 'right' },
    { heading: 'market-based', align: 'right', dispensable: 1 },
    { heading: 'not named', align: 'right', dispensable: 2 },
    { heading: 'runs', align: 'right' },
    { heading: 'energy', align: 'right', dispensable: 4 },
    { heading: 'CO2e of runs', align: 'right' },
    { heading: 'embodied', align: 'right', dispensable: 3 },
    { heading: 'explained', align: 'right' },
  ] as const
  const drawn = rows.map(({ account, region, provider, runs, explained, differences }) => ({
    cells: [
      phrase(account ?? 'all or unknown'),
      phrase(region ?? 'all'),
      phrase(formatGrams(provider?.locationBasedGrams)),
      phrase(formatGrams(provider?.marketBasedGrams)),
      phrase(formatGrams(provider?.totalGrams)),
      phrase(String(runs.ids.length)),
      phrase(formatEnergy(runs.joules)),
      phrase(formatGrams(runs.operationalGrams)),
      phrase(formatGrams(runs.embodiedGrams)),
      phrase(formatShare(explained?.share)),
    ],
    notes: differences.map(({ message, gramsCo2e }) =>
      gramsCo2e === undefined ? message : `${formatGrams(gramsCo2e)}: ${message}`,
    ),
  }))
  return { ...table(columns, drawn), whole: 'with --json' }
}

function leftOutTable(runs: readonly LeftOutRun[]) {
  const columns = [
    { heading: 'Not attributable', whole: true },
    { heading: 'name', dispensable: 1 },
    { heading: 'CO2e', align: 'right' },
  ] as const
  const rows = runs.map(({ id, name, operationalGrams, why }) => ({
    cells: [phrase(id), phrase(name), phrase(formatGrams(operationalGrams))],
    notes: [why],
  }))
  return { ...table(columns, rows), whole: 'with --json' }
}
