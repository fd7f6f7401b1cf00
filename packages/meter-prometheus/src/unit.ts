/** What the numbers of a metric are: a counter of energy, or power. */
export interface Unit {
  readonly quantity: 'energy' | 'power'
  /** Joules or watts of one. */
  readonly size: number
}

/** The units that an exporter's numbers may have, by what a user calls them. */
export const UNITS = {
  J: { quantity: 'energy', size: 1 },
  mJ: { quantity: 'energy', size: 1e-3 },
  uJ: { quantity: 'energy', size: 1e-6 },
  Wh: { quantity: 'energy', size: 3600 },
  kWh: { quantity: 'energy', size: 3.6e6 },
  W: { quantity: 'power', size: 1 },
  mW: { quantity: 'power', size: 1e-3 },
  uW: { quantity: 'power', size: 1e-6 },
  kW: { quantity: 'power', size: 1e3 },
} as const satisfies Record<string, Unit>
