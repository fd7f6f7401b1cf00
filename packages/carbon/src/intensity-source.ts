import { CarbonError } from './carbon-error.ts'
import type { IntensityBasis, IntensityKind } from './intensity.ts'
import type { IntensityStep } from './intensity-step.ts'
import { PoliteFetch } from './polite-fetch.ts'
import type { SourceContext } from './source-context.ts'
import { issuesText, type StandardSchema } from './standard-schema.ts'

/** The version of this contract. A loader refuses what bears another one. */
export const SOURCE_VERSION = 1

const BRAND = Symbol.for('ergometer.intensity-source')
const NAME = /^[a-z][a-z0-9-]{0,63}$/
/** No grid is dirtier than this by far (lignite alone: some 1100 g/kWh); what is above is in another unit. */
export const MOST_GRAMS = 5000

/** What a source tells, once it is open: figures of one kind and one basis for one zone. */
export interface IntensitySource {
  readonly kind: IntensityKind
  readonly basis: IntensityBasis
  /** Where its figures hold; absent: not known. */
  readonly zone?: string
  /** Under which licence or terms its figures may be used, for a person; absent: not known. */
  readonly terms?: string
  /** The last figure that there is, with the time for which it holds; undefined if there is none. */
  latest(): Promise<IntensityStep | undefined>
  /** All figures between two instants, in seconds since 1970. What is missing is left out; 0 is a figure. */
  history(from: number, to: number): Promise<readonly IntensityStep[]>
  /**
   * What is expected between two instants, in seconds since 1970: now and the future, as it is foreseen at the moment.
   * What nobody foresees is left out. Absent: there is no forecast.
   */
  forecast?(from: number, to: number): Promise<readonly IntensityStep[]>
}

/** What a source is made of its world: the given one, and a way to ask services. */
export interface OpenContext extends SourceContext {
  readonly service: PoliteFetch
}

/** What the figures of a source are, whatever they are. */
export interface SourceLabels {
  readonly kind: IntensityKind
  readonly basis: IntensityBasis
  /** Absent: not known, or the run's. */
  readonly zone?: string | undefined
}

/** A source as its author writes it. */
export interface IntensitySourceDefinition<Input = unknown, Output = Input> {
  /** Lower-case letters, digits and dashes: `--source NAME`. */
  readonly name: string
  /** Any Standard Schema. Secrets are no options: options name the variable or the file that holds them. */
  readonly options?: StandardSchema<Input, Output>
  /** What its figures will be with these options, as it can be said without opening it: what may stand in while it fails. */
  labels?(options: Output): SourceLabels
  /** Opens it; asks no service yet. Throws a CarbonError for what cannot work: no token, no zone. */
  open(options: Output, context: OpenContext): IntensitySource | Promise<IntensitySource>
}

/** A source with its options as a small value that can be sent to another process, or kept in a journal. */
export interface IntensitySourceReference {
  /** URL of the module that exports the source. */
  readonly module: string
  /** The source's name: which of the module's exports. */
  readonly source: string
  /** Plain JSON, as the user wrote it. */
  readonly options?: unknown
}

/** What `defineIntensitySource` returns: call it with options to get a reference; the export that a loader looks for. */
export interface IntensitySourceFactory<Options = unknown> {
  (options?: Options): IntensitySourceReference
  /** The `name` of its definition. */
  readonly sourceName: string
}

/** Mark of a factory, the same in all copies of this package. */
interface Branded {
  readonly [BRAND]: { readonly version: number; readonly definition: IntensitySourceDefinition }
}

/** What can be said of a source before it is relied upon. */
export interface SourceAvailability {
  readonly available: boolean
  /** Why not. */
  readonly why?: string
  /** The last figure, where there is one. */
  readonly latest?: IntensityStep
}

/**
 * Defines a source of grid intensity. `moduleUrl` is the module's own `import.meta.url`, so that another process can
 * load it. Throws `SOURCE_INVALID` for a name that cannot be.
 */
export function defineIntensitySource<Input, Output = Input>(
  moduleUrl: string,
  definition: IntensitySourceDefinition<Input, Output>,
): IntensitySourceFactory<Input> {
  const { name } = definition
  if (!NAME.test(name)) {
    throw new CarbonError(
      'SOURCE_INVALID',
      `Intensity source '${name}': expected a name of lower-case letters, digits and dashes, at most 64`,
    )
  }
  const factory = (options?: Input): IntensitySourceReference => ({
    module: moduleUrl,
    source: name,
    ...(options === undefined ? {} : { options }),
  })
  const branded: Branded = {
    [BRAND]: { version: SOURCE_VERSION, definition: definition as unknown as IntensitySourceDefinition },
  }
  return Object.assign(factory, { sourceName: name }, branded)
}

/** True for what `defineIntensitySource` returned, of any copy and version of this package. */
export function isIntensitySourceFactory(value: unknown): value is IntensitySourceFactory {
  return typeof value === 'function' && BRAND in value
}

/**
 * Opens a source with options of unknown origin. What it tells is checked on the way: figures of its own kind and basis,
 * in g/kWh, in order, of the time that was asked for. Throws CarbonErrors alone: `SOURCE_OPTIONS_INVALID`, and what the
 * source throws.
 */
export async function openIntensitySource(
  factory: IntensitySourceFactory<never>,
  options: unknown,
  context: SourceContext,
): Promise<IntensitySource> {
  const definition = definitionOf(factory)
  const { name } = definition
  const guard = <Value>(work: () => Value | Promise<Value>) => guarded(name, work)
  const parsed = await parseOptions(definition, options)
  const source = await guard(() =>
    definition.open(parsed, { ...context, service: new PoliteFetch(name, context) }),
  )
  const { kind, basis, zone, terms } = source
  const between = (steps: readonly IntensityStep[], from: number, to: number) =>
    steps
      .map((step) => checked(name, source, step))
      .filter((step) => step.from < to && (step.to ?? Number.POSITIVE_INFINITY) > from)
      .sort((a, b) => a.from - b.from)
  return {
    kind,
    basis,
    ...(zone === undefined ? {} : { zone }),
    ...(terms === undefined ? {} : { terms }),
    latest: () =>
      guard(async () => {
        const step = await source.latest()
        return step && checked(name, source, step)
      }),
    history: (from, to) => guard(async () => between(await source.history(from, to), from, to)),
    ...(source.forecast === undefined
      ? {}
      : {
          forecast: (from, to) =>
            guard(async () => between((await source.forecast?.(from, to)) ?? [], from, to)),
        }),
  }
}

/**
 * Checks options of unknown origin without opening the source; answers with what its figures will be, where the source says so.
 * Throws `SOURCE_OPTIONS_INVALID`.
 */
export async function checkSourceOptions(
  factory: IntensitySourceFactory<never>,
  options: unknown,
): Promise<SourceLabels | undefined> {
  const definition = definitionOf(factory)
  return definition.labels?.(await parseOptions(definition, options))
}

/** Opens a source and asks it once. Never throws. */
export async function probeIntensitySource(
  factory: IntensitySourceFactory<never>,
  options: unknown,
  context: SourceContext,
): Promise<SourceAvailability> {
  try {
    const source = await openIntensitySource(factory, options, context)
    const latest = await source.latest()
    if (latest) return { available: true, latest }
    return { available: false, why: `Intensity source ${factory.sourceName}: it has no figure at all` }
  } catch (error) {
    return { available: false, why: error instanceof Error ? error.message : String(error) }
  }
}

function definitionOf(factory: IntensitySourceFactory<never>): IntensitySourceDefinition {
  const { version, definition } = (factory as unknown as Partial<Branded>)[BRAND] ?? {}
  if (definition && version === SOURCE_VERSION) return definition
  throw new CarbonError(
    'SOURCE_INVALID',
    `Intensity source '${factory.sourceName}' speaks version ${version} of the contract, expected ${SOURCE_VERSION}: install a matching version`,
  )
}

async function parseOptions(
  { name, options: schema }: IntensitySourceDefinition,
  options: unknown,
): Promise<unknown> {
  const invalid = (why: string) =>
    new CarbonError('SOURCE_OPTIONS_INVALID', `Intensity source ${name}, options: ${why}`)
  if (!schema) {
    if (options === undefined) return undefined
    throw invalid('it takes none')
  }
  const result = await schema['~standard'].validate(options ?? {})
  if (result.issues) throw invalid(issuesText(result.issues))
  return result.value
}

/** Whatever a source throws leaves as a CarbonError. */
async function guarded<Value>(name: string, work: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    if (CarbonError.isInstance(cause)) throw cause
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]
    throw new CarbonError('SOURCE_REPLY_INVALID', `Intensity source ${name}: ${why}`, cause)
  }
}

function checked(name: string, { kind, basis }: IntensitySource, step: IntensityStep): IntensityStep {
  const invalid = (why: string) => new CarbonError('SOURCE_REPLY_INVALID', `Intensity source ${name}: ${why}`)
  const { from, to = Number.POSITIVE_INFINITY, gramsPerKilowattHour: grams } = step
  if (step.kind !== kind || step.basis !== basis) {
    throw invalid(`a figure is ${step.kind} and ${step.basis}, expected ${kind} and ${basis}`)
  }
  if (!Number.isFinite(from) || !(to > from)) throw invalid(`a figure holds from ${from} to ${to}`)
  if (!(grams >= 0 && grams <= MOST_GRAMS)) {
    throw invalid(`${grams} g/kWh, expected 0 to ${MOST_GRAMS}: is it in another unit?`)
  }
  return step
}
