import { fileURLToPath } from 'node:url'
import { privateFolder } from './private-folder.ts'

/** What a meter, a source of intensity, an exporter or a configuration may import wherever it lies. */
const OURS = ['@ergometer/meter', '@ergometer/carbon', '@ergometer/core', 'ergometer']

/** File names that need a translator on some supported Node. */
export const TYPESCRIPT = /\.[cm]?tsx?$/

/**
 * Imports a module, TypeScript too, by its URL. A module outside of any project may import
 * what is ours all the same: it is given ours.
 */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  if (!TYPESCRIPT.test(url)) {
    try {
      return await import(url)
    } catch (error) {
      if (!isOursMissing(error)) throw error
    }
  }
  // Not where a bundler would find it: jiti is installed beside this package, and seldom needed.
  const jiti = 'jiti'
  const { createJiti } = (await import(jiti)) as typeof import('jiti')
  const load = createJiti(import.meta.url, {
    fsCache: privateFolder('jiti') ?? false,
    alias: Object.fromEntries(OURS.map((name) => [name, fileURLToPath(import.meta.resolve(name))])),
    interopDefault: true,
  })
  return load.import(fileURLToPath(url))
}

function isOursMissing(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && OURS.some((name) => message.includes(`'${name}'`))
}
