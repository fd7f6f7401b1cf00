import { parseInstant } from '@ergometer/carbon'
import { ErgometerError } from '@ergometer/core'
import type { Window } from './read-fleet.ts'

/** How far back is looked unless it is said. */
export const DEFAULT_SINCE = '24h'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
/** No store keeps more, and times beyond it may be no dates. */
const MOST_SECONDS = 10 * 366 * 86_400
/** Clocks of nodes that go before ours by so many seconds lose nothing. */
const AHEAD = 60

/**
 * The window that `--since` asks for, up to now: a duration (`90m`, `1h30m`, `24h`, `7d`), a date of UTC or a time with its zone.
 * `now`: seconds since 1970. Throws an ErgometerError `SETTINGS_INVALID`.
 */
export function fleetWindow(since: string, now: number): Window {
  const from = durationBefore(since, now) ?? instantOf(since)
  if (from !== undefined && from < now && now - from <= MOST_SECONDS)
    return { from: Math.floor(from), to: Math.ceil(now) + AHEAD }
  throw new ErgometerError(
    'SETTINGS_INVALID',
    `report: --since '${since}': expected a time that is past, at most ten years: a duration such as 90m, 24h or 7d, a date such as 2026-11-22, or a time with its zone`,
  )
}

function durationBefore(text: string, now: number): number | undefined {
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(text)) return undefined
  const parts = [...text.matchAll(/([\d.]+)([smhdw])/g)]
  return now - parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (SECONDS[unit ?? ''] ?? 0), 0)
}

function instantOf(text: string): number | undefined {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text.trim())
  return parseInstant(date ? `${text.trim()}T00:00Z` : text)
}
