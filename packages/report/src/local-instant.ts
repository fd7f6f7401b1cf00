/** An instant in a time zone, as people read it and as ISO 8601 writes it. */
export interface LocalInstant {
  /** `Sun 2026-10-25 02:30 +02:00`; with seconds where there are any. */
  readonly text: string
  /** `2026-10-25T02:30:00+02:00`. */
  readonly iso: string
}

/**
 * An instant, in seconds since 1970, as the clocks of a time zone show it, with their offset from UTC: without it the
 * hour that autumn has twice would be ambiguous. `timeZone`: an IANA name, by default the local one. Fractions of a
 * second are left out.
 */
export function localInstant(instant: number, timeZone?: string): LocalInstant {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(timeZone === undefined ? {} : { timeZone }),
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  })
  const parts = Object.fromEntries(
    format.formatToParts(new Date(Math.floor(instant) * 1000)).map(({ type, value }) => [type, value]),
  )
  const { weekday, year, month, day, hour, minute, second, timeZoneName = '' } = parts
  // `GMT+02:00`, and `GMT` alone for UTC.
  const offset = timeZoneName.replace('GMT', '') || '+00:00'
  const seconds = second === '00' ? '' : `:${second}`
  return {
    text: `${weekday} ${year}-${month}-${day} ${hour}:${minute}${seconds} ${offset}`,
    iso: `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`,
  }
}
