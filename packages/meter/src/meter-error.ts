/**
 * What follows from a failed read or open: `retry` (later may be better), `ended` (the instrument is gone,
 * what was read stays true), `fatal` (never again in this run).
 */
export type Outcome = 'retry' | 'ended' | 'fatal'

/** The outcomes, for checks at run time. */
export const OUTCOMES: readonly Outcome[] = ['retry', 'ended', 'fatal']

const BRAND = Symbol.for('ergometer.MeterError')

/** What a meter throws when it cannot read. One clear line: what, where, what was expected, what to do. */
export class MeterError extends Error {
  override readonly name = 'MeterError'
  /** What follows from it. */
  readonly outcome: Outcome
  /** Stable and upper case: `RAPL_UNREADABLE`. */
  readonly code: string
  /** Of a meter that cannot be opened: safe commands or steps, the best first. `doctor` shows them. */
  readonly fixes: readonly string[] | undefined

  constructor(
    message: string,
    details: { outcome: Outcome; code?: string; fixes?: readonly string[]; cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.outcome = details.outcome
    this.code = details.code ?? 'METER_READ_FAILED'
    this.fixes = details.fixes
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for a MeterError of any copy of this package. */
  static isInstance(value: unknown): value is MeterError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}

/**
 * Whatever was thrown, as a MeterError: what a meter threw itself stays as it is, all else gets that outcome, by
 * default `retry`. `what`: begin of the message.
 */
export function asMeterError(
  cause: unknown,
  what: string,
  code = 'METER_READ_FAILED',
  outcome: Outcome = 'retry',
): MeterError {
  if (MeterError.isInstance(cause)) return cause
  return new MeterError(`${what}: ${reasonOf(cause)}`, { outcome, code, cause })
}

/** The first line of whatever was thrown. Anything can be thrown, even what has no text. */
function reasonOf(cause: unknown): string {
  try {
    const told = cause instanceof Error ? behindFetch(cause) : cause
    const text = String(told instanceof Error ? told.message || told.name : told)
    return text.split('\n')[0] as string
  } catch {
    return `threw ${typeof cause}`
  }
}

/** `fetch failed` says nothing; what it holds does. Of several addresses that were tried, the last. */
function behindFetch(error: Error): Error {
  const { cause } = error
  if (error.message !== 'fetch failed' || !(cause instanceof Error)) return error
  return cause instanceof AggregateError && cause.errors.at(-1) instanceof Error ? cause.errors.at(-1) : cause
}

/** The error of a meter that did not answer in time. */
export function timeout(what: string, seconds: number): MeterError {
  const message = `${what} did not answer within ${Number(seconds.toFixed(3))} s`
  return new MeterError(message, { outcome: 'retry', code: 'METER_TIMEOUT' })
}

/** The error of a read from a meter that was closed. */
export function closed(what: string): MeterError {
  return new MeterError(`${what} is closed`, { outcome: 'ended', code: 'METER_CLOSED' })
}

/** The error of a meter that is not what the contract says. `why`: where, and what was expected. */
export function invalid(what: string, why: string): MeterError {
  return new MeterError(`${what}: ${why}`, { outcome: 'fatal', code: 'METER_INVALID' })
}
