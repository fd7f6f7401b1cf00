/** `average`: all that was generated. `marginal`: what one more kilowatt-hour would cause. */
export type IntensityKind = 'average' | 'marginal'

/** `lifecycle` takes in fuel supply and construction; `direct` only what leaves the stack. */
export type IntensityBasis = 'lifecycle' | 'direct'

/** How much carbon a kilowatt-hour costs in a place and a period, and how that is known. */
export interface Intensity {
  /** Grams of CO2e per kilowatt-hour; 0 is a figure, not a gap. */
  gramsPerKilowattHour: number
  /** Of all that was generated, or of one kilowatt-hour more. Never mixed. */
  kind: IntensityKind
  /** What is counted: the whole lifecycle, or the stack alone. Never mixed. */
  basis: IntensityBasis
  /** Who says so: the name of a data set or of an intensity source. */
  source: string
  /** Where it holds: `FR`, `US-CA`, `WORLD`, `gcp:europe-north1`. */
  zone?: string
  /** When it holds, as ISO 8601 writes it: `2024` is that calendar year. */
  period?: string
  /** True where the figure stands in for one that is not known. */
  estimated: boolean
}
