import { attributeCpu } from './attribution.ts'
import { type Boundary, NO_METER } from './boundary.ts'
import {
  carbonFigures,
  dataSetsOf,
  facilityFigures,
  knownShare,
  operationalGrams,
  waterFigures,
} from './carbon-figures.ts'
import { carbonHealth } from './carbon-health.ts'
import { CountedEnergy, ENOUGH_COVERAGE } from './counted-energy.ts'
import { clampShare } from './coverage.ts'
import { cpuTimeBetween } from './cpu-times.ts'
import { defined } from './defined.ts'
import { uncertainEnergy } from './domain-errors.ts'
import { efficiencyOf, energyDelayOf, ratio } from './efficiency.ts'
import { type Factors, JOULES_PER_KILOWATT_HOUR } from './factors.ts'
import { attributeGpu } from './gpu-attribution.ts'
import type { HealthEntry } from './health.ts'
import type { Interval } from './intervals.ts'
import type { Journal } from './journal.ts'
import { lateGaps, lateHealth } from './late-health.ts'
import { type MeasuredDomain, measureDomains, RESOLUTION } from './measured-domains.ts'
import { owedDomains } from './owed.ts'
import { packageEnergy } from './package-energy.ts'
import type { Report, ReportDomain } from './report.ts'
import { type GramsOf, reportPhases } from './report-phases.ts'
import { RunClock } from './run-clock.ts'
import { RunEmissions } from './run-emissions.ts'
import { reportForecast } from './run-forecast.ts'
import { type ScoreCosts, type ScoreTargets, summariseScores, targetHealth } from './scores.ts'
import { sum } from './sum.ts'
import { sumUncertainty } from './uncertainty.ts'
import { addWork } from './work-ledger.ts'

/** What an analysis cannot read from the journal itself. */
export interface AnalysisOptions {
  /** Part of the run, in seconds of it; absent: the whole. */
  readonly interval?: Interval
  /** True while a recorder is still writing the journal. */
  readonly running?: boolean
  /** What else is to be said in `health`. */
  readonly health?: readonly HealthEntry[]
  /** The run's folder, for the report to name. */
  readonly folder?: string
  /** Scores to reach, in place of those that the run was recorded with. */
  readonly targets?: ScoreTargets
}

/** The report of a run: a pure function of its journal and the factors. */
export function analyse(journal: Journal, factors: Factors, options: AnalysisOptions = {}): Report {
  const { from, to } = options.interval ?? { from: 0, to: journal.until }
  const length = to - from
  const { boundary, domains } = measureDomains(journal, from, to)
  const counted = domains.filter((one) => boundary.counted.has(one.id))
  const energy = new CountedEnergy(counted)
  const coverage = energy.coverage({ from, to })
  const known = counted.filter((one) => one.seconds > RESOLUTION)
  const joules = known.length > 0 ? sum(known.map((one) => one.joules)) : undefined
  const kilowattHours = joules === undefined ? undefined : joules / JOULES_PER_KILOWATT_HOUR
  const uncertain = known.map((one) => uncertainEnergy(one, one.joules, [{ from, to }]))
  const uncertainty = sumUncertainty(uncertain)
  const { standardUncertaintyJoules } = uncertainty
  const unobserved = sum(known.map((one) => (one.joules / one.seconds) * Math.max(0, length - one.seconds)))
  const work = journal.work.between(from, to)
  const enough = coverage >= ENOUGH_COVERAGE
  const methods = new Set(known.map((one) => one.line.domain.method))
  const [method] = methods
  const { pue } = factors
  const targets = options.targets ?? journal.start?.targets
  const { level } = boundary
  const clock = new RunClock(journal)
  const energyBetween = (begin: number, end: number) =>
    sum(counted.map((one) => one.known.joules(begin, end)))
  const emissions = new RunEmissions(factors, clock, energyBetween, Math.max(to, journal.until))
  const gramsOf: GramsOf = (coverage, ...parts) => {
    const emitted = emissions.of(...parts)
    const grams = operationalGrams(emitted, factors, level)
    return { grams, divisible: coverage * knownShare(emitted) >= ENOUGH_COVERAGE ? grams : undefined }
  }
  const emitted = emissions.of([{ from, to }])
  const input = {
    emitted,
    joules,
    uncertain,
    coverage,
    level,
    seconds: length,
    work,
    period: `${clock.text(from)}/${clock.text(to)}`,
    meanOverTime: () => emissions.meanOverTime(from, to),
  }
  const carbon = carbonFigures(input, factors)
  const grams = carbon.coverage >= ENOUGH_COVERAGE ? carbon.gramsCo2e : undefined
  const water = waterFigures(input, factors)
  const cpu = cpuAttributionOf(journal, domains, from, to)
  const gpu = attributeGpu(counted, journal.shares, from, to)
  // While a run goes on, what comes late is not owed yet; a part of it that is over is reported all the same.
  const over = options.running !== true || options.interval !== undefined
  const owed = over ? owedDomains(journal, to) : []

  return {
    schema: 'ergometer.report/1',
    run: runOf(journal, clock, from, to, { ...options, owes: owed.length > 0 }),
    energy: {
      ...defined({ joules, kilowattHours }),
      ...(method ? { method: methods.size > 1 ? 'mixed' : method } : {}),
      byMethod: sumBy(known, (one) => one.line.domain.method),
      coverage,
      ...uncertainty,
      ...(coverage < 1 && known.length > 0 ? { unobservedJoules: unobserved } : {}),
      byKind: sumBy(known, (one) => one.line.domain.kind),
      boundary: {
        ...defined({ level }),
        missing: [...boundary.missing],
      },
      domains: domains.map((one) => domainOf(one, journal, boundary.counted.has(one.id), from, to)),
      ...(cpu || gpu ? { attribution: defined({ cpu, gpu }) } : {}),
      ...(pue !== undefined && joules !== undefined
        ? { facility: facilityFigures(pue, input, joules, factors) }
        : {}),
      ...(enough ? defined({ energyDelayJouleSeconds: energyDelayOf(joules, length) }) : {}),
    },
    carbon,
    ...(water ? { water } : {}),
    work,
    scores: summariseScores(
      journal.scores.filter(({ t }) => t > from && t <= to),
      {
        kilowattHours: enough ? kilowattHours : undefined,
        ...scoreCosts(energy, from, (to) => gramsOf(energy.coverage({ from, to }), [{ from, to }]).divisible),
      },
      targets,
    ),
    efficiency: enough
      ? efficiencyOf(work, { joules, standardUncertaintyJoules, grams, seconds: length })
      : {},
    phases: options.interval ? [] : reportPhases(journal, counted, energy, to, gramsOf),
    ...(options.interval ? {} : defined({ forecast: reportForecast(journal, ratio(grams, joules), energy) })),
    health: [
      ...carbonHealth(factors, level, emitted, journal.health),
      ...healthOf(journal, boundary),
      ...(over ? lateHealth(journal, domains, owed, { from, to, final: options.running !== true }) : []),
      ...(options.interval || options.running ? [] : targetHealth(journal.scores, targets)),
      ...(options.health ?? []),
    ],
    provenance: provenanceOf(journal, dataSetsOf(factors, emitted)),
  }
}

function cpuAttributionOf(journal: Journal, domains: readonly MeasuredDomain[], from: number, to: number) {
  const time = cpuTimeBetween(journal.cpuTimes, from, to)
  const energy = time && packageEnergy(domains, journal.baseline)
  return energy && attributeCpu(energy, time)
}

function domainOf(
  one: MeasuredDomain,
  journal: Journal,
  counted: boolean,
  from: number,
  to: number,
): ReportDomain {
  const { id, line, known, seconds, joules } = one
  const { kind, label, method, within, identity, standardUncertainty } = line.domain
  const checked = journal.checkpoint?.domains[one.index]
  // The last checkpoint knows the peak of the whole run, but not what came late.
  const whole = from === 0 && to === journal.checkpoint?.t && one.late.length === 0
  const peakWatts = whole ? checked?.peakWatts : known.peakWatts(from, to)
  return {
    id,
    meter: line.meter,
    kind,
    label,
    method,
    ...(seconds > RESOLUTION ? { joules } : {}),
    counted,
    ...defined({ within: within === undefined ? undefined : `${line.meter}:${within}`, identity }),
    coverage: to > from ? clampShare(seconds / (to - from)) : 0,
    ...sumUncertainty([uncertainEnergy(one, joules, [{ from, to }])]),
    ...(standardUncertainty ? { declaredUncertainty: { ...standardUncertainty } } : {}),
    wraps: checked?.wraps ?? 0,
    resets: checked?.resets ?? 0,
    gaps: line.domain.lateBy === undefined ? (checked?.gaps ?? 0) : lateGaps(one, { from, to }),
    ...(seconds > RESOLUTION ? { meanWatts: joules / seconds } : {}),
    ...(seconds > RESOLUTION && peakWatts !== undefined ? { peakWatts } : {}),
  }
}

/** What had been taken by the time of a score, since `from`. */
function scoreCosts(
  energy: CountedEnergy,
  from: number,
  gramsTo: NonNullable<ScoreCosts['gramsTo']>,
): ScoreCosts {
  return {
    joulesTo: (to) => energy.divisor({ from, to }),
    joulesBetween: (from, to) => energy.divisor({ from, to }),
    gramsTo,
  }
}

function runOf(
  journal: Journal,
  clock: RunClock,
  from: number,
  to: number,
  options: AnalysisOptions & { readonly owes: boolean },
): Report['run'] {
  const { start, end } = journal
  const provisional = options.running === true || options.interval !== undefined
  return {
    id: start?.runId ?? 'unknown',
    name: start?.name ?? 'unknown',
    status: end?.status ?? (provisional ? 'running' : 'crashed'),
    provisional: provisional || options.owes,
    startedAt: clock.text(from),
    endedAt: clock.text(to),
    seconds: to - from,
    ...defined({
      exitCode: end?.exitCode,
      signal: end?.signal,
      reason: end?.reason,
      parent: start?.parent,
      group: start?.group,
    }),
    tags: { ...journal.tags },
    ...defined({ folder: options.folder }),
  }
}

function healthOf(journal: Journal, { incomplete, missing }: Boundary): HealthEntry[] {
  const health: HealthEntry[] = []
  const gpus = missing.filter(({ kind, why }) => kind === 'gpu' && why === NO_METER)
  if (gpus.length > 0) {
    const labels = [...new Set(gpus.map(({ label }) => label))].join(', ')
    const message = `no meter reads the ${gpus.length === 1 ? 'GPU' : `${gpus.length} GPUs`} of this machine (${labels}): that energy is missing`
    health.push({ severity: 'warning', code: 'gpu-unmetered', message })
  }
  for (const id of incomplete) {
    const message = `${id} knows too little of the run: what it contains is counted instead`
    health.push({ severity: 'warning', code: 'container-incomplete', message, domain: id })
  }
  if (journal.damaged > 0) {
    const message = `${journal.damaged} damaged lines of the journal left out`
    health.push({ severity: 'warning', code: 'journal-damaged', message, count: journal.damaged })
  }
  return health
}

function provenanceOf(journal: Journal, dataSets: string[]): Report['provenance'] {
  const { start, provenance, processes, domains, place } = journal
  const intervals = new Map(domains.map(({ line }) => [line.meter, line.interval]))
  // What the PCI buses do not show (a superchip's, another process's), its meter may know.
  const metered = domains
    .map(({ line }) => line.domain)
    .filter(({ kind, within }) => kind === 'gpu' && within === undefined)
  return {
    ergometer: start?.versions['ergometer'] ?? 'unknown',
    node: start?.versions['node'] ?? 'unknown',
    os: 'unknown',
    host: 'unknown',
    ...defined({ bootId: start?.bootId }),
    ...(metered.length > 0 ? { gpus: metered.map(({ label }) => label) } : {}),
    ...provenance,
    ...defined({ place }),
    meters: [...intervals].map(([name, interval]) => ({ name, interval })),
    dataSets,
    config: start?.config ?? {},
    ...(processes.length > 0
      ? {
          ranks: processes.map(({ pid, rank, localRank, worldSize }) => ({
            pid,
            ...defined({ rank, localRank, worldSize }),
          })),
        }
      : {}),
  }
}

function sumBy(
  domains: readonly MeasuredDomain[],
  keyOf: (one: MeasuredDomain) => string,
): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const one of domains) addWork(sums, { [keyOf(one)]: one.joules })
  return sums
}
