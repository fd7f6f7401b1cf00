import { definitionOf, findMeter, type MeterReference, parseOptions } from './define-meter.ts'
import type { MeterDefinition } from './meter.ts'
import { MeterError } from './meter-error.ts'

/** Imports a module by its URL. */
export type ImportModule = (url: string) => Promise<Record<string, unknown>>

/** A meter's definition with its options, accepted by its schema. */
export interface LoadedMeter {
  readonly definition: MeterDefinition
  readonly options: unknown
}

/**
 * Loads the meter that a reference names; without a name in it, the module's only one.
 * @throws MeterError with outcome `fatal`: the module cannot be loaded, exports no such meter, or refuses the options
 */
export async function loadMeter(
  reference: Omit<MeterReference, 'meter'> & { readonly meter?: string },
  importModule: ImportModule = (url) => import(url),
): Promise<LoadedMeter> {
  let exports: Record<string, unknown>
  try {
    exports = await importModule(reference.module)
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]
    throw new MeterError(`${reference.module}: cannot be loaded: ${why}`, {
      outcome: 'fatal',
      code: 'METER_NOT_LOADED',
      cause,
    })
  }
  const definition = definitionOf(findMeter(exports, reference.module, reference.meter))
  return { definition, options: await parseOptions(definition, reference.options) }
}
