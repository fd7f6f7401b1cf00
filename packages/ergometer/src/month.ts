import { ErgometerError } from '@ergometer/core'

/** A month of the calendar, in UTC as providers report it. */
export interface Month {
  /** `2026-10`. */
  readonly name: string
  /** Milliseconds since 1970: its begin, and that of the next. */
  readonly from: number
  readonly to: number
}

/**
 * A month by its name.
 * @throws ErgometerError `SETTINGS_INVALID`
 */
export function parseMonth(text: string): Month {
  const [, year, month] = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(text) ?? []
  if (year === undefined || month === undefined) {
    throw new ErgometerError('SETTINGS_INVALID', `--month '${text}': expected a month such as 2026-10`)
  }
  return {
    name: text,
    from: Date.UTC(Number(year), Number(month) - 1),
    to: Date.UTC(Number(year), Number(month)),
  }
}
