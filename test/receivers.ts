// Real receivers of energy, for tests: Prometheus and VictoriaMetrics, as scripts/receivers.mjs installs them.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../scripts/receivers.mjs', import.meta.url))
/** Milliseconds for a receiver to be ready, on a machine that stalls. */
const START_LIMIT = 60_000

let known: { readonly folder?: string; readonly why?: string } | undefined

function receivers(): { readonly folder?: string; readonly why?: string } {
  known ??= JSON.parse(execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8' }))
  return known ?? {}
}

/**
 * Why there are no receivers here, printed once; `undefined` where there are. The first call may install them.
 * @example describe.skipIf(whyNoReceivers())('…', () => { … })
 */
export function whyNoReceivers(): string | undefined {
  if (known === undefined && receivers().why !== undefined)
    console.log(`skipped: no real receivers here: ${receivers().why}`)
  return receivers().why
}

/** Where a receiver's program is. Throws where there are none. */
export function receiverPath(name: string): string {
  const { folder, why } = receivers()
  if (folder === undefined) throw new Error(`no real receivers here: ${why}`)
  return join(folder, name)
}

/** A receiver that runs. */
export interface Receiver {
  /** Where its HTTP interface is, without a slash at the end. */
  readonly url: string
  /** Ends it and removes what it stored. Harmless when called again. */
  stop(): Promise<void>
}

/** Prometheus, on a free port of loopback, with a store of its own: scrapes and evaluates every second, unless told otherwise. */
export async function startPrometheus(options: {
  /** `host:port` of what it scrapes. */
  readonly targets: readonly string[]
  /** Paths of rule files. */
  readonly rules?: readonly string[]
  /** Name of the scrape job. Default `ergometer`. */
  readonly job?: string
  /** Seconds between two scrapes. */
  readonly every?: number
}): Promise<Receiver> {
  const folder = mkdtempSync(join(tmpdir(), 'ergometer-prometheus-'))
  const config = {
    global: { scrape_interval: `${options.every ?? 1}s`, evaluation_interval: '1s' },
    rule_files: options.rules ?? [],
    scrape_configs: [
      { job_name: options.job ?? 'ergometer', static_configs: [{ targets: options.targets }] },
    ],
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  return start('prometheus', folder, '/-/ready', (port) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ])
}

/** VictoriaMetrics with what it takes OTLP at. */
export interface VictoriaMetrics extends Receiver {
  /** Base endpoint for OTLP over HTTP with protobuf, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/metrics` is appended. */
  readonly otlpEndpoint: string
  /** Stores samples in the text format of Prometheus, with time stamps in milliseconds. */
  load(text: string): Promise<void>
  /**
   * Lets queries see what has come. They see no sample of the second that goes on, and a name that was asked for before it came up
   * to ten seconds later: what has come last is asked for with `queryUntil`.
   */
  flush(): Promise<void>
}

/**
 * VictoriaMetrics, on a free port of loopback, with a store of its own, names as Prometheus spells them, and room for samples of
 * up to ten years ago.
 */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const folder = mkdtempSync(join(tmpdir(), 'ergometer-victoria-metrics-'))
  const store = await start('victoria-metrics', folder, '/health', (port) => [
    `-storageDataPath=${join(folder, 'data')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-opentelemetry.usePrometheusNaming',
    '-retentionPeriod=10y',
    '-search.latencyOffset=0s',
    '-search.disableCache',
    '-memory.allowedBytes=256MiB',
    '-loggerLevel=ERROR',
  ])
  const ask = async (path: string, body?: string) => {
    const response = await fetch(`${store.url}${path}`, body === undefined ? {} : { method: 'POST', body })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
  }
  const flush = () => ask('/internal/force_flush')
  const load = async (text: string) => {
    await ask('/api/v1/import/prometheus', text)
    await flush()
  }
  return { ...store, load, flush, otlpEndpoint: `${store.url}/opentelemetry` }
}

/** One series of an answer: its labels, `__name__` among them, and its value at the asked time. */
export interface Answer {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What an expression is worth on a receiver: now, or at a time in seconds since 1970. Throws with its words if it is refused. */
export async function query(url: string, expression: string, time?: number): Promise<Answer[]> {
  // VictoriaMetrics answers for the last full second; without `nocache` for one before that.
  const at = time === undefined ? {} : { time: `${time}` }
  const parameters = new URLSearchParams({ query: expression, nocache: '1', ...at })
  const response = await fetch(`${url}/api/v1/query?${parameters}`)
  const { status, error, data } = (await response.json()) as {
    status: string
    error?: string
    data?: { resultType: string; result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  if (status !== 'success') throw new Error(`${expression}: ${error}`)
  // A scalar comes as a bare pair.
  if (data?.resultType === 'scalar') {
    const [, value] = data.result as unknown as [number, string]
    return [{ labels: {}, value: Number(value) }]
  }
  return (data?.result ?? []).map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

/** Asks until the answer pleases; throws with the last one when it never does. */
export async function queryUntil(
  url: string,
  expression: string,
  pleases: (answers: readonly Answer[]) => boolean = (answers) => answers.length > 0,
  limit = START_LIMIT,
): Promise<Answer[]> {
  const deadline = Date.now() + limit
  for (;;) {
    const answers = await query(url, expression)
    if (pleases(answers)) return answers
    if (Date.now() > deadline) throw new Error(`${expression}: still ${JSON.stringify(answers)}`)
    await pause(200)
  }
}

/** How a tool ended, and all that it said. */
export interface Outcome {
  readonly code: number
  readonly output: string
}

/** Runs promtool. */
export function promtool(args: readonly string[], input = ''): Outcome {
  return runTool('promtool', args, input)
}

/** Runs vmalert, which reads rules as VictoriaMetrics does. */
export function vmalert(args: readonly string[]): Outcome {
  return runTool('vmalert', args, '')
}

function runTool(name: string, args: readonly string[], input: string): Outcome {
  const { status, stdout, stderr } = spawnSync(receiverPath(name), args, { input, encoding: 'utf8' })
  return { code: status ?? 1, output: `${stdout}${stderr}` }
}

/** Starts a program on a free port, once more on another one if that was taken meanwhile, and waits until it answers. */
async function start(
  name: string,
  folder: string,
  readyPath: string,
  argumentsFor: (port: number) => string[],
  attempts = 3,
): Promise<Receiver> {
  const port = await freePort()
  const running = new Running(receiverPath(name), argumentsFor(port), folder)
  const url = `http://127.0.0.1:${port}`
  const deadline = Date.now() + START_LIMIT
  while (!running.ended && Date.now() < deadline) {
    const ready = await fetch(`${url}${readyPath}`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready && !running.ended) return { url, stop: () => running.stop() }
    await pause(50)
  }
  if (running.ended && attempts > 1) return start(name, folder, readyPath, argumentsFor, attempts - 1)
  await running.stop()
  throw new Error(`${name} did not start: ${running.said || 'no word of it'}`)
}

/** A program that dies with this process, and the folder that goes with it. */
class Running {
  readonly #child: ChildProcess
  readonly #end: Promise<void>
  readonly #folder: string
  ended = false
  said = ''

  constructor(path: string, args: readonly string[], folder: string) {
    this.#folder = folder
    // However this process ends, the kernel ends the program.
    const command = ['--pdeathsig', 'KILL', path, ...args]
    this.#child = spawn('setpriv', command, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data) => {
        this.said = `${this.said}${data}`.slice(-2_000)
      })
    this.#end = new Promise((resolve) => {
      const end = () => {
        this.ended = true
        resolve()
      }
      this.#child.on('exit', end)
      this.#child.on('error', (error) => {
        this.said = error.message
        end()
      })
    })
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#end
    clearTimeout(impatience)
    if (existsSync(this.#folder)) rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
