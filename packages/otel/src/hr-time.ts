import type { HrTime } from '@opentelemetry/api'

/** Milliseconds since 1970 as seconds and nanoseconds, to the microsecond. */
export function hrTime(milliseconds: number): HrTime {
  // What a clock line says is whole milliseconds; finer than a microsecond is rounding.
  const seconds = Math.floor(milliseconds / 1000)
  const nanoseconds = Math.round((milliseconds - seconds * 1000) * 1000) * 1000
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, nanoseconds - 1e9]
}
