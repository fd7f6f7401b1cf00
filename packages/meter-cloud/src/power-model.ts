/** Watts over load, as published for a kind of hardware. */
export interface PowerModel {
  /** Watts at no load. */
  readonly idleWatts: number
  /** Watts at full load. */
  readonly peakWatts: number
  /** Relative standard uncertainty of what it gives. */
  readonly relativeUncertainty: number
  /** Where the figures are from. */
  readonly source: string
}

/** Watts at a load of 0 to 1; a load above 1 counts as 1. */
export function wattsAt({ idleWatts, peakWatts }: PowerModel, load: number): number {
  return idleWatts + Math.min(1, Math.max(0, load)) * (peakWatts - idleWatts)
}
