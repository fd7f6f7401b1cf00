import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { HealthEntry, LiveTotals, Report, RunEnd } from '@ergometer/core'
import type { FromRecorder, StartMessage, ToRecorder } from './recorder-message.ts'
import { recorderProgram } from './recorder-program.ts'

/** How a wait for a recorder ended: it is ready, it refused, it is gone, or time was up. */
export type Readiness =
  | { readonly kind: 'ready'; readonly runFolder?: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'late' }

/** What a recorder says while it records. */
export interface LinkListener {
  health?(entry: HealthEntry): void
  live?(totals: LiveTotals): void
}

/** A line to the recorder of a run. It never keeps this process alive, and nothing it meets is thrown. */
export class RecorderLink {
  runFolder: string | undefined
  readonly #listener: LinkListener
  readonly #send: (line: string) => void
  #readiness: Readiness | undefined
  #report: Report | undefined
  #gone = false
  #waiting: (() => void)[] = []

  /** Starts a recorder for a run, in a process of its own or in a thread of this one. */
  constructor(start: StartMessage, where: 'process' | 'inline', listener: LinkListener = {}) {
    this.#listener = listener
    const program = recorderProgram()
    if (program === undefined) {
      this.#send = () => {}
      this.#end()
      return
    }
    this.#send = where === 'inline' ? this.#startThread(program) : this.#startProcess(program)
    this.#tell({ start })
  }

  #startProcess(program: string): (line: string) => void {
    // A session of its own: not ended by the terminal's Ctrl-C, and it holds no pipe of the training's.
    const child = spawn(process.execPath, [program], {
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      env: recorderEnvironment(),
    })
    child.on('error', () => this.#end())
    child.on('exit', () => this.#end())
    child.unref()
    const input = child.stdin as Writable & { unref?(): void }
    const output = child.stdio[3] as Readable & { unref?(): void }
    input.on('error', () => {})
    output.on('error', () => {})
    input.unref?.()
    output.unref?.()
    let rest = ''
    output.setEncoding('utf8')
    output.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#receive(JSON.parse(line))
    })
    output.on('end', () => this.#end())
    return (line) => {
      if (input.writable) input.write(`${line}\n`)
    }
  }

  #startThread(program: string): (line: string) => void {
    const worker = new Worker(program, { stdin: false, stdout: true, stderr: true, execArgv: [] })
    worker.on('message', (message: FromRecorder) => this.#receive(message))
    worker.on('error', () => this.#end())
    worker.on('exit', () => this.#end())
    worker.unref()
    return (line) => worker.postMessage(line === '' ? '' : JSON.parse(line))
  }

  #receive(message: FromRecorder): void {
    if ('health' in message) this.#listener.health?.(message.health)
    else if ('live' in message) this.#listener.live?.(message.live)
    else if ('report' in message) this.#report = message.report
    else if ('ready' in message) {
      this.runFolder = message.ready.runFolder
      this.#readiness = { kind: 'ready', ...message.ready }
    } else this.#readiness = { kind: 'refused', ...message.refused }
    this.#wake()
  }

  #end(): void {
    this.#gone = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #tell(message: ToRecorder): void {
    this.#send(JSON.stringify(message))
  }

  /** Waits until the run has begun, at most so many seconds. */
  async ready(seconds: number): Promise<Readiness> {
    await this.#until(() => this.#readiness !== undefined || this.#gone, seconds)
    return this.#readiness ?? { kind: this.#gone ? 'gone' : 'late' }
  }

  /** Something waits in the event files. */
  look(): void {
    this.#send('')
  }

  /** The run is over. */
  end(end: RunEnd): void {
    this.#tell({ end })
  }

  /** Waits for the report, at most so many seconds. */
  async report(seconds: number): Promise<Report | undefined> {
    await this.#until(() => this.#report !== undefined || this.#gone, seconds)
    return this.#report
  }

  /** While somebody waits, a timer keeps this process alive; the link itself does not. */
  async #until(condition: () => boolean, seconds: number): Promise<void> {
    let timeout = false
    let wake = (): void => {}
    const timer = setTimeout(() => {
      timeout = true
      wake()
    }, seconds * 1000)
    while (!condition() && !timeout) {
      await new Promise<void>((resolve) => {
        wake = resolve
        this.#waiting.push(resolve)
      })
    }
    clearTimeout(timer)
  }
}

/** The recorder's environment: without what would slow its start or change it. */
function recorderEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env
  return environment
}

/** What the recorder drops, and processes of meters may need. */
export function meterEnvironment(): Record<string, string> {
  const certificates = process.env['NODE_EXTRA_CA_CERTS']
  return certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {}
}
