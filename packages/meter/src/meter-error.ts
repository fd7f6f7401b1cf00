/**
 * What follows from a failed read or open: `retry` (later may be better), `ended` (the instrument is gone,
 * what was read stays true), `fatal` (never again in this run).
 */
export type Outcome = 'retry' | 'ended' | 'fatal'

const BRAND = Symbol.for('ergometer.MeterError')

/** What a meter throws when it cannot read. One clear line: what, where, what was expected, what to do. */
export class MeterError extends Error {
  override readonly name = 'MeterError'
  readonly outcome: Outcome
  /** Stable and upper case: `RAPL_UNREADABLE`. */
  readonly code: string

  constructor(message: string, details: { outcome: Outcome; code?: string; cause?: unknown }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.outcome = details.outcome
    this.code = details.code ?? 'METER_READ_FAILED'
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for a MeterError of any copy of this package. */
  static isInstance(value: unknown): value is MeterError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}

/** Whatever was thrown, as a MeterError: what a meter threw itself stays as it is, all else may be tried again. */
export function asMeterError(cause: unknown, what: string, code = 'METER_READ_FAILED'): MeterError {
  if (MeterError.isInstance(cause)) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new MeterError(`${what}: ${why.split('\n')[0]}`, { outcome: 'retry', code, cause })
}
