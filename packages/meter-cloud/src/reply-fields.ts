/** True for a record of unknown values. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The records in a list of unknown things; none in what is no list. */
export function recordsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** Texts of a record by their key, each cut to a length that spoils no line. */
export function textsOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  const texts = Object.entries(value).flatMap(([key, one]): [string, string][] =>
    typeof one === 'string' ? [[key, one.slice(0, 256)]] : [],
  )
  return Object.fromEntries(texts.slice(0, 64))
}

/** A finite number; undefined for all else. */
export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/

/** Seconds since 1970 of an RFC 3339 time with its zone; undefined for all else. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !INSTANT.test(value)) return undefined
  const milliseconds = Date.parse(value)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}

const LONGEST_STRETCH = 86_400

/** True for a stretch of time that a figure can be of: more than none, and at most a day. */
export function isStretch(from: number, to: number): boolean {
  return to > from && to - from <= LONGEST_STRETCH
}
