/** Stable codes of what this package throws. */
export type CarbonErrorCode =
  | 'CSV_INVALID'
  | 'HARDWARE_UNKNOWN'
  | 'INTENSITY_INVALID'
  | 'INTENSITY_MIXED'
  | 'PROVIDER_REPORT_INVALID'
  | 'SOURCE_INVALID'
  | 'SOURCE_LIMITED'
  | 'SOURCE_NO_FORECAST'
  | 'SOURCE_OPTIONS_INVALID'
  | 'SOURCE_REFUSED'
  | 'SOURCE_REPLY_INVALID'
  | 'SOURCE_TOKEN_MISSING'
  | 'SOURCE_TOKEN_REFUSED'
  | 'SOURCE_UNKNOWN'
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_ZONE_UNKNOWN'
  | 'ZONE_UNKNOWN'

const BRAND = Symbol.for('ergometer.CarbonError')

/** What this package throws on what it cannot use. One clear line: what, what was expected, what to do. */
export class CarbonError extends Error {
  override readonly name = 'CarbonError'
  readonly code: CarbonErrorCode

  constructor(code: CarbonErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for a CarbonError of any copy of this package. */
  static isInstance(value: unknown): value is CarbonError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}
