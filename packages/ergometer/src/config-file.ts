import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ErgometerError } from '@ergometer/core'
import { TYPESCRIPT } from './import-module.ts'
import { parseSettings, type Settings } from './settings.ts'

/** Names of a configuration file, the first that is there counts. */
const NAMES = ['ergometer.config.ts', 'ergometer.config.js', 'ergometer.config.json']

/** A configuration file and whether reading it takes a translator. */
export interface ConfigFile {
  readonly path: string
  readonly typescript: boolean
}

/**
 * The configuration file: the one that is named, else that of the working directory, which is never searched upwards.
 * @throws ErgometerError `CONFIG_NOT_FOUND`
 */
export function findConfig(named?: string, directory = process.cwd()): ConfigFile | undefined {
  if (named !== undefined && !existsSync(named)) {
    throw new ErgometerError('CONFIG_NOT_FOUND', `${resolve(named)}: no such configuration file`)
  }
  const path =
    named === undefined ? NAMES.map((name) => join(directory, name)).find(existsSync) : resolve(named)
  return path === undefined ? undefined : { path, typescript: TYPESCRIPT.test(path) }
}

/**
 * The settings of a configuration file.
 * @throws ErgometerError `CONFIG_NOT_LOADED`, `SETTINGS_INVALID`
 */
export async function loadConfig({ path }: ConfigFile): Promise<Settings> {
  let value: unknown
  try {
    value = path.endsWith('.json') ? JSON.parse(readFileSync(path, 'utf8')) : await importDefault(path)
  } catch (cause) {
    const why = String((cause as Error).message).split('\n')[0]
    throw new ErgometerError('CONFIG_NOT_LOADED', `${path}: cannot be loaded: ${why}`, cause)
  }
  return parseSettings(value, path)
}

async function importDefault(path: string): Promise<unknown> {
  const { importModule } = await import('./import-module.ts')
  const module = await importModule(pathToFileURL(path).href)
  if (!('default' in module)) throw new Error('expected a default export: export default defineConfig({ … })')
  return module['default']
}
