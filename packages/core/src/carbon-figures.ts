import { type Emissions, embodiedGrams, sciForAi, sciScores, waterLitres } from '@ergometer/carbon'
import type { Boundary } from './boundary.ts'
import { ENOUGH_COVERAGE } from './counted-energy.ts'
import { emissionUncertainty, facilityUncertainty } from './emission-error.ts'
import { type Factors, facilityFactor, JOULES_PER_KILOWATT_HOUR, overheadOf } from './factors.ts'
import type { Report, ReportIntensity } from './report.ts'
import type { UncertainEnergy } from './uncertainty.ts'
import type { Work } from './work-ledger.ts'

/** What the emissions of a run, or of a part of it, are made of. */
export interface CarbonInput {
  readonly emitted: Emissions
  /** Absent: unknown. */
  readonly joules: number | undefined
  /** What `joules` are the sum of. */
  readonly uncertain: readonly UncertainEnergy[]
  /** Of the energy. */
  readonly coverage: number
  readonly level: Boundary['level']
  readonly seconds: number
  readonly work: Work
  /** Of the run or the part, as ISO 8601 writes an interval. */
  readonly period: string
  /** The mean over the time, in g/kWh, for where there is no energy to weigh it by. */
  readonly meanOverTime: () => number | undefined
}

/** Emissions with the PUE and the overhead in them; undefined where no energy has grams. */
export function operationalGrams(
  emitted: Emissions,
  factors: Factors,
  level: Boundary['level'],
): number | undefined {
  const { gramsCo2e } = emitted
  return gramsCo2e === undefined ? undefined : gramsCo2e * facilityFactor(factors, level)
}

/** What a report says of carbon. */
export function carbonFigures(input: CarbonInput, factors: Factors): Report['carbon'] {
  const { emitted, joules, uncertain, level, seconds, work } = input
  const grams = joules === undefined ? undefined : operationalGrams(emitted, factors, level)
  const coverage = input.coverage * knownShare(emitted)
  const embodied = factors.embodied && embodiedGrams(factors.embodied, seconds)
  const enough = grams !== undefined && coverage >= ENOUGH_COVERAGE
  const parts = enough ? { operationalGrams: grams, embodiedGrams: embodied } : undefined
  const forAi = parts && sciForAi(parts, work, factors.parameters)
  return {
    ...(grams === undefined ? {} : { gramsCo2e: grams, operationalGrams: grams }),
    ...(embodied === undefined ? {} : { embodiedGrams: embodied }),
    ...emissionUncertainty(uncertain, grams, factors.uncertainty),
    coverage,
    estimatedShare: emitted.estimatedShare,
    intensity: intensityOf(input, factors),
    factors: usedFactors(factors, level),
    ...(parts ? { sci: sciScores(parts, work) } : {}),
    ...(forAi ? { sciForAi: forAi } : {}),
  }
}

/** What a report says of water; undefined where nothing is known of it. */
export function waterFigures(
  { joules, level }: Pick<CarbonInput, 'joules' | 'level'>,
  factors: Factors,
): Report['water'] {
  const { water, pue } = factors
  if (!water || joules === undefined) return undefined
  const kilowattHours = (joules * overheadOf(factors, level)) / JOULES_PER_KILOWATT_HOUR
  return { litres: waterLitres(kilowattHours, water, pue), ...withoutUndefined(water) }
}

/** Energy of the building. */
export function facilityFigures(
  pue: number,
  { uncertain, level }: Pick<CarbonInput, 'uncertain' | 'level'>,
  joules: number,
  factors: Factors,
): NonNullable<Report['energy']['facility']> {
  const overhead = overheadOf(factors, level)
  const all = joules * facilityFactor(factors, level)
  return {
    pue,
    ...(overhead === 1 ? {} : { overhead }),
    joules: all,
    ...facilityUncertainty(uncertain, all, factors.uncertainty),
  }
}

/** Where the figures come from that are nobody's own. */
export function dataSetsOf({ intensity, curve, embodied }: Factors, { standInJoules }: Emissions): string[] {
  const standIn = standInJoules === undefined ? undefined : curve?.standIn
  const sources = curve ? [...curve.steps.map(({ source }) => source), standIn?.source] : [intensity.source]
  return [...new Set([...sources, embodied?.source])].filter(
    (source): source is string => source !== undefined && source !== 'constant',
  )
}

/** Share of the energy that has grams; no energy has them all. */
export function knownShare({ joules, knownJoules }: Emissions): number {
  return joules > 0 ? Math.min(1, knownJoules / joules) : 1
}

/** The intensity that was used: of the whole, weighted by energy, where it changes. */
function intensityOf({ emitted, period, meanOverTime }: CarbonInput, factors: Factors): ReportIntensity {
  const { curve, intensity } = factors
  if (!curve) return { ...intensity }
  const { kind, basis, standIn } = curve
  const [step] = curve.steps
  const mean = emitted.gramsPerKilowattHour ?? meanOverTime()
  // A mean of one figure is that figure: what it is summed up from has rounding errors.
  const grams = mean === undefined ? undefined : Number(mean.toPrecision(12))
  const { knownJoules, standInJoules = 0, estimatedShare } = emitted
  // Where nothing but the yearly figure is known, it is that figure which was used.
  if (standIn && (knownJoules > 0 ? standInJoules === knownJoules : !step))
    return { ...standIn, estimated: true }
  const zone = step?.zone ?? standIn?.zone
  return {
    ...(grams === undefined ? {} : { gramsPerKilowattHour: grams }),
    kind,
    basis,
    source: step?.source ?? standIn?.source ?? factors.source ?? 'unknown',
    ...(zone === undefined ? {} : { zone }),
    period,
    estimated: knownJoules > 0 && estimatedShare === 1,
  }
}

function usedFactors(factors: Factors, level: Boundary['level']): NonNullable<Report['carbon']['factors']> {
  const { pue = 1, embodied, parameters, recomputed } = factors
  return {
    pue,
    overhead: overheadOf(factors, level),
    ...(embodied ? { embodied } : {}),
    ...(parameters === undefined ? {} : { parameters }),
    ...(recomputed && recomputed.length > 0 ? { recomputed: [...recomputed] } : {}),
  }
}

function withoutUndefined<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values
}
