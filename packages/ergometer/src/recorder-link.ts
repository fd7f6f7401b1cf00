import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import {
  budgetMessage,
  ErgometerError,
  type HealthEntry,
  type LiveTotals,
  makeEventDirectory,
  placeOfRuns,
  processIdentity,
  RECORDER_FILE,
  type Report,
  type RunEnd,
  removeEventDirectory,
  replaceFile,
} from '@ergometer/core'
import type { FromRecorder, StartMessage, ToRecorder } from './recorder-message.ts'
import { recorderProgram } from './recorder-program.ts'
import { spawnRecorder } from './spawn-recorder.ts'
import { versions } from './version.ts'

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

/** Sends a line; undefined ends the connection. */
type Send = (line: string | undefined) => void

/** A line to the recorder of a run. It never keeps this process alive, and nothing it meets is thrown. */
export class RecorderLink {
  runFolder: string | undefined
  /** The run's last totals, once it is over. */
  totals: LiveTotals | undefined
  readonly #listener: LinkListener
  readonly #send: Send
  /** The recorder's process. */
  #pid = process.pid
  readonly #spending = new AbortController()
  #readiness: Readiness | undefined
  #report: Report | undefined
  #exported = false
  #exportFailed = false
  #gone = false
  #events: string | undefined
  #waiting: (() => void)[] = []

  /**
   * Starts a recorder, in a process of its own or in a thread of this one; it boots while settings are read.
   * `started`: its process, if it was started already.
   */
  constructor(where: 'process' | 'inline', listener: LinkListener = {}, started?: ChildProcess) {
    this.#listener = listener
    this.#send = (where === 'inline' ? this.#thread() : this.#pipes(started ?? spawnRecorder())) ?? (() => {})
  }

  #pipes(child: ChildProcess | undefined): Send | undefined {
    if (!child) {
      this.#end()
      return undefined
    }
    this.#pid = child.pid ?? process.pid
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
      if (line === undefined) input.end()
      else if (input.writable) input.write(`${line}\n`)
    }
  }

  #thread(): Send | undefined {
    const program = recorderProgram()
    if (program === undefined) {
      this.#end()
      return undefined
    }
    const worker = new Worker(program, { stdin: false, stdout: true, stderr: true, execArgv: [] })
    worker.on('message', (message: FromRecorder) => this.#receive(message))
    worker.on('error', () => this.#end())
    worker.on('exit', () => this.#end())
    worker.unref()
    return (line) => {
      if (line === undefined) void worker.terminate()
      else worker.postMessage(line === '' ? '' : JSON.parse(line))
    }
  }

  #receive(message: FromRecorder): void {
    if ('health' in message) {
      this.#exportFailed ||= message.health.code === 'export-failed'
      this.#listener.health?.(message.health)
    } else if ('live' in message) this.#listener.live?.(message.live)
    else if ('budget' in message) {
      this.#spending.abort(new ErgometerError('BUDGET_SPENT', budgetMessage(message.budget)))
    } else if ('report' in message) {
      this.#report = message.report
      this.totals = message.totals
    } else if ('exported' in message) this.#exported = true
    else if ('ready' in message) {
      this.runFolder = message.ready.runFolder
      this.#readiness = { kind: 'ready', ...message.ready }
    } else this.#readiness = { kind: 'refused', ...message.refused }
    this.#wake()
  }

  #end(): void {
    this.#gone = true
    this.#wake()
    if (this.#readiness === undefined && this.#events !== undefined) removeEventDirectory(this.#events)
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #tell(message: ToRecorder): void {
    this.#send(JSON.stringify(message))
  }

  /** Tells the recorder of its run. The event directory is there from now on, ready or not, and whoever begins before it may join. */
  begin(start: StartMessage): void {
    if (this.#gone) return
    const { events, runId } = start
    this.#events = events
    try {
      makeEventDirectory(events)
      const recorder = {
        ...processIdentity(this.#pid),
        runFolder: placeOfRuns(start.home, runId),
        versions: versions(),
      }
      replaceFile(join(events, RECORDER_FILE), JSON.stringify({ v: 1, runId, ...recorder }))
    } catch {
      // The recorder says so.
    }
    this.#tell({ start })
  }

  /** There is no run after all. */
  cancel(): void {
    this.#send(undefined)
  }

  /** Waits until the run has begun, at most so many seconds. */
  async ready(seconds: number): Promise<Readiness> {
    await this.#until(() => this.#readiness !== undefined || this.#gone, seconds)
    return this.#readiness ?? { kind: this.#gone ? 'gone' : 'late' }
  }

  /** Aborts when the run's budget is spent. */
  get spent(): AbortSignal {
    return this.#spending.signal
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

  /** Waits for the last export, at most so many seconds: true if it is over by then, or it was said why it cannot be. */
  async exported(seconds: number): Promise<boolean> {
    await this.#until(() => this.#exported || this.#gone, seconds)
    return this.#exported || this.#exportFailed
  }

  /** Waits until the recorder has ended, at most so many seconds: a thread ends with its process, done or not. */
  async ended(seconds: number): Promise<void> {
    await this.#until(() => this.#gone, seconds)
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

/** What the recorder drops, and processes of meters may need. */
export function meterEnvironment(): Record<string, string> {
  const certificates = process.env['NODE_EXTRA_CA_CERTS']
  return certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {}
}

/** What to say where the last export is not over when nobody waits for it any more. */
export function unsentText(runId: string): string {
  return `the last metrics are not sent yet: is the receiver up? It is tried for some seconds more; 'ergometer export ${runId} --to otlp=URL' sends what is missing`
}
