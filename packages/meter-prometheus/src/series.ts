/** One value of a series. */
export interface Sample {
  readonly value: number
  /** Wall time in milliseconds, where the source tells when the value was true. */
  readonly time?: number
}

/** A metric with one set of labels, and what is known of it. */
export interface Series {
  /** The metric's name; empty where a query has computed it away. */
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  /** The older before the newer. */
  readonly samples: readonly Sample[]
}

/** A series for a person: `name{a="b"}`, cut short. */
export function seriesText({ name, labels }: Series): string {
  const inside = [...labels].map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')
  const text = inside === '' ? name || '{}' : `${name}{${inside}}`
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text
}

const MOST_TEXT = 160
