import { bundledIntensity, bundledZones } from './bundled-intensity.ts'
import { CarbonError } from './carbon-error.ts'
import { normaliseZone } from './zone-name.ts'

/**
 * The normalised zone, if the bundled table has a figure for it. Throws `ZONE_UNKNOWN` if not, with what
 * to write in its place.
 */
export function parseZone(text: string): string {
  const zone = normaliseZone(text)
  if (zone !== undefined && bundledIntensity(zone) !== undefined) return zone
  throw new CarbonError('ZONE_UNKNOWN', explain(text, zone))
}

function explain(text: string, zone: string | undefined): string {
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
  const constant = 'or state the intensity in g/kWh'
  if (zone?.includes(':')) {
    return `No bundled figure for zone ${shown}: it is no region of gcp, aws or azure that the table has, such as gcp:europe-north1; write the code of the region's country, such as FI, ${constant}`
  }
  if (zone?.includes('-')) {
    const country = zone.slice(0, 2)
    const advice = bundledIntensity(country) ? `write ${country} for the whole country` : 'write WORLD'
    return `No bundled figure for zone ${shown}: of states and provinces the table has those of the US, such as US-CA; ${advice}, ${constant}`
  }
  const suggestions = suggest(text.trim())
  const advice =
    suggestions.length > 0 ? `did you mean ${suggestions.join(' or ')}?` : `write WORLD, ${constant}`
  return `No bundled figure for zone ${shown}: expected WORLD or the two-letter code (ISO 3166-1) of a country in the table, such as FR; ${advice}`
}

/** Codes of countries whose English name begins with the text, and the code that replaced it (UK is GB). */
function suggest(text: string): string[] {
  if (/^[a-z]{2}$/i.test(text)) {
    const current = new Intl.Locale(`und-${text}`).region
    return current !== undefined && bundledIntensity(current) ? [current] : []
  }
  if (text.length < 3) return []
  const names = new Intl.DisplayNames(['en'], { type: 'region' })
  return bundledZones()
    .filter((code) => code.length === 2 && names.of(code)?.toLowerCase().startsWith(text.toLowerCase()))
    .slice(0, 3)
    .map((code) => `${code} (${names.of(code)})`)
}
