/** Longest name or text of unknown origin that is kept, in characters; what is longer is cut. */
const LONGEST_TEXT = 256

/** True for a plain record of unknown values. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for a finite number. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** True for a whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Text of unknown origin, cut to a length that no line is spoilt by. */
export function text(value: string): string {
  return value.slice(0, LONGEST_TEXT)
}
