// Installs moto, a mock of AWS that others wrote (https://docs.getmoto.org), into node_modules/.cache, and prints the path of its server.
// Where that cannot be, the last line of stderr says why, and the exit code is 1.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

const VERSION = '5.2.5'
/** Versions of Python that it takes. */
const PYTHON = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 1)'
/** Milliseconds that an installation may take. */
const PATIENCE = 240_000

const folder = join(root, `node_modules/.cache/moto-${VERSION}`)
const stamp = join(folder, 'installed')
if (!existsSync(stamp)) install()
console.log(join(folder, 'bin/moto_server'))

function install() {
  attempt('python3 of version 3.10 or later is not here', 'python3', '-c', PYTHON)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  attempt('python3 makes no virtual environment', 'python3', '-m', 'venv', folder)
  const wanted = `moto[server,cloudwatch]==${VERSION}`
  const pip = join(folder, 'bin/pip')
  attempt(`${wanted} cannot be installed`, pip, 'install', '--quiet', '--disable-pip-version-check', wanted)
  writeFileSync(stamp, '')
}

/** Runs a command; `why`: what its failure means. */
function attempt(why, file, ...parameters) {
  const { status, stderr } = spawnSync(file, parameters, { encoding: 'utf8', timeout: PATIENCE })
  if (status === 0) return
  console.error(`${stderr ?? ''}\n${why}`.trim())
  process.exit(1)
}
