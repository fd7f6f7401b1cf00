import type { MeterDefinition } from './meter.ts'
import { MeterError } from './meter-error.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from './standard-schema.ts'

/** The version of this contract. A loader refuses what bears another one. */
export const SPECIFICATION_VERSION = 1

const BRAND = Symbol.for('ergometer.meter')

/** A meter with its options as a small value that can be sent to another process, which opens it there. */
export interface MeterReference {
  /** URL of the module that exports the meter. */
  readonly module: string
  /** The meter's name: which of the module's exports. */
  readonly meter: string
  readonly options?: unknown
}

/** What `defineMeter` returns: call it with options to get a reference; the export that a loader looks for. */
export interface MeterFactory<Schema extends StandardSchema = StandardSchema> {
  (options?: SchemaInput<Schema>): MeterReference
  readonly meterName: string
}

/** Mark of a factory, the same in all copies of this package. */
interface Branded {
  readonly [BRAND]: { readonly version: number; readonly definition: MeterDefinition }
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/

/**
 * Defines a meter. `moduleUrl` is the module's own `import.meta.url`: a recorder imports that module itself,
 * so a meter lives in a file of its own and exports the result.
 */
export function defineMeter<Schema extends StandardSchema>(
  moduleUrl: string,
  definition: MeterDefinition<Schema>,
): MeterFactory<Schema> {
  if (!NAME.test(definition.name)) {
    throw new MeterError(
      `meter name '${definition.name}': expected lower-case letters, digits and dashes, at most 64`,
      { outcome: 'fatal', code: 'METER_NAME_INVALID' },
    )
  }
  const factory = (options?: unknown): MeterReference => {
    if (!moduleUrl) {
      throw new MeterError(
        `meter '${definition.name}': its module has no URL (a CommonJS bundle?), name it instead: meters: ['${definition.name}']`,
        { outcome: 'fatal', code: 'METER_MODULE_UNKNOWN' },
      )
    }
    return { module: moduleUrl, meter: definition.name, ...(options === undefined ? {} : { options }) }
  }
  const branded: Branded = {
    [BRAND]: { version: SPECIFICATION_VERSION, definition: definition as unknown as MeterDefinition },
  }
  return Object.assign(factory, { meterName: definition.name }, branded) as MeterFactory<Schema>
}

/** True for what `defineMeter` returned, of any copy and version of this package. */
export function isMeterFactory(value: unknown): value is MeterFactory {
  return typeof value === 'function' && BRAND in value
}

/**
 * The definition behind a factory.
 * @throws MeterError `METER_SPECIFICATION_VERSION` when it was made for another version of the contract.
 */
export function definitionOf<Schema extends StandardSchema>(
  factory: MeterFactory<Schema>,
): MeterDefinition<Schema> {
  const { version, definition } = (factory as unknown as Branded)[BRAND]
  if (version !== SPECIFICATION_VERSION) {
    throw new MeterError(
      `meter '${definition.name}' speaks version ${version} of the meter contract, expected ${SPECIFICATION_VERSION}: install a matching version`,
      { outcome: 'fatal', code: 'METER_SPECIFICATION_VERSION' },
    )
  }
  return definition as unknown as MeterDefinition<Schema>
}

/**
 * The one meter of that name among a module's exports; without a name, the only one.
 * @throws MeterError `METER_NOT_EXPORTED`
 */
export function findMeter(moduleExports: Record<string, unknown>, url: string, name?: string): MeterFactory {
  const factories = [...new Set(Object.values(moduleExports).flatMap(inside))].filter(isMeterFactory)
  const found = name === undefined ? factories : factories.filter((factory) => factory.meterName === name)
  if (found.length === 1) return found[0] as MeterFactory
  const expected = name === undefined ? 'exactly one meter' : `the meter '${name}'`
  const seen = factories.length === 0 ? 'none' : factories.map((factory) => factory.meterName).join(', ')
  throw new MeterError(
    `${url}: expected ${expected} among its exports (made by defineMeter), found ${seen}`,
    {
      outcome: 'fatal',
      code: 'METER_NOT_EXPORTED',
    },
  )
}

/** A CommonJS module's exports arrive as `default`. */
function inside(value: unknown): unknown[] {
  if (typeof value === 'object' && value !== null && 'default' in value) return [value.default]
  return [value]
}

/**
 * Options as the meter's schema makes them.
 * @throws MeterError `METER_OPTIONS_INVALID`, naming the path
 */
export async function parseOptions<Schema extends StandardSchema>(
  definition: MeterDefinition<Schema>,
  options: unknown,
): Promise<SchemaOutput<Schema>> {
  if (!definition.options) {
    if (options === undefined || (isPlain(options) && Object.keys(options).length === 0)) return undefined
    throw new MeterError(`meter '${definition.name}' takes no options, got ${JSON.stringify(options)}`, {
      outcome: 'fatal',
      code: 'METER_OPTIONS_INVALID',
    })
  }
  const result = await definition.options['~standard'].validate(options ?? {})
  if (!result.issues) return result.value
  const issues = result.issues.map((issue) => {
    const path = (issue.path ?? [])
      .map((part) => String(typeof part === 'object' ? part.key : part))
      .join('.')
    return path ? `${path}: ${issue.message}` : issue.message
  })
  throw new MeterError(`meter '${definition.name}', options: ${issues.join('; ')}`, {
    outcome: 'fatal',
    code: 'METER_OPTIONS_INVALID',
  })
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
