import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** A package that says of itself that it is a meter. */
export interface InstalledMeter {
  /** Its name, as `--meter` takes it. */
  readonly name: string
  readonly version: string
  readonly description: string
}

/** Keyword of a meter's package. */
const KEYWORD = 'ergometer-meter'
const MOST_PACKAGES = 10_000

/**
 * Packages with the keyword `ergometer-meter` that a project can see. Only their manifests are read: a meter runs
 * when somebody names it, never because it is there.
 */
export function installedMeters(directory: string): InstalledMeter[] {
  const folders = createRequire(join(directory, 'ergometer.js')).resolve.paths('x') ?? []
  const found = new Map<string, InstalledMeter>()
  for (const [folder, name] of folders.flatMap(packagesIn).slice(0, MOST_PACKAGES)) {
    const meter = found.has(name) ? undefined : readManifest(join(folder, name, 'package.json'), name)
    if (meter) found.set(name, meter)
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function packagesIn(folder: string): [folder: string, name: string][] {
  return list(folder).flatMap((name) => {
    if (!name.startsWith('@')) return [[folder, name]]
    return list(join(folder, name)).map((inner): [string, string] => [folder, `${name}/${inner}`])
  })
}

function readManifest(path: string, name: string): InstalledMeter | undefined {
  try {
    const { keywords, version, description } = JSON.parse(readFileSync(path, 'utf8'))
    if (!Array.isArray(keywords) || !keywords.includes(KEYWORD)) return undefined
    return { name, version: String(version ?? ''), description: String(description ?? '') }
  } catch {
    return undefined
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch {
    return []
  }
}
