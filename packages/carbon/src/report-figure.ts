const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** A figure of a report, which may be text; undefined where it is empty. What is no number, as `0,5`, is `invalid`: throws that. */
export function reportFigure(value: unknown, invalid: () => Error): number | undefined {
  const told = typeof value === 'string' ? value.trim() : value
  if (told === undefined || told === null || told === '') return undefined
  const number = typeof told === 'string' && NUMBER.test(told) ? Number(told) : told
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalid()
  return number
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
