import { declaredDomain } from '@ergometer/meter'
import { isRow, type JournalLine } from './journal-line.ts'
import { isPlace } from './run-place.ts'
import { isCount, isNumber, isObject } from './untrusted.ts'

/** No run lasts longer, in seconds: what speaks of later is damage. */
const LONGEST_RUN = 1e10

/** No grid emits so many grams per kilowatt-hour: what says so is damage. */
const DIRTIEST = 1e6

/** True if a line of a journal of unknown origin is what its kind promises: everything that an analysis reads of it. */
export function isSound(line: JournalLine): boolean {
  if (isRow(line)) {
    const { t, dJ, mJ, coverage, work } = line
    return isTime(t) && [dJ, mJ, coverage].every(isListOrAbsent) && (work === undefined || areAmounts(work))
  }
  const { kind } = line
  return typeof kind === 'string' && Object.hasOwn(checks, kind)
    ? (checks[kind]?.(line as unknown as Record<string, unknown>) ?? false)
    : false
}

const checks: Record<string, (line: Record<string, unknown>) => boolean> = {
  start: (line) =>
    ['runId', 'name', 'wall'].every((key) => typeof line[key] === 'string') &&
    ['recorder', 'factors', 'config', 'versions'].every((key) => isObject(line[key])) &&
    isNumber(line['monotonic']) &&
    (line['targets'] === undefined || areNumbers(line['targets'])),
  domain: (line) =>
    ['id', 'meter'].every((key) => typeof line[key] === 'string') &&
    isAmount(line['interval']) &&
    typeof declaredDomain(line['domain']) !== 'string',
  clock: (line) => isTime(line['t']) && typeof line['wall'] === 'string',
  provenance: (line) => isObject(line['provenance']),
  process: (line) => typeof line['process'] === 'string' && isCount(line['pid']),
  tag: ({ tags }) => isObject(tags) && Object.values(tags).every((tag) => typeof tag === 'string'),
  score: ({ t, name, value, better }) =>
    isTime(t) &&
    typeof name === 'string' &&
    isNumber(value) &&
    (better === undefined || better === 'higher' || better === 'lower'),
  plan: ({ t, plan }) => isTime(t) && isPlan(plan),
  begun: (line) => isNamed(line) && isTime(line['from']),
  phase: (line) => isNamed(line) && isInterval(line),
  phases: (line) =>
    typeof line['name'] === 'string' &&
    isInterval(line) &&
    areAmounts(line['counts']) &&
    Object.values(line['counts'] as object).every(isCount) &&
    areAmounts(line['work']) &&
    isAmount(line['seconds']) &&
    isAmount(line['processSeconds']) &&
    Array.isArray(line['mJ']) &&
    isListOrAbsent(line['mJ']) &&
    isListOrAbsent(line['covered']),
  work: (line) => isTime(line['t']) && areAmounts(line['work']),
  late: (line) =>
    isCount(line['domain']) &&
    isInterval(line) &&
    isAmount(line['joules']) &&
    (line['coverage'] === undefined || (isAmount(line['coverage']) && line['coverage'] <= 1)),
  checkpoint: ({ t, domains }) =>
    isTime(t) &&
    Array.isArray(domains) &&
    domains.every(
      (one) =>
        isObject(one) &&
        ['wraps', 'resets', 'gaps'].every((key) => isCount(one[key])) &&
        ['peakWatts', 'sampling'].every((key) => one[key] === undefined || isAmount(one[key])),
    ),
  baseline: ({ t, seconds, watts, standardUncertaintyWatts }) =>
    isTime(t) &&
    isAmount(seconds) &&
    [watts, standardUncertaintyWatts].every((list) => Array.isArray(list) && isListOrAbsent(list)),
  'cpu-time': ({ t, own, busy, method }) =>
    isTime(t) && isAmount(own) && isAmount(busy) && (method === 'cgroup' || method === 'process-tree'),
  uncertainty: ({ domain, relative }) => isCount(domain) && isAmount(relative) && relative > 0,
  share: ({ t, domain, from, own, others, idle }) =>
    isCount(domain) && isInterval({ from, to: t }) && [own, others, idle].every(isShare),
  awaited: ({ t, meter, lateBy }) => isTime(t) && typeof meter === 'string' && isAmount(lateBy),
  place: ({ t, place }) => isTime(t) && isPlace(place),
  intensity: ({ step }) =>
    isObject(step) &&
    isNumber(step['from']) &&
    (step['to'] === undefined || (isNumber(step['to']) && step['to'] > step['from'])) &&
    isAmount(step['gramsPerKilowattHour']) &&
    step['gramsPerKilowattHour'] < DIRTIEST &&
    (step['kind'] === 'average' || step['kind'] === 'marginal') &&
    (step['basis'] === 'lifecycle' || step['basis'] === 'direct') &&
    typeof step['source'] === 'string' &&
    (step['zone'] === undefined || typeof step['zone'] === 'string') &&
    typeof step['estimated'] === 'boolean',
  health: ({ severity, code, message, ...rest }) =>
    ['info', 'warning', 'error'].includes(severity as string) &&
    typeof code === 'string' &&
    typeof message === 'string' &&
    ['meter', 'domain'].every((key) => rest[key] === undefined || typeof rest[key] === 'string') &&
    ['from', 'to'].every((key) => rest[key] === undefined || isNumber(rest[key])) &&
    (rest['count'] === undefined || isCount(rest['count'])),
  settled: ({ wall, reached, owed }) =>
    typeof wall === 'string' &&
    Array.isArray(reached) &&
    reached.every((one) => one === null || isTime(one)) &&
    typeof owed === 'boolean',
  end: ({ t, status, exitCode, signal, reason }) =>
    isTime(t) &&
    ['completed', 'failed', 'aborted', 'crashed'].includes(status as string) &&
    (exitCode === undefined || Number.isSafeInteger(exitCode)) &&
    [signal, reason].every((text) => text === undefined || typeof text === 'string'),
}

function isPlan(value: unknown): boolean {
  if (!isObject(value)) return false
  const { phase, work, total } = value
  return isAmount(total) && total > 0 && (typeof phase === 'string') !== (typeof work === 'string')
}

function areNumbers(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isNumber)
}

function isShare(value: unknown): boolean {
  return isAmount(value) && value <= 1 + 1e-9
}

function isTime(value: unknown): value is number {
  return isAmount(value) && value <= LONGEST_RUN
}

/** Finite, not negative, and small enough to be added up. */
function isAmount(value: unknown): value is number {
  return isNumber(value) && value >= 0 && value < 1e200
}

function areAmounts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isAmount)
}

function isListOrAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((one) => one === null || isAmount(one)))
}

function isInterval({ from, to }: Record<string, unknown>): boolean {
  return isTime(from) && isTime(to) && from <= to
}

function isNamed({ name, id, process }: Record<string, unknown>): boolean {
  return [name, id, process].every((text) => typeof text === 'string')
}
