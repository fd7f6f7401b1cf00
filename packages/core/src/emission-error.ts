import { energyError, type KnownError, standardUncertainty, type UncertainEnergy } from './uncertainty.ts'

/** Relative standard uncertainties of what turns joules into grams; absent: nobody states it. */
export interface FactorUncertainties {
  readonly intensity?: number | undefined
  readonly pue?: number | undefined
}

/** Standard uncertainty of emissions, and of what it is. */
export interface EmissionUncertainty {
  readonly standardUncertaintyGrams?: number
  /** What was counted: the energy, and of the factors those that state theirs. */
  readonly uncertaintyOf?: ('energy' | 'intensity' | 'pue')[]
}

/**
 * The error of what is an energy times factors, in grams or in joules of the building (JCGM 100:2008, 5.1.6): that of the energy in
 * proportion, and those of the factors, which are common to all that they were applied to, phases and runs alike. A factor that
 * states none adds none. `value`: the product.
 */
export function emissionError(
  energy: KnownError,
  value: number,
  factors: FactorUncertainties = {},
): KnownError {
  const perJoule = energy.value > 0 ? value / energy.value : 0
  const scaled = (parts: KnownError['sources']) =>
    new Map([...parts].map(([source, joules]) => [source, joules * perJoule]))
  const sources = scaled(energy.sources)
  for (const factor of ['intensity', 'pue'] as const) {
    const relative = factors[factor]
    if (relative !== undefined) sources.set(factor, relative * value)
  }
  return { value, sources, unstated: scaled(energy.unstated) }
}

/** Standard uncertainty of the emissions of a sum of energies; absent where that of the energy is. */
export function emissionUncertainty(
  parts: readonly UncertainEnergy[],
  grams: number | undefined,
  factors: FactorUncertainties = {},
): EmissionUncertainty {
  const energy = energyError(parts)
  if (grams === undefined || !(energy.value > 0)) return {}
  const sigma = standardUncertainty(emissionError(energy, grams, factors))
  if (sigma === undefined) return {}
  const stated = (['intensity', 'pue'] as const).filter((factor) => factors[factor] !== undefined)
  return { standardUncertaintyGrams: sigma, uncertaintyOf: ['energy', ...stated] }
}

/** Standard uncertainty of the building's joules for a sum of energies; absent where that of the energy is. */
export function facilityUncertainty(
  parts: readonly UncertainEnergy[],
  joules: number,
  { pue }: FactorUncertainties = {},
): { standardUncertaintyJoules?: number } {
  const energy = energyError(parts)
  const sigma = energy.value > 0 ? standardUncertainty(emissionError(energy, joules, { pue })) : undefined
  return sigma === undefined ? {} : { standardUncertaintyJoules: sigma }
}
