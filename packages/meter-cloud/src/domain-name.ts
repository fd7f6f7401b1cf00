/** Parts of a domain's id, of what an id may hold: names of others are not trusted with more. */
export function domainName(...parts: readonly (string | number | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined && part !== '')
    .map((part) =>
      String(part)
        .replace(/[^A-Za-z0-9_.-]/g, '_')
        .slice(0, 48),
    )
    .join('/')
    .slice(0, 128)
}
