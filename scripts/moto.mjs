// Installs moto, a mock of AWS that others wrote (https://docs.getmoto.org), from PyPI into a cache of the user.
//   node scripts/moto.mjs    prints {"folder": …}, for PYTHONPATH, or {"why": …} where it cannot be installed
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What its server needs for CloudWatch alone: `moto[server]` brings twice as much. */
const PACKAGES = ['moto==5.2.5', 'flask', 'flask-cors']
/** Prints under which name a Python that is new enough may share packages with others. */
const PYTHON =
  'import sys, sysconfig; sys.version_info >= (3, 10) or sys.exit(1); print(sysconfig.get_platform(), *sys.version_info[:2], sep="-")'
/** Milliseconds that an installation may take. */
const LIMIT = 300_000

console.log(JSON.stringify(moto()))

function moto() {
  const { status, stdout } = spawnSync('python3', ['-c', PYTHON], { encoding: 'utf8' })
  if (status !== 0) return { why: 'Python 3.10 or later is not here' }
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ergometer-moto')
  const folder = join(cache, `${PACKAGES[0]}-${stdout.trim()}`)
  if (existsSync(folder)) return { folder }
  try {
    mkdirSync(cache, { recursive: true })
    const fresh = mkdtempSync(join(cache, 'new-'))
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', fresh]
    const { status, stderr, error } = spawnSync('python3', [...pip, ...PACKAGES], {
      encoding: 'utf8',
      timeout: LIMIT,
    })
    if (status === 0) {
      // Somebody else may have been quicker: then theirs is as good.
      if (!existsSync(folder)) renameSync(fresh, folder)
      return { folder }
    }
    rmSync(fresh, { recursive: true, force: true })
    const line = stderr?.trim().split('\n').at(-1) || error?.code || `exit code ${status}`
    return { why: `pip does not install ${PACKAGES[0]}: ${line}` }
  } catch (error) {
    return { why: `no cache for it: ${error.message}` }
  }
}
