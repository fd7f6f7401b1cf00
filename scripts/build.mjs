// Builds packages/*/dist. `npm run build` makes all of it; tests and the demo need the JavaScript only.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refreshInjected } from './injected.mjs'
import { setUp } from './setup.mjs'
import { digest, isMain, packageFolders, readJson, root, run } from './workspace.mjs'

/** Not in a dist folder: those are published. */
const STAMP = join(root, 'node_modules/.ergometer-build.json')

/** JavaScript and types. Returns an exit code. */
export function buildAll() {
  return build(true)
}

/** The JavaScript only: a few seconds. It is enough to run, and what it leaves is never taken for a full build. */
export function buildJavaScript() {
  return build(false)
}

function build(types) {
  const code = buildPackages(types)
  if (code === 0) refreshInjected()
  return code
}

function buildPackages(types) {
  const key = buildKey()
  if (isBuilt(key, types)) return 0
  rmSync(STAMP, { force: true })
  // tsup leaves the types of entries that have gone.
  for (const folder of packageFolders('packages'))
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const code = run('tsup', [], { env: { ...process.env, ERGOMETER_DTS: types ? '1' : '0' } })
  if (code === 0) writeFileSync(STAMP, JSON.stringify({ key, types }))
  return code
}

function isBuilt(key, types) {
  if (!existsSync(STAMP)) return false
  const stamp = readJson(STAMP)
  return stamp.key === key && (stamp.types || !types) && packageFolders('packages').every(isComplete)
}

/** Somebody may have removed a dist folder. */
function isComplete(folder) {
  return existsSync(join(folder, 'dist/index.js')) || !existsSync(join(folder, 'src/index.ts'))
}

function buildKey() {
  const folders = packageFolders('packages')
  const inputs = folders.flatMap((folder) =>
    ['src', 'data', 'package.json'].map((name) => join(folder, name)),
  )
  const configuration = ['tsup.config.ts', 'tsconfig.base.json', 'tsconfig.json', 'pnpm-lock.yaml']
  return digest([...inputs, ...configuration.map((name) => join(root, name))])
}

if (isMain(import.meta.url)) {
  setUp()
  process.exitCode = buildAll()
}
