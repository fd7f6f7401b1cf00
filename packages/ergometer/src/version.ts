import manifest from '../package.json' with { type: 'json' }

/** Versions that a run's provenance names. */
export function versions(): Record<string, string> {
  return { ergometer: manifest.version, node: process.versions.node }
}
