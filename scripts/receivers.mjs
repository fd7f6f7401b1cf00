// Installs the receivers that tests send energy to: Debian's Prometheus and VictoriaMetrics, unpacked into a cache of the
// user. It needs no rights, starts no service and changes nothing of the machine's own packages.
//   node scripts/receivers.mjs    prints {"folder": …}, or {"why": …} where they cannot be installed
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMain, readJson } from './workspace.mjs'

/** Package and release: bookworm's Prometheus brings promtool, trixie's VictoriaMetrics is the first to take OTLP. */
const PACKAGES = { prometheus: 'bookworm', 'victoria-metrics': 'trixie' }
const PROGRAMS = ['prometheus', 'promtool', 'victoria-metrics', 'vmalert']
const KEYRINGS = ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`)

/** Milliseconds for what may wait for the network, and for all of it. */
const STEP_LIMIT = 120_000
const LIMIT = 300_000
/** Milliseconds before a failed installation is tried again. */
const PATIENCE = 600_000

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ergometer-receivers')
const release = join(cache, `1-${process.arch}`)
const failure = join(cache, 'failure.json')

/** The folder of the programs, or why there is none. Whoever asks while somebody installs waits for that. */
export function receivers() {
  const found = installed()
  if (found) return found
  try {
    mkdirSync(cache, { recursive: true })
  } catch (error) {
    return { why: `no cache for them: ${error.message}` }
  }
  // The kernel gives the lock back, however its holder ends.
  const lock = ['--wait', `${LIMIT / 1000}`, join(cache, 'lock')]
  const script = [process.execPath, fileURLToPath(import.meta.url), '--locked']
  const { status, error } = spawnSync('flock', [...lock, ...script], { timeout: LIMIT, stdio: 'ignore' })
  if (error?.code === 'ENOENT') return { why: 'they are packages of Debian, and this is another system' }
  return (
    installed() ?? failed() ?? { why: `their installation ended without a word (${error?.code ?? status})` }
  )
}

function installed() {
  return PROGRAMS.every((name) => existsSync(join(release, name))) ? { folder: release } : undefined
}

function failed() {
  if (!existsSync(failure)) return undefined
  const { at, why } = readJson(failure)
  return Date.now() - at < PATIENCE ? { why } : undefined
}

/** Beside nobody else: installs, or notes why not. */
function installOnce() {
  if (installed() || failed()) return
  const folder = mkdtempSync(join(cache, 'new-'))
  try {
    install(folder)
    rmSync(release, { recursive: true, force: true })
    renameSync(join(folder, 'programs'), release)
    rmSync(failure, { force: true })
  } catch (error) {
    writeFileSync(failure, JSON.stringify({ at: Date.now(), why: error.message }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As `apt-get` would download them, with lists and a cache of its own in `folder`. */
function install(folder) {
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'programs'])
    mkdirSync(join(folder, name), { recursive: true })
  const keyring = KEYRINGS.find(existsSync)
  if (keyring === undefined)
    throw new Error(`they are signed by Debian, whose keys are not here: ${KEYRINGS[0]}`)
  const [mirror] = mirrors()
  if (mirror === undefined) throw new Error("the machine's apt knows no mirror of Debian")
  writeFileSync(
    join(folder, 'debian.sources'),
    [
      'Types: deb',
      `URIs: ${mirror}`,
      `Suites: ${[...new Set(Object.values(PACKAGES))].join(' ')}`,
      'Components: main',
      'Targets: Packages',
      `Signed-By: ${keyring}`,
      '',
    ].join('\n'),
  )
  writeFileSync(join(folder, 'status'), '')
  const options = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'debian.sources'),
    'Dir::Etc::sourceparts': '-',
    // The user that apt changes to may not read this folder.
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
  }
  const apt = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  program('apt-get', [...apt, '--quiet=2', 'update'], folder)
  const wanted = Object.entries(PACKAGES).map(([name, suite]) => `${name}/${suite}`)
  program('apt-get', [...apt, '--quiet=2', 'download', ...wanted], folder)
  for (const name of Object.keys(PACKAGES)) program('sh', ['-c', `dpkg -x ${name}_*.deb unpacked`], folder)
  for (const name of PROGRAMS)
    renameSync(join(folder, 'unpacked/usr/bin', name), join(folder, 'programs', name))
}

/** Where the machine gets Debian's own releases from, as its apt says. */
function mirrors() {
  const output = program('apt-get', [
    'indextargets',
    '--no-release-info',
    '--format',
    '$(SITE)',
    'Created-By: Packages',
  ])
  const sites = new Set(output.split('\n').map((line) => line.trim().replace(/\/$/, '')))
  const ofReleases = [...sites].filter((site) => site !== '' && !/security/.test(site))
  return ofReleases.sort((a, b) => Number(/\/debian$/.test(b)) - Number(/\/debian$/.test(a)))
}

function program(command, args, cwd) {
  const env = { ...process.env, LC_ALL: 'C' }
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: STEP_LIMIT,
    // No prompt may wait for anybody.
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (error?.code === 'ENOENT')
    throw new Error(`they are packages of Debian, and there is no ${command} here`)
  if (error)
    throw new Error(
      `${command} ${args.at(-1)}: ${error.code === 'ETIMEDOUT' ? 'took too long' : error.message}`,
    )
  if (status !== 0) throw new Error(`${command}: ${said(stderr) || `ended with ${status}`}`)
  return stdout
}

/** The first line that says what is wrong. */
function said(stderr) {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return (lines.find((line) => line.startsWith('E:')) ?? lines[0] ?? '').trim()
}

if (isMain(import.meta.url)) {
  if (process.argv[2] === '--locked') installOnce()
  else console.log(JSON.stringify(receivers()))
}
