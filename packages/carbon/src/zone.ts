import { bundledIntensity, bundledZones } from './bundled-intensity.ts'
import { CarbonError } from './carbon-error.ts'

const SUBDIVISION = /^[A-Z]{2}-[A-Z0-9]{1,3}$/
const CLOUD_REGION = /^[a-z]+:[a-z0-9][a-z0-9-]*$/

/**
 * The one spelling of a zone: `FR` (ISO 3166-1 alpha-2), `US-CA` (ISO 3166-2), `WORLD` or
 * `gcp:europe-north1`. Looks only at the form; undefined if it has none of these.
 */
export function normaliseZone(text: string): string | undefined {
  const trimmed = text.trim()
  const upper = trimmed.toUpperCase()
  if (upper === 'WORLD' || /^[A-Z]{2}$/.test(upper) || SUBDIVISION.test(upper)) return upper
  const lower = trimmed.toLowerCase()
  return CLOUD_REGION.test(lower) ? lower : undefined
}

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
    return `No bundled figure for zone ${shown}: cloud regions have none yet; write the code of the region's country, such as FI, ${constant}`
  }
  if (zone?.includes('-')) {
    const country = zone.slice(0, 2)
    const advice = bundledIntensity(country) ? `write ${country} for the whole country` : 'write WORLD'
    return `No bundled figure for zone ${shown}: states and provinces have none yet; ${advice}, ${constant}`
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
