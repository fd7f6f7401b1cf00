import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeLine, type JournalLine, type Report, type StartLine } from '@ergometer/core'
import { test as base } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The command and the library as they are published. */
export const CLI = here('../dist/cli.js')
export const LIBRARY = here('../dist/index.js')
export const FIXTURES = here('./fixtures')
/** Watts that the steady meter shows unless it is told otherwise. */
export const WATTS = 200
/** Coverage of the steady meter where the machine is so busy that its first reading is late. */
export const MOSTLY = 0.4
/** A meter that shows the same watts all the time. */
export const STEADY = join(FIXTURES, 'steady-meter.mjs')
/** A meter that breaks in the way that its option `how` says. */
export const BROKEN = join(FIXTURES, 'broken-meter.mjs')

for (const file of [CLI, LIBRARY]) {
  if (!existsSync(file))
    throw new Error(`${file} is missing: build first, with 'npm test' or 'npm run build'`)
}

/** Should this be a machine of a cloud, tests know nothing of it: nobody answers where it would ask. */
const NOWHERE = {
  AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9',
  GCE_METADATA_HOST: '127.0.0.1:9',
  AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:9',
}

/** Tests of what only root can set up, or only Linux shows, say so where they are left out. */
export const isRoot = process.getuid?.() === 0
export function skipped(reason: string): true {
  console.log(`skipped: ${reason}`)
  return true
}

const WAITING = `
const { readFileSync } = require('node:fs')
const [joules, code] = process.argv.slice(1)
const enough = () => {
  try {
    const live = JSON.parse(readFileSync(process.env.ERGOMETER_EVENTS + '/live.json', 'utf8'))
    const steady = live.domains.find(({ id }) => id === 'steady:plug')
    return steady?.joules >= Number(joules) && (!code || live.health.some((entry) => entry.code === code))
  } catch {
    return false
  }
}
const begin = performance.now()
const look = () => {
  if (!enough() && performance.now() - begin < 60_000) return setTimeout(look, 20)
  console.log('result')
  process.exitCode = 3
}
look()
`

/**
 * A CMD that ends with 3 once the steady meter has shown so many joules, and once health has an entry of that code: however
 * busy a machine is, there is then something to report.
 */
export function untilMetered(joules: number, code = ''): string[] {
  return [process.execPath, '-e', WAITING, String(joules), code]
}

/** How a process ended and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
  readonly seconds: number
}

/** A process that a test has started. */
export class Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly #chunks: Buffer[] = []
  #stderr = ''
  #over = false

  constructor(file: string, args: readonly string[], options: SpawnOptions) {
    const started = performance.now()
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options })
    this.child.stdin?.on('error', () => {})
    this.child.stdout?.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#over = true
      const seconds = (performance.now() - started) / 1000
      return { code, signal, stdout: Buffer.concat(this.#chunks), stderr: this.#stderr, seconds }
    })
  }

  get pid(): number {
    return this.child.pid as number
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Waits until stdout has a line that begins so; answers with the rest of that line. */
  async said(begin: string): Promise<string> {
    const find = () =>
      Buffer.concat(this.#chunks)
        .toString()
        .split('\n')
        .slice(0, -1)
        .find((line) => line.startsWith(begin))
    const line = await eventually(() => {
      const found = find()
      if (found === undefined && this.#over) throw new Error(`it ended without '${begin}': ${this.#stderr}`)
      return found
    }, `'${begin}' on stdout`)
    return line.slice(begin.length).trim()
  }

  /** Writes a line to stdin. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal)
  }
}

/** Waits until `condition` yields something; fails with what was waited for after so many seconds. */
export async function eventually<Value>(
  condition: () => Value | undefined | false | null,
  what: string,
  seconds = 60,
): Promise<Value> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const value = condition()
    if (value !== undefined && value !== false && value !== null) return value
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** True while a process runs; a zombie does not. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Waits until a process is gone. */
export function gone(pid: number, seconds = 60): Promise<true> {
  return eventually(() => !runs(pid), `the end of process ${pid}`, seconds)
}

type Options = SpawnOptions & { readonly input?: string | Buffer }

/** A working directory of one test, with a home and a place for temporary files of its own. */
export class Place {
  readonly directory: string
  /** Where recorders make event directories. */
  readonly temporary: string
  readonly #started: Running[] = []

  constructor() {
    this.directory = realpathSync(mkdtempSync(join(tmpdir(), 'ergometer-test-')))
    this.temporary = join(this.directory, 'tmp')
    mkdirSync(this.temporary)
  }

  get home(): string {
    return join(this.directory, '.ergometer')
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** Writes a file; answers with its path. */
  write(name: string, content: string | Buffer): string {
    const path = this.path(name)
    writeFileSync(path, content)
    return path
  }

  /** Writes a training that has the whole library at hand, and a line from its stdin when it wants one. */
  training(body: string, name = 'train.mjs'): string {
    const prelude = [
      `import { startRun, measure, defineConfig } from ${JSON.stringify(LIBRARY)}`,
      `import { createInterface } from 'node:readline'`,
      `import { writeSync } from 'node:fs'`,
      "const say = (text) => writeSync(1, text + '\\n')",
      'const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))',
      'const block = (seconds) => { const end = performance.now() + seconds * 1000; while (performance.now() < end); }',
      // Node would wait for more of a pipe that has only been paused.
      'const told = () => new Promise((resolve) => { process.stdin.ref?.(); const lines = createInterface(process.stdin); lines.once("line", (line) => { lines.close(); process.stdin.unref?.(); resolve(line) }) })',
      `const meters = [${JSON.stringify(STEADY)}]`,
    ]
    return this.write(name, `${prelude.join('\n')}\n${body}\n`)
  }

  /** This process's environment without what would reach into a test, the package manager's NODE_PATH included. */
  get environment(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(ERGOMETER_|OTEL_|VITEST|NODE_OPTIONS$|NODE_PATH$|NODE_ENV$)/.test(name),
    )
    return { ...Object.fromEntries(kept), ...NOWHERE, TMPDIR: this.temporary, NO_COLOR: '1' }
  }

  /** Starts a program in this directory. */
  start(file: string, args: readonly string[], { input, env, ...options }: Options = {}): Running {
    const running = new Running(file, args, {
      cwd: this.directory,
      env: { ...this.environment, ...env },
      ...options,
    })
    this.#started.push(running)
    if (input !== undefined) running.child.stdin?.end(input)
    return running
  }

  /** Starts a JavaScript program. */
  node(script: string, args: readonly string[] = [], options: Options = {}): Running {
    return this.start(process.execPath, [script, ...args], options)
  }

  /** Starts the command line. */
  ergometer(args: readonly string[], options: Options = {}): Running {
    return this.node(CLI, args, options)
  }

  /** Runs the command line to its end. */
  async cli(args: readonly string[], options: Options = {}): Promise<Ended> {
    return this.ergometer(args, { input: '', ...options }).ended
  }

  /** Folders of runs, the oldest first. */
  runFolders(home = this.home): string[] {
    const folder = join(home, 'runs')
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name))
  }

  /** The report of a run as `ergometer report --json` gives it. */
  async report(run = 'latest', options: Options = {}): Promise<Report> {
    const { code, stdout, stderr } = await this.cli(['report', run, '--json'], options)
    if (code !== 0) throw new Error(`ergometer report ended with ${code}: ${stderr}`)
    return JSON.parse(stdout.toString())
  }

  /** The only run's report as its recorder wrote it, which on a busy machine may come after CMD's end. */
  async stored(home = this.home): Promise<Report> {
    const file = await eventually(() => {
      const [folder] = this.runFolders(home)
      const path = join(folder ?? home, 'report.json')
      // It is written in one go, though not at once.
      return existsSync(path) && readFileSync(path, 'utf8').endsWith('}\n') && path
    }, `the report of a run in ${home}`)
    this.onlyRun(home)
    return JSON.parse(readFileSync(file, 'utf8'))
  }

  onlyRun(home = this.home): string {
    const folders = this.runFolders(home)
    if (folders.length !== 1) throw new Error(`expected one run in ${home}, found ${folders.length}`)
    return folders[0] as string
  }

  /** Lines of the only run's journal. */
  journal(home = this.home): JournalLine[] {
    const text = readFileSync(join(this.onlyRun(home), 'journal.ndjson'), 'utf8')
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => decodeLine(line) as JournalLine)
  }

  /** Waits until the only run's journal tells that the run has begun. */
  async begun(home = this.home): Promise<StartLine> {
    return eventually(() => {
      const [folder] = this.runFolders(home)
      if (!folder || !existsSync(join(folder, 'journal.ndjson'))) return undefined
      const [first = '', rest] = readFileSync(join(folder, 'journal.ndjson'), 'utf8').split('\n')
      return rest === undefined ? undefined : (JSON.parse(first) as StartLine)
    }, 'the journal to begin')
  }

  /** Event directories that are there. */
  eventDirectories(): string[] {
    return readdirSync(this.temporary)
      .filter((name) => /^ergometer-\d/.test(name))
      .map((name) => join(this.temporary, name))
  }

  /** Waits until recorders have tidied up. */
  async tidied(): Promise<void> {
    await eventually(() => this.eventDirectories().length === 0, 'the event directory to be removed')
  }

  /** Lets another user work here. */
  giveTo(uid: number): void {
    const { status } = spawnSync('chown', ['-R', `${uid}:${uid}`, this.directory])
    if (status !== 0) throw new Error('chown failed')
    chmodSync(this.directory, 0o755)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#started) {
      running.kill()
      running.child.stdout?.destroy()
      running.child.stderr?.destroy()
    }
    for (const pid of this.#recorders()) {
      await gone(pid, 4).catch(() => process.kill(pid, 'SIGKILL'))
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Recorders of this place's runs that still live; they end by themselves when their trainer is gone. */
  #recorders(): number[] {
    return this.eventDirectories().flatMap((folder) => {
      try {
        const { pid } = JSON.parse(readFileSync(join(folder, 'recorder.json'), 'utf8'))
        return runs(pid) ? [pid] : []
      } catch {
        return []
      }
    })
  }
}

/** `test` with a place of its own, which is given back at the end. */
export const test = base.extend<{ place: Place }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest asks for an object pattern.
  place: async ({}, use) => {
    const place = new Place()
    try {
      await use(place)
    } finally {
      await place[Symbol.asyncDispose]()
    }
  },
})

/** A domain of a report by its id. */
export function domain(report: Report, id = 'steady:plug') {
  const found = report.energy.domains.find((one) => one.id === id)
  if (!found) throw new Error(`no domain ${id} among ${report.energy.domains.map((one) => one.id)}`)
  return found
}

/** Codes of a report's health. */
export function codes(report: Report): string[] {
  return report.health.map((entry) => entry.code)
}
