/** Coverage from which on a total needs no `seen`: what is missing is less than anybody reads off. */
const AS_GOOD_AS_WHOLE = 0.99

/** Coverage below which nothing is said per joule. */
const ENOUGH_PER_JOULE = 0.9

/** Whether a coverage (0 to 1) has to be said with the figure. */
export function isPartial(coverage: number): boolean {
  return coverage < AS_GOOD_AS_WHOLE
}

/** Whether a coverage (0 to 1) carries a figure per joule. */
export function isEnoughPerJoule(coverage: number): boolean {
  return coverage >= ENOUGH_PER_JOULE
}
