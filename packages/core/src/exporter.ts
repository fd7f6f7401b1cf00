import type { SchemaIssue, SchemaOutput, StandardSchema } from '@ergometer/meter'
import { ErgometerError } from './ergometer-error.ts'
import type { PastTotals } from './past-totals.ts'
import type { Report } from './report.ts'

/** The version of this contract. A loader refuses what bears another one. */
const EXPORTER_VERSION = 1

const BRAND = Symbol.for('ergometer.exporter')
const NAME = /^[a-z][a-z0-9-]{0,63}$/

/** Everything of the world that an exporter may touch. A test gives it another one. */
export interface ExporterContext {
  /** Environment variables; credentials come from here or from a file. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  /** A line for a person: what went wrong, and what to do. */
  readonly log: (message: string) => void
  /** Aborted when nobody waits for the export any more. */
  readonly signal: AbortSignal
}

/** A run that is over. */
export interface FinishedRun {
  readonly report: Report
  /**
   * Totals at its begin, every so many seconds, and at its end, in order. Throws `EXPORT_STEP_INVALID` for a step that is no number
   * above 0.
   */
  totals(stepSeconds: number): Iterable<PastTotals>
}

/** What an exporter declares: pass it to `defineExporter`. */
export interface ExporterDefinition<Schema extends StandardSchema = StandardSchema> {
  /** Lower case, digits and dashes: the `NAME` of `ergometer export RUN --to NAME[=VALUE]`. */
  readonly name: string
  /** Any Standard Schema. It is given VALUE: parsed if it looks like JSON, else as a text; undefined where there is none. */
  readonly options?: Schema
  /** Sends a whole run; sending it twice changes nothing. Answers with a line for a person. Throws an ErgometerError. */
  replay(options: SchemaOutput<Schema>, run: FinishedRun, context: ExporterContext): Promise<string>
}

/** What `defineExporter` returns: the export that a loader looks for. */
export interface Exporter<Schema extends StandardSchema = StandardSchema> {
  readonly exporterName: string
  readonly definition: ExporterDefinition<Schema>
}

interface Branded {
  readonly [BRAND]: number
}

/**
 * Defines an exporter; a module exports the result.
 * @throws ErgometerError `EXPORTER_NAME_INVALID`
 */
export function defineExporter<Schema extends StandardSchema>(
  definition: ExporterDefinition<Schema>,
): Exporter<Schema> {
  const { name } = definition
  if (!NAME.test(name)) {
    throw new ErgometerError(
      'EXPORTER_NAME_INVALID',
      `exporter name '${name}': expected lower-case letters, digits and dashes, at most 64`,
    )
  }
  const branded: Branded & Exporter<Schema> = { [BRAND]: EXPORTER_VERSION, exporterName: name, definition }
  return branded
}

/**
 * The only exporter among a module's exports.
 * @throws ErgometerError `EXPORTER_NOT_EXPORTED`, `EXPORTER_VERSION`
 */
export function findExporter(moduleExports: Readonly<Record<string, unknown>>, url: string): Exporter {
  const found = [...new Set(Object.entries(moduleExports).flatMap(inside))].filter(isExporter)
  const [one] = found
  if (!one || found.length > 1) {
    throw new ErgometerError(
      'EXPORTER_NOT_EXPORTED',
      `${url}: expected exactly one exporter among its exports (made by defineExporter), found ${found.length}`,
    )
  }
  const version = (one as unknown as Branded)[BRAND]
  if (version === EXPORTER_VERSION) return one
  throw new ErgometerError(
    'EXPORTER_VERSION',
    `exporter '${one.exporterName}' speaks version ${version} of the contract, expected ${EXPORTER_VERSION}: install a matching version`,
  )
}

/**
 * Options as the exporter's schema makes them.
 * @throws ErgometerError `EXPORTER_OPTIONS_INVALID`, naming the path
 */
export async function exporterOptions(
  { exporterName, definition }: Exporter,
  value: unknown,
): Promise<unknown> {
  const what = `exporter '${exporterName}'`
  if (!definition.options) {
    if (value === undefined) return undefined
    throw new ErgometerError('EXPORTER_OPTIONS_INVALID', `${what} takes no value`)
  }
  const result = await definition.options['~standard'].validate(value)
  if (!result.issues) return result.value
  throw new ErgometerError('EXPORTER_OPTIONS_INVALID', `${what}: ${result.issues.map(issueText).join('; ')}`)
}

function isExporter(value: unknown): value is Exporter {
  return typeof value === 'object' && value !== null && BRAND in value
}

/** A CommonJS module's exports arrive as `default`, and may hold a `default` again. */
function inside([key, value]: [string, unknown]): unknown[] {
  const nested = key === 'default' && typeof value === 'object' && value !== null && !isExporter(value)
  return nested ? Object.values(value) : [value]
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const where = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return where ? `${where}: ${message}` : message
}
