/** Coverage from which on a total needs no `seen`: what is missing is less than anybody reads off. */
const AS_GOOD_AS_WHOLE = 0.99

/** Whether a coverage (0 to 1) has to be said with the figure. */
export function isPartial(coverage: number): boolean {
  return coverage < AS_GOOD_AS_WHOLE
}
