/** Loads what exports take; its name is one that no bundler sees. */
export function loadTelemetry(): Promise<typeof import('./telemetry.ts')> {
  return import(new URL('./telemetry.js', import.meta.url).href)
}
