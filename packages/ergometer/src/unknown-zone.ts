/** Says that a zone is none. */
export function unknownZone(zone: string): string {
  return `unknown zone '${zone}': expected an ISO 3166 country code such as FR, or WORLD`
}
