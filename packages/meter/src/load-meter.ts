import { definitionOf, findMeter, type MeterReference, parseOptions } from './define-meter.ts'
import type { MeterDefinition } from './meter.ts'
import { asMeterError } from './meter-error.ts'

/** Imports a module by its URL. */
export type ImportModule = (url: string) => Promise<Record<string, unknown>>

/** A meter's definition with its options, accepted by its schema. */
export interface LoadedMeter {
  readonly definition: MeterDefinition
  readonly options: unknown
}

/** A reference whose meter may be left out: then the module's only one. */
export type LooseReference = Omit<MeterReference, 'meter'> & { readonly meter?: string }

/**
 * Loads the meter that a reference names; without a name in it, the module's only one.
 * @throws MeterError with outcome `fatal`: the module cannot be loaded, exports no such meter, or refuses the options
 */
export async function loadMeter(
  reference: LooseReference,
  importModule: ImportModule = (url) => import(url),
): Promise<LoadedMeter> {
  const { module, meter, options } = reference
  const exports = await Promise.resolve(module)
    .then(importModule)
    .catch((cause) => {
      throw asMeterError(cause, `${module}: cannot be loaded`, 'METER_NOT_LOADED', 'fatal')
    })
  const definition = definitionOf(findMeter(exports, module, meter))
  return { definition, options: await parseOptions(definition, options) }
}
