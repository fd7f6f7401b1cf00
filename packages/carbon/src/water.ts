/** Water for energy, in litres per kilowatt-hour; absent: not known, and not counted. */
export interface WaterIntensity {
  /** WUE of the site: litres evaporated on it for each kilowatt-hour of the computers. */
  readonly siteLitresPerKilowattHour?: number | undefined
  /** Litres that power plants take for each kilowatt-hour of the building. */
  readonly gridLitresPerKilowattHour?: number | undefined
}

/**
 * Litres for an amount of energy of the computers: `E * (WUE_site + PUE * WUE_grid)` (The Green Grid, white paper 35, WUE;
 * Li and others, "Making AI less thirsty", arXiv:2304.03271). The PUE enters once, and only with the grid's part. `pue`: 1 where it is unknown.
 */
export function waterLitres(
  kilowattHours: number,
  { siteLitresPerKilowattHour: site = 0, gridLitresPerKilowattHour: grid = 0 }: WaterIntensity,
  pue = 1,
): number {
  return kilowattHours * (site + pue * grid)
}
