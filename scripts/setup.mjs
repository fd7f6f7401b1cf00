// Installs the dependencies that the lockfile names, with the pnpm that package.json names. Nothing is installed globally.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digest, isMain, packageFolders, readJson, root, run } from './workspace.mjs'

const STAMP = join(root, 'node_modules/.ergometer-setup.json')

/**
 * Settings that the npm above us hands down as npm_config_*, and that would change what is installed or where:
 * `npm test --workspace x`, `npm run build --omit=dev`. Registry, proxy and cache settings stay.
 */
const UNWANTED_SETTINGS =
  /^npm_config_(production|omit|include|only|dev|optional|global|location|(local_|global_)?prefix|dry_run|ignore_scripts|workspaces?|include_workspace_root|recursive|filter|package|call|lockfile.*|frozen_lockfile|node_linker|verify_deps_before_run)$/i

/** Makes node_modules agree with the lockfile; quick and silent when it already does. */
export function setUp() {
  const key = setUpKey()
  if (existsSync(STAMP) && readJson(STAMP).key === key && foldersAreInstalled()) return
  console.log('set-up: installing dependencies')
  const code = pnpm(['install', '--frozen-lockfile', '--loglevel=error'])
  if (code !== 0) {
    console.error('set-up: the installation failed, see above')
    process.exit(code)
  }
  writeFileSync(STAMP, JSON.stringify({ key }))
}

/** Runs the pnpm that package.json pins, out of npm's cache. Returns its exit code. */
export function pnpm(args, options = {}) {
  const { packageManager } = readJson(join(root, 'package.json'))
  const command = ['exec', '--yes', '--loglevel=error', packageManager, '--', ...args]
  return run('npm', command, { ...options, env: cleanEnvironment() })
}

/** Native packages differ by platform, so a node_modules that moved to another one is installed anew. */
function setUpKey() {
  const manifests = packageFolders('packages', 'examples', 'test').map((folder) =>
    join(folder, 'package.json'),
  )
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((file) => join(root, file))
  return `${process.platform}-${process.arch}-${digest([...files, ...manifests])}`
}

function foldersAreInstalled() {
  return packageFolders('packages', 'examples', 'test').every((folder) => {
    const { dependencies, devDependencies } = readJson(join(folder, 'package.json'))
    return (!dependencies && !devDependencies) || existsSync(join(folder, 'node_modules'))
  })
}

function cleanEnvironment() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !UNWANTED_SETTINGS.test(name)),
  )
  // In production mode pnpm leaves out devDependencies; without CI it asks before it replaces a foreign node_modules.
  delete env.NODE_ENV
  return { CI: 'true', ...env }
}

if (isMain(import.meta.url)) setUp()
