/** Grams of CO2e that SCI is made of. */
export interface SciParts {
  /** O = E * I: of the energy, PUE included. */
  readonly operationalGrams: number
  /** M; absent: unknown. */
  readonly embodiedGrams?: number | undefined
}

/** SCI per unit of work: `(O + M) / R` (ISO/IEC 21031:2024), and its two parts. */
export interface SciScore {
  /** The score; absent while embodied emissions are unknown: without them it is none. */
  gramsCo2ePer?: number
  /** O / R */
  operationalGramsPer: number
  /** M / R; absent: unknown. */
  embodiedGramsPer?: number
}

/** SCI of a training from its provider's side, as SCI for AI wants it (Green Software Foundation, sci-ai). */
export interface SciForAi {
  /** Who asks: whoever trains the model. */
  persona: 'provider'
  /** The stage of the model's life that the figures are of: this run alone. */
  boundary: 'training'
  /** All work that was done counts, whether it went into the final model or not. */
  counting: 'gross'
  perFlop?: SciScore
  perTrainingToken?: SciScore
  perBillionParameters?: SciScore
}

const FLOPS = /^flops?$/i
const TOKENS = /^(training[-_. ]?)?tokens?$/i

/** SCI for an amount of work; undefined for none: nothing is divided by zero. */
export function sciScore(
  { operationalGrams, embodiedGrams }: SciParts,
  amount: number | undefined,
): SciScore | undefined {
  if (amount === undefined || !(amount > 0)) return undefined
  const operationalGramsPer = operationalGrams / amount
  if (!Number.isFinite(operationalGramsPer)) return undefined
  if (embodiedGrams === undefined) return { operationalGramsPer }
  return {
    gramsCo2ePer: (operationalGrams + embodiedGrams) / amount,
    operationalGramsPer,
    embodiedGramsPer: embodiedGrams / amount,
  }
}

/** SCI of a run, per unit of each kind of work, and per `run`, which is one of the units that the standard names. */
export function sciScores(parts: SciParts, work: Readonly<Record<string, number>>): Record<string, SciScore> {
  const scores: Record<string, SciScore> = {}
  for (const [unit, amount] of Object.entries({ run: 1, ...work })) {
    const score = sciScore(parts, amount)
    if (score) scores[unit] = score
  }
  return scores
}

/**
 * The figures of SCI for AI for a training: per FLOP (work called `flops`), per training token (`tokens`) and per billion parameters of
 * the model. Undefined where none of the three is known.
 */
export function sciForAi(
  parts: SciParts,
  work: Readonly<Record<string, number>>,
  parameters?: number,
): SciForAi | undefined {
  const amountOf = (name: RegExp) => Object.entries(work).find(([unit]) => name.test(unit))?.[1]
  const perFlop = sciScore(parts, amountOf(FLOPS))
  const perTrainingToken = sciScore(parts, amountOf(TOKENS))
  const perBillionParameters = sciScore(parts, parameters === undefined ? undefined : parameters / 1e9)
  if (!perFlop && !perTrainingToken && !perBillionParameters) return undefined
  return {
    persona: 'provider',
    boundary: 'training',
    counting: 'gross',
    ...(perFlop ? { perFlop } : {}),
    ...(perTrainingToken ? { perTrainingToken } : {}),
    ...(perBillionParameters ? { perBillionParameters } : {}),
  }
}
