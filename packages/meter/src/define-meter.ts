import type { MeterDefinition } from './meter.ts'
import { asMeterError, MeterError } from './meter-error.ts'
import { notPlain } from './plain-options.ts'
import type { SchemaInput, SchemaIssue, SchemaOutput, StandardSchema } from './standard-schema.ts'
import { isObject } from './untrusted.ts'

/** The version of this contract. A loader refuses what bears another one. */
export const SPECIFICATION_VERSION = 1

const BRAND = Symbol.for('ergometer.meter')

/** A meter with its options as a small value that can be sent to another process, which opens it there. */
export interface MeterReference {
  /** URL of the module that exports the meter. */
  readonly module: string
  /** The meter's name: which of the module's exports. */
  readonly meter: string
  /** Plain JSON, as the user wrote it; the meter's schema sees it where the meter is opened. */
  readonly options?: unknown
}

/** What `defineMeter` returns: call it with options to get a reference; the export that a loader looks for. */
export interface MeterFactory<Schema extends StandardSchema = StandardSchema> {
  (options?: SchemaInput<Schema>): MeterReference
  /** The `name` of its definition. */
  readonly meterName: string
}

/** Mark of a factory, the same in all copies of this package. */
interface Branded {
  readonly [BRAND]: { readonly version: number; readonly definition: MeterDefinition }
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/
/** Bounds of an interval in seconds: nothing is read faster than at 1 kHz, nor more seldom than once a day. */
const SHORTEST_INTERVAL = 0.001
const LONGEST_INTERVAL = 86_400

/**
 * Defines a meter. `moduleUrl` is the module's own `import.meta.url`: a recorder imports that module itself,
 * so a meter lives in a file of its own and exports the result. The factory throws a MeterError for options that
 * cannot be sent to another process; whether they are right is seen there.
 * @throws MeterError `METER_NAME_INVALID`, `METER_INTERVAL_INVALID`
 */
export function defineMeter<Schema extends StandardSchema>(
  moduleUrl: string,
  definition: MeterDefinition<Schema>,
): MeterFactory<Schema> {
  const { name, interval = 1 } = definition
  if (!isMeterName(name)) {
    throw fatal(
      'METER_NAME_INVALID',
      `meter name '${name}': expected lower-case letters, digits and dashes, at most 64`,
    )
  }
  if (!isInterval(interval)) {
    throw fatal(
      'METER_INTERVAL_INVALID',
      `meter '${name}', interval: expected seconds from ${SHORTEST_INTERVAL} to ${LONGEST_INTERVAL}, got ${interval}`,
    )
  }
  const factory = (options?: unknown): MeterReference => {
    if (!moduleUrl) {
      throw fatal(
        'METER_MODULE_UNKNOWN',
        `meter '${name}': its module has no URL (a CommonJS bundle?), name it instead: meters: ['${name}']`,
      )
    }
    if (options === undefined) return { module: moduleUrl, meter: name }
    const fault = notPlain(options)
    if (fault !== undefined) throw fatal('METER_OPTIONS_INVALID', `meter '${name}', ${fault}`)
    return { module: moduleUrl, meter: name, options }
  }
  const branded: Branded = {
    [BRAND]: { version: SPECIFICATION_VERSION, definition: definition as unknown as MeterDefinition },
  }
  return Object.assign(factory, { meterName: name }, branded) as MeterFactory<Schema>
}

/** True for what can be a meter's name. */
export function isMeterName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value)
}

/** True for seconds that can lie between two reads. */
export function isInterval(value: unknown): value is number {
  return typeof value === 'number' && value >= SHORTEST_INTERVAL && value <= LONGEST_INTERVAL
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
  const { version, definition } = (factory as unknown as Partial<Branded>)[BRAND] ?? {}
  if (version !== SPECIFICATION_VERSION) {
    throw fatal(
      'METER_SPECIFICATION_VERSION',
      `meter '${factory.meterName}' speaks version ${version} of the meter contract, expected ${SPECIFICATION_VERSION}: install a matching version`,
    )
  }
  return definition as unknown as MeterDefinition<Schema>
}

/**
 * The one meter of that name among a module's exports; without a name, the only one.
 * @throws MeterError `METER_NOT_EXPORTED`
 */
export function findMeter(moduleExports: Record<string, unknown>, url: string, name?: string): MeterFactory {
  const factories = [...new Set(Object.entries(moduleExports).flatMap(inside))].filter(isMeterFactory)
  const found = name === undefined ? factories : factories.filter((factory) => factory.meterName === name)
  if (found.length === 1) return found[0] as MeterFactory
  const expected = name === undefined ? 'exactly one meter' : `the meter '${name}'`
  const seen = factories.length === 0 ? 'none' : factories.map((factory) => factory.meterName).join(', ')
  const advice = factories.length === 0 ? ': export default defineMeter(import.meta.url, …)' : ''
  throw fatal(
    'METER_NOT_EXPORTED',
    `${url}: expected ${expected} among its exports (made by defineMeter), found ${seen}${advice}`,
  )
}

/** A CommonJS module's exports arrive as `default`, and may hold a `default` again. */
function inside([key, value]: [string, unknown]): unknown[] {
  return key === 'default' && typeof value === 'object' && value !== null ? Object.values(value) : [value]
}

/**
 * Options as the meter's schema makes them.
 * @throws MeterError `METER_OPTIONS_INVALID`, naming the path
 */
export async function parseOptions<Schema extends StandardSchema>(
  definition: MeterDefinition<Schema>,
  options: unknown,
): Promise<SchemaOutput<Schema>> {
  const what = `meter '${definition.name}'`
  if (!definition.options) {
    if (options === undefined) return undefined
    // Their names alone: among the values may be a secret.
    const given = isObject(options) ? Object.keys(options).join(', ') : typeof options
    if (given === '') return undefined
    throw fatal('METER_OPTIONS_INVALID', `${what} takes no options, got: ${given}`)
  }
  try {
    const result = await definition.options['~standard'].validate(options ?? {})
    if (!result.issues) return result.value
    throw fatal('METER_OPTIONS_INVALID', `${what}, options: ${result.issues.map(issueText).join('; ')}`)
  } catch (cause) {
    throw asMeterError(cause, `${what}, options: its schema failed`, 'METER_OPTIONS_INVALID', 'fatal')
  }
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const where = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return where ? `${where}: ${message}` : message
}

function fatal(code: string, message: string): MeterError {
  return new MeterError(message, { outcome: 'fatal', code })
}
