import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a new package is called. */
export interface MeterPackage {
  /** As npm knows it: `ergometer-meter-pdu`, `@acme/ergometer-meter-pdu`. */
  readonly packageName: string
  /** The `<meter>` of `<meter>:<domain id>`: `pdu`. */
  readonly meterName: string
  /** Folder that it is made in. */
  readonly folder: string
}

const TEMPLATE = fileURLToPath(new URL('../data/template', import.meta.url))
const PREFIX = 'ergometer-meter-'
const NAME = /^(?:(@[a-z0-9][a-z0-9._-]*)\/)?(?:ergometer-meter-)?([a-z][a-z0-9-]*)$/
/** npm leaves the one out of a package, and takes the other for a package of its own. */
const RENAMED: Readonly<Record<string, string>> = {
  _gitignore: '.gitignore',
  '_package.json': 'package.json',
}

/**
 * The names of a new package: `pdu`, `ergometer-meter-pdu` and `@acme/pdu` are understood.
 * @throws Error in one line, for what is no name
 */
export function meterPackage(name: string): MeterPackage {
  const [, scope, meterName] = NAME.exec(name) ?? []
  if (meterName === undefined) {
    throw new Error(
      `'${name}' is no name of a meter: expected lower-case letters, digits and dashes, as in pdu or @acme/pdu`,
    )
  }
  const folder = `${PREFIX}${meterName}`
  return { packageName: scope === undefined ? folder : `${scope}/${folder}`, meterName, folder }
}

/**
 * Writes a working package from the template into a folder of `directory`; answers with that folder.
 * @throws Error in one line, where something is there already; nothing is written then
 */
export function createMeterPackage(
  { packageName, meterName, folder }: MeterPackage,
  directory: string,
): string {
  const target = join(directory, folder)
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new Error(`${target} is not empty: choose another name, or remove it`)
  }
  for (const path of filesBelow(TEMPLATE)) {
    const file = join(target, RENAMED[path] ?? path)
    mkdirSync(dirname(file), { recursive: true })
    const text = readFileSync(join(TEMPLATE, path), 'utf8')
    const named = text.replaceAll(`${PREFIX}my-meter`, packageName).replaceAll('my-meter', meterName)
    writeFileSync(file, named.replaceAll('MY_METER', meterName.toUpperCase().replaceAll('-', '_')))
  }
  return target
}

function filesBelow(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name)
    return entry.isDirectory() ? filesBelow(folder, path) : [path]
  })
}
