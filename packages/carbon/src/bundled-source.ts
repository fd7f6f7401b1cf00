import * as z from 'zod/mini'
import { bundledIntensity, rowSource, worldIntensity } from './bundled-intensity.ts'
import { sourceOfOne } from './constant-source.ts'
import { defineIntensitySource, type IntensitySourceFactory } from './intensity-source.ts'
import { optionsOf, textOption } from './source-options.ts'
import { parseZone } from './zone.ts'

/** Options of the source `bundled`. */
export interface BundledOptions {
  /** By default the run's. */
  readonly zone?: string | undefined
}

/**
 * The source `bundled`: the yearly figure of the zone; of the world, as an estimate, where the zone is not known. It
 * throws `ZONE_UNKNOWN` for a zone that the table does not have.
 */
export const bundledSource: IntensitySourceFactory<BundledOptions> = defineIntensitySource(import.meta.url, {
  name: 'bundled',
  options: optionsOf({ zone: z.optional(textOption) }),
  open({ zone: given }, context) {
    const zone = given ?? context.zone
    const known = zone === undefined ? undefined : parseZone(zone)
    const intensity = (known === undefined ? undefined : bundledIntensity(known)) ?? worldIntensity()
    return sourceOfOne(intensity, context.clock, rowSource(known ?? 'WORLD')?.attribution)
  },
})
