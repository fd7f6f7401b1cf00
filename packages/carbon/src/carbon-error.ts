/** Stable codes of what this package throws. */
export type CarbonErrorCode = 'INTENSITY_INVALID' | 'ZONE_UNKNOWN'

const BRAND = Symbol.for('ergometer.CarbonError')

/** What this package throws on input that it cannot use. One clear line: what, what was expected, what to do. */
export class CarbonError extends Error {
  override readonly name = 'CarbonError'
  readonly code: CarbonErrorCode

  constructor(code: CarbonErrorCode, message: string) {
    super(message)
    this.code = code
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** True for a CarbonError of any copy of this package. */
  static isInstance(value: unknown): value is CarbonError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}
