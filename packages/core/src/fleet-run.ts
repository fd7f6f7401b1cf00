/** First and last figure of a score on a node, and between which two all others lie. Times in seconds since 1970. */
export interface FleetScore {
  readonly name: string
  readonly first: { readonly t: number; readonly value: number }
  readonly last: { readonly t: number; readonly value: number }
  readonly least: number
  readonly most: number
}

/** One run on one node, as a store of metrics knows it: totals since its begin, and when it was seen. */
export interface FleetRun {
  readonly host: string
  readonly hostId?: string | undefined
  readonly runId?: string | undefined
  readonly instance?: string | undefined
  /** First and last sample, seconds since 1970. */
  readonly from: number
  readonly to: number
  /** Joules by how they are known; empty: unknown. */
  readonly byMethod: Readonly<Record<string, number>>
  /** Joules by kind of component; absent where they do not add up to the energy. */
  readonly byKind?: Readonly<Record<string, number>> | undefined
  /** Grams of CO2e by kind of intensity, `average` or `marginal`; empty: unknown. */
  readonly grams: Readonly<Record<string, number>>
  readonly work: Readonly<Record<string, number>>
  readonly scores: readonly FleetScore[]
  /** 0 to 1, of the domain that lacks most; absent: unknown. */
  readonly coverage?: number | undefined
}
