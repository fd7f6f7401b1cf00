/** Says that a zone is none. */
export function unknownZone(zone: string): string {
  return `unknown zone '${zone}': expected ISO 3166 such as FR or US-CA, WORLD, or a cloud's region such as aws:eu-west-1`
}
