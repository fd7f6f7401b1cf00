/** Longest text of unknown origin that is kept, in characters. */
const LONGEST_TEXT = 256

/** True for a plain record of unknown values. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for a finite number. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** True for a number from 0 to 1. */
export function isFraction(value: unknown): value is number {
  return isNumber(value) && value >= 0 && value <= 1
}

/** True for an index into so many things. */
export function isIndex(value: unknown, count: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < count
}

/** Text of unknown origin, cut to a length that no line is spoilt by. */
export function cut(text: string, most = LONGEST_TEXT): string {
  return text.length > most ? text.slice(0, most) : text
}
