import * as z from 'zod/mini'
import { constantIntensity } from './constant-intensity.ts'
import type { Intensity, IntensityBasis, IntensityKind } from './intensity.ts'
import {
  defineIntensitySource,
  type IntensitySource,
  type IntensitySourceFactory,
} from './intensity-source.ts'
import { stepOf } from './intensity-step.ts'
import { basisOption, kindOption, optionsOf, textOption } from './source-options.ts'

/** Options of the source `constant`. */
export interface ConstantOptions {
  /** Grams of CO2e per kilowatt-hour, at least 0. */
  readonly gramsPerKilowattHour: number
  /** By default `average`. */
  readonly kind?: IntensityKind | undefined
  /** By default `lifecycle`. */
  readonly basis?: IntensityBasis | undefined
  /** By default the run's. */
  readonly zone?: string | undefined
}

/** The source `constant`: a figure of the user's own, for all times. */
export const constantSource: IntensitySourceFactory<ConstantOptions> = defineIntensitySource(
  import.meta.url,
  {
    name: 'constant',
    options: optionsOf({
      gramsPerKilowattHour: z
        .number('expected g/kWh, at least 0')
        .check(z.minimum(0, 'expected g/kWh, at least 0')),
      kind: z._default(kindOption, 'average'),
      basis: z._default(basisOption, 'lifecycle'),
      zone: z.optional(textOption),
    }),
    labels: ({ kind, basis, zone }) => ({ kind, basis, zone }),
    open({ gramsPerKilowattHour, zone, kind, basis }, context) {
      return sourceOfOne(
        { ...constantIntensity(gramsPerKilowattHour, zone ?? context.zone), kind, basis },
        context.clock,
      )
    },
  },
)

/** A source that always tells one figure. */
export function sourceOfOne(intensity: Intensity, clock: () => number, terms?: string): IntensitySource {
  const { kind, basis, zone } = intensity
  return {
    kind,
    basis,
    ...(zone === undefined ? {} : { zone }),
    ...(terms === undefined ? {} : { terms }),
    latest: async () => stepOf(intensity, clock()),
    history: async (from, to) => [stepOf(intensity, from, to)],
  }
}
