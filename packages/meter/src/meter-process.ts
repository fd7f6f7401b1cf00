import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { failureIn, logIn } from './child-answer.ts'
import type { ToChild } from './child-message.ts'
import { atDeadline, within } from './deadline.ts'
import { asMeterError, closed, MeterError, timeout } from './meter-error.ts'
import type { OpenOptions } from './meter-handle.ts'
import { isObject } from './untrusted.ts'

/** Opening a meter in a child process takes this beside what opening takes. */
export interface IsolationOptions extends OpenOptions {
  /** URL of the child's program; by default the one beside this module. */
  readonly program?: string
  /** URL of a module whose `importModule(url)` loads what plain `import` cannot. */
  readonly importer?: string
  /** Open it only if its probe says that it can work here. */
  readonly probeFirst?: boolean
  /** Environment of the child; by default this process's. `NODE_OPTIONS` is never passed on. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A child that says more than so many messages for one request floods its parent. */
const MOST_SAID = 1000

/** Somebody who waits for an answer. */
interface Waiting {
  hear(message: Record<string, unknown>): void
  fail(error: MeterError): void
}

/** The child process that holds a meter. It is asked, never trusted, and never keeps its parent alive. */
export class MeterProcess {
  readonly #what: string
  readonly #options: IsolationOptions
  readonly #process: ChildProcess
  readonly #waiting = new Set<Waiting>()
  #said = 0
  #closing: Promise<void> | undefined
  #end: MeterError | undefined

  /** `what`: the meter, for messages. */
  constructor(what: string, options: IsolationOptions) {
    this.#what = what
    this.#options = options
    this.#process = start(what, options)
    // What waits for an answer has a timer, which is what keeps this process alive meanwhile.
    this.#process.unref()
    this.#process.channel?.unref()
    this.#process.on('message', (message: unknown) => this.#receive(message))
    this.#process.on('error', (cause) => this.#lost(cause.message))
    this.#process.on('exit', (code, signal) =>
      this.#lost(`its process ended (${signal ?? `exit code ${code}`})`),
    )
    remember(this)
  }

  /** False once it is asked to close, or has ended. */
  get alive(): boolean {
    return this.#end === undefined && this.#closing === undefined
  }

  /**
   * Sends a request and waits for the message in which `answerIn` sees the answer. No answer within `deadline`
   * and `grace` seconds ends the process.
   */
  ask<Answer>(
    request: ToChild,
    deadline: number,
    answerIn: (message: Record<string, unknown>) => Answer | undefined,
    grace = 0,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.alive) {
        reject(this.#end ?? closed(this.#what))
        return
      }
      const cancel = atDeadline(deadline + grace, () => this.end(timeout(this.#what, deadline)))
      const settle = () => {
        cancel()
        this.#waiting.delete(waiting)
        this.#said = 0
      }
      const waiting: Waiting = {
        hear(message) {
          const answer = answerIn(message)
          if (answer === undefined) return
          settle()
          resolve(answer)
        },
        fail(error) {
          settle()
          reject(error)
        },
      }
      this.#waiting.add(waiting)
      this.tell(request)
    })
  }

  /** Sends what has no answer. */
  tell(request: ToChild): void {
    // Without a channel there is no answer either: the exit, the error or the deadline says so.
    if (!this.#process.connected) return
    try {
      this.#process.send(request, () => {})
    } catch (cause) {
      this.end(asMeterError(cause, `${this.#what} cannot be told`, 'METER_OPTIONS_INVALID', 'fatal'))
    }
  }

  #receive(message: unknown): void {
    if (this.#end) return
    if (++this.#said > MOST_SAID) {
      this.#lost('it floods its recorder with messages')
      return
    }
    if (!isObject(message)) return
    const log = logIn(message)
    if (log) this.#options.log?.(log.message, log.details)
    else if (message['loaded'] === true) this.#options.loaded?.()
    else if ('failed' in message) this.#fail(failureIn(message['failed']))
    else this.#hear(message)
  }

  #hear(message: Record<string, unknown>): void {
    try {
      for (const waiting of [...this.#waiting]) waiting.hear(message)
    } catch (cause) {
      this.#fail(asMeterError(cause, this.#what))
    }
  }

  #lost(why: string): void {
    const ended = () =>
      new MeterError(`${this.#what}: ${why}`, { outcome: 'retry', code: 'METER_PROCESS_ENDED' })
    this.#fail(this.#closing ? closed(this.#what) : ended())
  }

  /** Ends the process for a reason that whoever waits is told; if nobody waits, the log. */
  #fail(error: MeterError): void {
    if (this.alive && this.#waiting.size === 0) {
      this.#options.log?.(error.message, { severity: 'warning', code: 'meter-process-ended' })
    }
    this.end(error)
  }

  /** Ends the process at once; nobody waits for a process that hangs in a driver. */
  end(error: MeterError): void {
    if (this.#end) return
    this.#end = error
    forget(this)
    this.#process.kill('SIGKILL')
    if (this.#process.connected) this.#process.disconnect()
    for (const waiting of [...this.#waiting]) waiting.fail(error)
  }

  /** Lets the meter close itself, within so many seconds. */
  close(deadline: number): Promise<void> {
    this.#closing ??= this.#close(deadline)
    return this.#closing
  }

  async #close(deadline: number): Promise<void> {
    if (this.#end) return
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()))
    this.tell({ close: { deadline } })
    await within(deadline, ended, () => {})
    this.end(closed(this.#what))
  }
}

function start(what: string, { env = process.env, program }: IsolationOptions): ChildProcess {
  const { NODE_OPTIONS: _, ...rest } = env
  try {
    return fork(fileURLToPath(program ?? new URL('./child.js', import.meta.url)), [], {
      env: rest,
      execArgv: [],
      // What a meter prints is lost: it would land in the training's output.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
  } catch (cause) {
    throw asMeterError(cause, `${what}: its process cannot be started`, 'METER_NOT_OPENED')
  }
}

const living = new Set<MeterProcess>()

/** A child whose loop is blocked would not notice that its parent has ended. */
function endAll(): void {
  for (const one of living) one.end(closed('the recorder'))
}

function remember(one: MeterProcess): void {
  if (living.size === 0) process.on('exit', endAll)
  living.add(one)
}

function forget(one: MeterProcess): void {
  living.delete(one)
  if (living.size === 0) process.off('exit', endAll)
}
