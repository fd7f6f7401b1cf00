import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Splits `NAME[=VALUE]`. */
export function splitChoice(text: string): { name: string; value?: string } {
  const [, name = text, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  return value === undefined ? { name } : { name, value }
}

/** True for the name of a file, as a user writes it: with a path before it, or an ending. */
export function isFileName(name: string): boolean {
  return /^\.{0,2}\//.test(name) || /\.[cm]?[jt]s$/.test(name)
}

/** URL of the module that a user named by a file or a package, as seen from a directory; undefined: there is none. Nothing is loaded. */
export function findModule(name: string, directory: string): string | undefined {
  const path = isFileName(name) ? existing(resolve(directory, name)) : resolvePackage(name, directory)
  return path === undefined ? undefined : pathToFileURL(path).href
}

/** The module of a package; also of one that has only an `import` entry, which `require.resolve` does not see. */
function resolvePackage(name: string, directory: string): string | undefined {
  const from = createRequire(join(directory, 'ergometer.js'))
  try {
    return from.resolve(name)
  } catch {
    for (const folder of from.resolve.paths(name) ?? []) {
      const manifest = join(folder, name, 'package.json')
      if (existsSync(manifest)) return entryOf(manifest)
    }
    return undefined
  }
}

function entryOf(manifest: string): string | undefined {
  try {
    const { exports, module, main } = JSON.parse(readFileSync(manifest, 'utf8'))
    const root = exports?.['.'] ?? exports
    const entry = [root, root?.import, root?.import?.default, root?.default, module, main].find(
      (one) => typeof one === 'string',
    )
    return existing(join(dirname(manifest), entry ?? 'index.js'))
  } catch {
    return undefined
  }
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined
}
