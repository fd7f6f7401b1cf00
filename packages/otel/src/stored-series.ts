/** A series as a store of metrics gives it: labels with `__name__`, samples in the order of time. */
export interface StoredSeries {
  readonly labels: ReadonlyMap<string, string>
  /** Seconds since 1970, and a finite number. */
  readonly samples: readonly (readonly [seconds: number, value: number])[]
}

/** An attribute among labels, as it is or as Prometheus spells it: `host.name`, `host_name`. Empty is absent. */
export function labelOf(labels: ReadonlyMap<string, string>, attribute: string): string | undefined {
  return labels.get(attribute) || labels.get(attribute.replaceAll('.', '_')) || undefined
}

/** What tells series apart. */
export function seriesKey({ labels }: StoredSeries): string {
  return JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)))
}
