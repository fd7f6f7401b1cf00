/** ISO 3166-2, or a part of a grid as Electricity Maps writes it: `US-CA`, `DK-DK1`, `US-CAL-CISO`. */
const SUBDIVISION = /^[A-Z]{2}-([A-Z0-9]{1,3}|[A-Z0-9]{2,4}-[A-Z0-9]{2,5})$/
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
 * The zone of a cloud's region, by OpenTelemetry's `cloud.provider` (`gcp`, `aws`, `azure`) and `cloud.region`:
 * `gcp:europe-north1`. Undefined where either is not known: never a country by a guess.
 */
export function cloudZone(provider: string | undefined, region: string | undefined): string | undefined {
  return provider && region ? normaliseZone(`${provider}:${region}`) : undefined
}
