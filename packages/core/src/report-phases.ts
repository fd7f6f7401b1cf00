import { type CountedEnergy, ENOUGH_COVERAGE } from './counted-energy.ts'
import { clampShare } from './coverage.ts'
import { defined } from './defined.ts'
import { foldedEnergies, uncertainEnergy } from './domain-errors.ts'
import { efficiencyOf } from './efficiency.ts'
import { totalSeconds, union } from './intervals.ts'
import type { Journal } from './journal.ts'
import { type MeasuredDomain, RESOLUTION } from './measured-domains.ts'
import type { ReportPhase } from './report.ts'
import type { RunEmissions } from './run-emissions.ts'
import { sum } from './sum.ts'
import { sumUncertainty } from './uncertainty.ts'
import { addWork, type Work } from './work-ledger.ts'

/** Grams of parts whose energy is known to a coverage; `divisible` where the intensity is known well enough beside it. */
export type GramsOf = (
  coverage: number,
  ...parts: Parameters<RunEmissions['of']>
) => { readonly grams: number | undefined; readonly divisible: number | undefined }

/** The phases of a run that reaches to `end`: those of one name are the union of their intervals over all processes. */
export function reportPhases(
  journal: Journal,
  counted: readonly MeasuredDomain[],
  energy: CountedEnergy,
  end: number,
  gramsOf: GramsOf,
): ReportPhase[] {
  const unfinished = [...journal.begun.values()].map((phase) => ({ ...phase, to: Math.max(phase.from, end) }))
  const names = new Set([...journal.phases, ...journal.folded, ...unfinished].map(({ name }) => name))
  return [...names].map((name) => {
    const open = unfinished.filter((phase) => phase.name === name)
    const single = [...journal.phases.filter((phase) => phase.name === name), ...open]
    const folded = journal.folded.filter((line) => line.name === name)
    const counts: Record<string, number> = {}
    for (const { process } of single) addWork(counts, { [process]: 1 })
    for (const line of folded) addWork(counts, line.counts)
    const intervals = union(single)
    const seconds = totalSeconds(intervals) + sum(folded.map((line) => line.seconds))
    const work: Work = {}
    for (const { from, to } of intervals) addWork(work, journal.work.between(from, to))
    for (const line of folded) addWork(work, line.work)
    const covered =
      sum(intervals.map(({ from, to }) => to - from - energy.missing.between(from, to))) +
      sum(folded.map((line) => Math.min(line.seconds, ...counted.map((one) => foldedOf(line, one).seconds))))
    const known = counted.map((one) => {
      const parts = folded.map((line) => foldedOf(line, one))
      const joules =
        sum(intervals.map(({ from, to }) => one.known.joules(from, to))) +
        sum(parts.map((part) => part.joules))
      return {
        joules,
        seconds:
          sum(intervals.map(({ from, to }) => one.known.seconds(from, to))) +
          sum(parts.map((part) => part.seconds)),
        uncertain: uncertainEnergy(one, joules, intervals, foldedEnergies(folded, parts)),
      }
    })
    const apart = folded.map((line) => ({
      from: line.from,
      to: line.to,
      joules: sum(counted.map((one) => foldedOf(line, one).joules)),
    }))
    const { standardUncertaintyJoules } = sumUncertainty(known.map((part) => part.uncertain))
    const joules = known.some((part) => part.seconds > RESOLUTION)
      ? sum(known.map((part) => part.joules))
      : undefined
    const occurrences = sum(Object.values(counts))
    const processSeconds = totalSeconds(single) + sum(folded.map((line) => line.processSeconds))
    const coverage = seconds > 0 && counted.length > 0 ? clampShare(covered / seconds) : 0
    const emitted = joules === undefined ? undefined : gramsOf(coverage, intervals, apart, joules)
    const belowResolution = processSeconds / occurrences < energy.resolution
    const divisible = coverage >= ENOUGH_COVERAGE && !belowResolution
    const cost = { joules, standardUncertaintyJoules, grams: emitted?.divisible, seconds }
    const efficiency = divisible ? efficiencyOf(work, cost) : {}
    return {
      name,
      count: Math.max(...Object.values(counts)),
      ...defined({
        joules,
        standardUncertaintyJoules,
        gramsCo2e: emitted?.grams,
      }),
      seconds,
      processSeconds,
      work,
      ...(Object.keys(efficiency).length > 0 ? { efficiency } : {}),
      coverage,
      ...(belowResolution ? { belowResolution } : {}),
      ...(open.length > 0 ? { unfinished: open.length } : {}),
    }
  })
}

/** What folded phases took of a domain; of what became known later, as much as their share of the time. */
function foldedOf(
  line: Journal['folded'][number],
  { index, known }: MeasuredDomain,
): { joules: number; seconds: number } {
  const milli = line.mJ[index]
  const told =
    typeof milli === 'number'
      ? { joules: milli / 1000, seconds: line.covered?.[index] ?? line.seconds }
      : { joules: 0, seconds: 0 }
  if (told.seconds >= line.seconds || line.to <= line.from) return told
  const share = Math.min(1, line.seconds / (line.to - line.from))
  const seconds = known.seconds(line.from, line.to) * share
  return seconds > told.seconds + 1e-6 ? { joules: known.joules(line.from, line.to) * share, seconds } : told
}
