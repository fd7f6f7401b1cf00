/** How much carbon a kilowatt-hour costs in a place and a period, and how that is known. */
export interface Intensity {
  /** Grams of CO2e per kilowatt-hour; 0 is a figure, not a gap. */
  gramsPerKilowattHour: number
  /** `average`: all that was generated. `marginal`: what one more kilowatt-hour would cause. Never mixed. */
  kind: 'average' | 'marginal'
  /** `lifecycle` takes in fuel supply and construction; `direct` only what leaves the stack. */
  basis: 'lifecycle' | 'direct'
  /** Who says so: the name of a data set or of an intensity source. */
  source: string
  /** Where it holds: `FR`, `US-CA`, `WORLD`, `gcp:europe-north1`. */
  zone?: string
  /** When it holds, as ISO 8601 writes it: `2024` is that calendar year. */
  period?: string
  /** True where the figure stands in for one that is not known. */
  estimated: boolean
}
