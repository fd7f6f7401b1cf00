import {
  CarbonError,
  type IntensitySourceFactory,
  type IntensitySourceReference,
  isIntensitySourceFactory,
} from '@ergometer/carbon'
import { ErgometerError, type GivenSource } from '@ergometer/core'
import { splitChoice } from './find-module.ts'

/** A source of grid intensity by name (`csv`, each with `={JSON}` options), or by value. */
export type SourceChoice = string | IntensitySourceReference | IntensitySourceFactory<never>

/** A source that is to be opened, in this process or by the recorder. */
export interface SourceRequest {
  readonly name: string
  /** URL of somebody else's module; absent: one of ours. */
  readonly module?: string
  readonly options?: unknown
}

/** A source as chosen: what to open, and what a journal says of it. */
export interface ChosenSource {
  readonly request: SourceRequest
  readonly given: GivenSource
}

/**
 * A source as chosen, its options checked; it is not opened, and nothing is asked.
 * @throws ErgometerError `SOURCE_UNKNOWN`, `SOURCE_OPTIONS_INVALID`
 */
export async function requestSource(choice: SourceChoice): Promise<ChosenSource> {
  const { module, name, options } = partsOf(choice)
  // Sources and what checks their options are loaded only where somebody wants one.
  const { findIntensitySource } = await import('@ergometer/carbon/sources')
  const { checkSourceOptions } = await import('@ergometer/carbon')
  const request = { name, ...(options === undefined ? {} : { options }) }
  try {
    const ours = module === undefined ? findIntensitySource(name) : ourOwn(findIntensitySource, name, module)
    if (!ours) return { request: { ...request, module: module as string }, given: request }
    const labels = await checkSourceOptions(ours, options)
    const { zone, ...rest } = labels ?? {}
    return { request, given: { ...request, ...rest, ...(zone === undefined ? {} : { zone }) } }
  } catch (cause) {
    throw asErgometerError(cause)
  }
}

/** What a source throws, as an error of ours with the same code. */
export function asErgometerError(cause: unknown): unknown {
  return CarbonError.isInstance(cause) ? new ErgometerError(cause.code, cause.message, cause) : cause
}

/** The factory of a requested source. Throws what importing somebody's module throws, and an ErgometerError `SOURCE_UNKNOWN`. */
export async function loadSource({ name, module }: SourceRequest): Promise<IntensitySourceFactory<never>> {
  if (module === undefined) return (await import('@ergometer/carbon/sources')).findIntensitySource(name)
  const { importModule } = await import('./import-module.ts')
  const found = Object.values(await importModule(module)).find(
    (one) => isIntensitySourceFactory(one) && one.sourceName === name,
  )
  if (found) return found as IntensitySourceFactory<never>
  throw new ErgometerError('SOURCE_UNKNOWN', `${module} exports no intensity source '${name}'`)
}

/** One of ours that was given by value. */
function ourOwn(
  find: (name: string) => IntensitySourceFactory<never>,
  name: string,
  module: string,
): IntensitySourceFactory<never> | undefined {
  try {
    const factory = find(name)
    return factory().module === module ? factory : undefined
  } catch {
    return undefined
  }
}

function partsOf(choice: SourceChoice): { name: string; module?: string; options?: unknown } {
  if (typeof choice === 'string') return byName(choice)
  const { module, source, options } = typeof choice === 'function' ? choice() : choice
  return { name: source, module, ...(options === undefined ? {} : { options }) }
}

function byName(text: string): { name: string; options?: unknown } {
  const { name, value: json } = splitChoice(text)
  if (json === undefined) return { name }
  try {
    return { name, options: JSON.parse(json) }
  } catch (cause) {
    const message = `source '${name}': its options are no JSON: ${(cause as Error).message}; expected --source '${name}={"option": "value"}'`
    throw new ErgometerError('SOURCE_OPTIONS_INVALID', message, cause)
  }
}
