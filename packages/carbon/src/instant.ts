/** A date, a time and the zone that it is of: without that, an hour of autumn would be two. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** Seconds since 1970 of an ISO 8601 time with its zone (`Z`, `+01:00`); undefined for anything else. */
export function parseInstant(text: string): number | undefined {
  const trimmed = text.trim()
  if (!INSTANT.test(trimmed)) return undefined
  const milliseconds = Date.parse(trimmed)
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}

/** An instant as ISO 8601 in UTC, to the minute: `2026-03-29T01:00Z`. */
export function minuteText(instant: number): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 16)}Z`
}

/** Windows of at most so many seconds that tile the time between two instants, both rounded outwards to a period. */
export function windows(
  from: number,
  to: number,
  { period, most }: { readonly period: number; readonly most: number },
): { from: number; to: number }[] {
  const end = Math.max(Math.ceil(to / period) * period, Math.floor(from / period) * period + period)
  const found: { from: number; to: number }[] = []
  for (let begin = Math.floor(from / period) * period; begin < end; begin += most) {
    found.push({ from: begin, to: Math.min(begin + most, end) })
  }
  return found
}
