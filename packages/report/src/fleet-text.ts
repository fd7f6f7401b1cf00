import type { FleetNode, FleetReport } from '@ergometer/core'
import { isPartial } from './coverage.ts'
import { markdownSections } from './markdown-report.ts'
import { type Fact, type Line, type Phrase, phrase } from './phrase.ts'
import { plainText } from './plain-text.ts'
import {
  formatCount,
  formatEnergy,
  formatEnergyBeside,
  formatGrams,
  formatNumber,
  formatSeconds,
  formatShare,
  formatShortSeconds,
  UNKNOWN,
} from './quantity.ts'
import { formatInstant, healthFact, type Sections } from './sections.ts'
import { methodTone } from './style.ts'
import { type Column, type Table, table } from './table.ts'
import { terminalSections } from './terminal-report.ts'
import type { TextOptions } from './text-lines.ts'
import { scoreTable, workTable } from './work-tables.ts'

const WHOLE = 'with --json'
/** More units of work than this have no columns of their own: the table above has their sums. */
const MOST_UNITS = 2

/** Draws the report of a fleet for the terminal: totals, work, scores, and a row for each node; ends with a line feed. */
export function terminalFleet(report: FleetReport, options: TextOptions = {}): string {
  return terminalSections(fleetSections(report), options)
}

/** Writes the report of a fleet as GitHub-flavoured Markdown, with the same content as `terminalFleet`. */
export function markdownFleet(report: FleetReport): string {
  return markdownSections(fleetSections(report))
}

function fleetSections(report: FleetReport): Omit<Sections, 'status'> {
  const { run, nodes, health } = report
  const hosts = new Set(nodes.map(({ host }) => host)).size
  const runs = nodes.length === hosts ? [] : [phrase(`${nodes.length} runs`)]
  return {
    name: plainText(run.name) || UNKNOWN,
    outcome: [phrase(counted(hosts, 'node')), ...runs, phrase(formatSeconds(run.seconds))],
    circumstances: [phrase(`${formatInstant(run.startedAt)} to ${formatInstant(run.endedAt)}`, 'dim')],
    facts: [energyFact(report), ...kindFact(report), carbonFact(report)],
    tables: [workTable(report), scoreTable(report), nodeTable(report)].filter(({ rows }) => rows.length > 0),
    closing: healthFact(health, { notes: true, whole: WHOLE }),
  }
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}

function energyFact({ energy, nodes }: FleetReport): Fact {
  const { joules, method, byMethod, coverage } = energy
  if (joules === undefined) {
    return {
      label: 'Energy',
      lines: [[phrase('unknown', 'caution'), phrase('the store has none of this run')]],
    }
  }
  const methods =
    method === 'mixed'
      ? Object.entries(byMethod).map(([name, part]) =>
          phrase(`${name} ${formatShare(part / joules)}`, methodTone(name)),
        )
      : [phrase(method ?? '', methodTone(method ?? ''))]
  const line: Line = [
    phrase(formatEnergy(joules), 'strong'),
    phrase(formatEnergyBeside(joules)),
    ...missing(nodes, ({ joules }) => joules !== undefined),
    ...methods,
    ...(coverage === undefined || coverage === 1
      ? []
      : [phrase(`seen ${formatShare(coverage)} of the time`, isPartial(coverage) ? 'caution' : 'dim')]),
  ]
  return { label: 'Energy', lines: [line] }
}

/** Of how many nodes a total is, where it is not of all. */
function missing(nodes: readonly FleetNode[], has: (node: FleetNode) => boolean): Phrase[] {
  const known = nodes.filter(has).length
  return known === nodes.length ? [] : [phrase(`of ${known} of ${nodes.length} runs`, 'caution')]
}

function kindFact({ energy: { byKind, joules } }: FleetReport): Fact[] {
  if (byKind === undefined || !joules) return []
  const parts = Object.entries(byKind)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, part]) => phrase(`${kind} ${formatShare(part / joules)}`))
  return [{ label: 'Kinds', lines: [parts] }]
}

function carbonFact({ carbon, nodes }: FleetReport): Fact {
  const { gramsCo2e, intensity } = carbon
  const line =
    gramsCo2e === undefined
      ? [phrase('unknown', 'caution')]
      : [
          phrase(`${formatGrams(gramsCo2e)} CO2e`, 'strong'),
          ...missing(nodes, (node) => node.gramsCo2e !== undefined),
          ...(intensity ? [phrase(intensity.kind, 'dim')] : []),
        ]
  return { label: 'Carbon', lines: [line] }
}

/** A row for each run on each node. */
function nodeTable({ nodes, work, energy }: FleetReport): Table {
  const units = Object.keys(work).slice(0, MOST_UNITS)
  const [unit] = units
  const repeated = new Set(nodes.map(({ host }) => host)).size < nodes.length
  const columns: Column[] = [
    { heading: 'Nodes' },
    ...(repeated ? [{ heading: 'run', dispensable: 6 } as const] : []),
    // What tells two runs of one host apart stays longest.
    { heading: 'started', dispensable: repeated ? 2 : 7 },
    { heading: 'duration', align: 'right', dispensable: 5 },
    { heading: 'energy', align: 'right' },
    { heading: 'share', align: 'right', dispensable: 4 },
    { heading: 'seen', align: 'right', dispensable: 2 },
    { heading: 'CO2e', align: 'right', dispensable: 1 },
    ...units.map((heading): Column => ({ heading, align: 'right', dispensable: 6 })),
    ...(unit === undefined
      ? []
      : [{ heading: `${unit} per joule`, align: 'right', dispensable: 3 } as const]),
  ]
  const rows = nodes.map((node) => ({
    cells: [
      phrase(node.host),
      ...(repeated ? [phrase(node.runId ?? UNKNOWN, 'dim')] : []),
      phrase(formatInstant(node.startedAt), 'dim'),
      phrase(formatShortSeconds(node.seconds)),
      phrase(formatEnergy(node.joules), node.joules === undefined ? 'caution' : undefined),
      phrase(formatShare(shareOf(node.joules, energy.joules))),
      phrase(formatShare(node.coverage), isPartial(node.coverage ?? 1) ? 'caution' : undefined),
      phrase(formatGrams(node.gramsCo2e)),
      ...units.map((one) => phrase(formatCount(own(node.work, one)))),
      ...(unit === undefined ? [] : [phrase(formatNumber(own(node.efficiency, unit)?.perJoule))]),
    ],
  }))
  return { ...table(columns, rows), whole: WHOLE }
}

function shareOf(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || !whole ? undefined : part / whole
}

/** Units come from outside: one called like a method of objects is none. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
