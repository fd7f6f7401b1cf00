// What the scripts of this folder share: where things are, whether they changed, and how a program is run.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Absolute paths of the folders below `packages` and `examples` that hold a package.json. */
export function packageFolders(...parents) {
  return parents
    .map((parent) => join(root, parent))
    .filter(existsSync)
    .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
}

export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** One hash over names and contents; folders are walked, what does not exist is skipped. */
export function digest(paths) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesBelow)) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesBelow(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  if (!stats.isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
}

/**
 * Runs a program, or a tool of node_modules/.bin, in the root folder and waits for it. Returns its exit code.
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, quiet?: boolean }} [options] `quiet`: its output is shown only if it fails
 */
export function run(command, args, { env = process.env, cwd = root, quiet = false } = {}) {
  const path = [join(root, 'node_modules/.bin'), env.PATH].join(delimiter)
  const { status, signal, error, stdout } = spawnSync(command, args, {
    cwd,
    env: { ...env, PATH: path },
    stdio: ['inherit', quiet ? 'pipe' : 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (quiet && status !== 0 && stdout) process.stdout.write(stdout)
  if (error) console.error(`${command}: ${error.message}`)
  if (signal) console.error(`${command}: ended by ${signal}`)
  return status ?? 1
}

/** True when this module is what `node` was called with, not an import of another script. */
export function isMain(moduleUrl) {
  const [, program] = process.argv
  return program !== undefined && fileURLToPath(moduleUrl) === realpathSync(program)
}
