import type { Report } from '@ergometer/core'
import { achievementFacts } from './achievement-facts.ts'
import { carbonFact } from './carbon-fact.ts'
import { domainTable } from './domain-table.ts'
import { energyFacts } from './energy-facts.ts'
import { phaseTable } from './phase-table.ts'
import { type Fact, type Line, type Phrase, phrase } from './phrase.ts'
import { plainText } from './plain-text.ts'
import { formatSeconds, UNKNOWN } from './quantity.ts'
import type { Tone } from './style.ts'
import type { Table } from './table.ts'
import { waterFact } from './water-fact.ts'
import { equivalentsTable, whatIfTable } from './what-if-table.ts'
import { scoreTable, workTable } from './work-tables.ts'

/** What a report says, apart from how it is drawn. */
export interface Sections {
  readonly name: string
  readonly status: Status
  /** How the run went, beside its name. */
  readonly outcome: Line
  /** When, where, and under which tags. */
  readonly circumstances: Line
  readonly facts: readonly Fact[]
  /** Tables that have rows. */
  readonly tables: readonly Table[]
  /** Health, and where to look next. */
  readonly closing: readonly Fact[]
}

type Status = Report['run']['status']

const MOST_TAGS = 12
const MOST_PROBLEMS = 20

const TONES: Record<Status, Tone> = {
  completed: 'good',
  failed: 'bad',
  aborted: 'caution',
  crashed: 'bad',
  running: 'accent',
}

const SEVERITY_TONES: Record<Report['health'][number]['severity'], Tone> = {
  error: 'bad',
  warning: 'caution',
  info: 'dim',
}

/** The tone of a run's status. */
export function statusTone(status: Status): Tone {
  return TONES[status]
}

/** A time of ISO 8601 in UTC as people write it, to the minute: `2026-03-01 09:30 UTC`. Anything else stays as it is. */
export function formatInstant(iso: string): string {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(iso) ?? []
  return day === undefined ? iso : `${day} ${minute} UTC`
}

/** Works out what a report says. */
export function reportSections(report: Report): Sections {
  const { run } = report
  return {
    name: plainText(run.name) || UNKNOWN,
    status: run.status,
    outcome: outcome(run),
    circumstances: circumstances(report),
    facts: [
      ...energyFacts(report.energy),
      carbonFact(report),
      ...waterFact(report),
      ...achievementFacts(report),
    ],
    tables: [
      workTable(report),
      scoreTable(report),
      phaseTable(report),
      domainTable(report),
      whatIfTable(report),
      equivalentsTable(report),
    ].filter(({ rows }) => rows.length > 0),
    closing: [...healthFact(report.health), ...whereNext(report)],
  }
}

function outcome(run: Report['run']): Line {
  const { status, exitCode, signal, reason } = run
  const details = [
    ...(exitCode ? [`exit code ${exitCode}`] : []),
    ...(signal === undefined ? [] : [signal]),
    ...(reason === undefined ? [] : [reason]),
  ]
  return [
    phrase(status, statusTone(status)),
    ...details.map((text) => phrase(text)),
    phrase(formatSeconds(run.seconds)),
    ...(run.provisional ? [phrase('provisional', 'caution')] : []),
  ]
}

function circumstances({ run, provenance }: Report): Line {
  const tags = Object.entries(run.tags)
  return [
    phrase(formatInstant(run.startedAt), 'dim'),
    phrase(`on ${provenance.host}`, 'dim'),
    ...tags.slice(0, MOST_TAGS).map(([key, value]) => phrase(`${key}=${value}`, 'dim')),
    ...(tags.length > MOST_TAGS ? [phrase(`and ${tags.length - MOST_TAGS} more tags`, 'dim')] : []),
  ]
}

/** What went wrong, errors first; notes are counted only, unless they are to be said too. `whole`: where all of it is. */
export function healthFact(
  health: Report['health'],
  { notes: told = false, whole = 'in report.json' } = {},
): Fact[] {
  const problems = [
    ...health.filter(({ severity }) => severity === 'error'),
    ...health.filter(({ severity }) => severity === 'warning'),
    ...health.filter(({ severity }) => told && severity === 'info'),
  ]
  const notes = health.length - problems.length
  const left = problems.length - MOST_PROBLEMS
  const lines: Line[] = [
    ...problems.slice(0, MOST_PROBLEMS).map((entry) => [problem(entry)]),
    ...(left > 0 ? [[phrase(`and ${left} more ${whole}`, 'dim')]] : []),
    ...(notes > 0 ? [[phrase(`${notes} ${notes === 1 ? 'note' : 'notes'} ${whole}`, 'dim')]] : []),
  ]
  return lines.length === 0 ? [] : [{ label: 'Health', lines }]
}

function problem({ severity, code, message, meter, domain, count }: Report['health'][number]): Phrase {
  const about = domain ?? meter
  const details = [
    code,
    ...(about === undefined ? [] : [about]),
    ...(count !== undefined && count > 1 ? [`${count} times`] : []),
  ]
  return phrase(`${severity}: ${message} (${details.join(', ')})`, SEVERITY_TONES[severity])
}

/** A run in another home than the usual one is named by its folder. */
function whereNext({ run: { folder, id }, health }: Report): Fact[] {
  const usual = folder === undefined || folder === `.ergometer/runs/${id}`
  const name = shellWord(usual ? id : folder)
  const owed = health.some(({ code }) => code === 'late-data-owed')
  const commands = [...(owed ? [`ergometer settle ${name}`] : []), `ergometer report ${name}`]
  return [
    ...(folder === undefined ? [] : [{ label: 'Folder', lines: [[{ text: folder, code: true }]] }]),
    { label: 'Next', lines: commands.map((text) => [{ text, code: true }]) },
  ]
}

/** Quotes an argument unless a shell takes it as it is. */
function shellWord(text: string): string {
  return /^[\w.:/][\w.:/-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
