const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** A figure of a report, which may be text; undefined for what is none, or empty. */
export function reportFigure(value: unknown): number | undefined {
  const number = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** `2026-10` of a day, an instant or seconds since 1970; undefined for what is none of them. */
export function reportMonth(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 1e11) {
    return reportMonth(new Date(value * 1000).toISOString())
  }
  if (typeof value !== 'string') return undefined
  const [, month] = /^(\d{4}-(?:0[1-9]|1[0-2]))(?:$|-\d\d)/.exec(value.trim()) ?? []
  return month
}

/** A word of a report, as an account or a region is; undefined where it is empty or no word. */
export function reportWord(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[\w.:/-]{1,256}$/.test(text.trim()) ? text.trim() : undefined
}

/** True for a record of unknown values. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A record of grams without those that are unknown. */
export function knownGrams<Name extends string>(
  grams: Readonly<Record<Name, number | undefined>>,
  gramsPerUnit: number,
): { [One in Name]?: number } {
  const known = Object.entries<number | undefined>(grams).flatMap(([name, value]): [string, number][] =>
    value === undefined ? [] : [[name, value * gramsPerUnit]],
  )
  return Object.fromEntries(known) as { [One in Name]?: number }
}
