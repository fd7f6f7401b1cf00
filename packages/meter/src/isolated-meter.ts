import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Failure, FromChild, ToChild } from './child-message.ts'
import type { MeterReference } from './define-meter.ts'
import { MeterError } from './meter-error.ts'
import type { MeterHandle, OpenOptions, ReadResult } from './meter-handle.ts'
import type { Probed } from './probe-meter.ts'

/** Opening a meter in a child process takes this beside what opening takes. */
export interface IsolationOptions extends OpenOptions {
  /** URL of the child's program; by default the one beside this module. */
  readonly program?: string
  /** URL of a module whose `importModule(url)` loads what plain `import` cannot. */
  readonly importer?: string
  /** Environment of the child; by default this process's. `NODE_OPTIONS` is never passed on. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Seconds until the meter must be open, by default 10. */
  readonly openDeadline?: number
}

/** A reference whose meter may be left out: then the module's only one. */
type Reference = Omit<MeterReference, 'meter'> & { readonly meter?: string }

/** A child is given this much longer than its meter: it answers for a slow meter itself, but not for a blocked one. */
const GRACE = 0.1

/**
 * Opens a meter in a child process of its own. A read that does not answer costs that process its life; the
 * handle is then dead, and the meter may be opened anew.
 * @throws MeterError
 */
export async function openIsolated(
  reference: Reference,
  options: IsolationOptions = {},
): Promise<MeterHandle> {
  const child = new Child(reference, options)
  const { name, interval, domains } = await child.ask(
    { ...openMessage(reference, options) },
    options.openDeadline ?? 10,
    (message) => ('opened' in message ? message.opened : undefined),
  )
  let reads = 0
  return {
    name,
    interval,
    domains,
    get alive() {
      return child.alive
    },
    async read(deadline): Promise<ReadResult> {
      const read = ++reads
      try {
        return await child.ask({ read, deadline }, deadline + GRACE, (message) =>
          'read' in message && message.read === read ? resultOf(message) : undefined,
        )
      } catch (cause) {
        child.kill()
        return { readings: [], gauges: [], error: cause as MeterError }
      }
    },
    async close(deadline = 0.5) {
      await child.close(deadline)
    },
  }
}

/** Probes a meter in a child process of its own. Never throws. */
export async function probeIsolated(
  reference: Reference,
  options: IsolationOptions = {},
): Promise<Probed & { name: string }> {
  const child = new Child(reference, options)
  const name = reference.meter ?? reference.module
  try {
    const message = { ...openMessage(reference, options), probe: true }
    return await child.ask(message, options.openDeadline ?? 10, (answer) =>
      'probed' in answer ? answer.probed : undefined,
    )
  } catch (cause) {
    return { name, availability: { available: false, why: (cause as MeterError).message }, domains: [] }
  } finally {
    child.kill()
  }
}

function openMessage(reference: Reference, { sysRoot, procRoot, importer }: IsolationOptions): ToChild {
  return {
    open: reference,
    ...(sysRoot === undefined ? {} : { sysRoot }),
    ...(procRoot === undefined ? {} : { procRoot }),
    ...(importer === undefined ? {} : { importer }),
  }
}

function resultOf(message: Extract<FromChild, { read: number }>): ReadResult {
  const { readings, gauges, error } = message
  return { readings, gauges, ...(error ? { error: asError(error) } : {}) }
}

function asError({ message, code, outcome }: Failure): MeterError {
  return new MeterError(message, { code, outcome })
}

type Listener = (message: FromChild | MeterError) => void

/** The child process, asked one thing at a time. */
class Child {
  readonly #process: ReturnType<typeof fork>
  readonly #what: string
  #listener: Listener = () => {}
  #gone = false

  constructor(reference: Reference, options: IsolationOptions) {
    this.#what = `meter '${reference.meter ?? reference.module}'`
    const { NODE_OPTIONS: _, ...env } = { ...(options.env ?? process.env) }
    const program = options.program ?? new URL('./child.js', import.meta.url).href
    this.#process = fork(fileURLToPath(program), [], {
      env,
      execArgv: [],
      // What a meter prints is lost: it would land in the training's output.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#process.on('message', (message: FromChild) => this.#receive(message, options))
    this.#process.on('error', (cause) => this.#end(String(cause.message)))
    this.#process.on('exit', (code, signal) =>
      this.#end(`its process ended (${signal ?? `exit code ${code}`})`),
    )
  }

  get alive(): boolean {
    return !this.#gone
  }

  #receive(message: FromChild, options: OpenOptions): void {
    if ('log' in message) options.log?.(message.log.message, message.log.details)
    else if ('loaded' in message) options.loaded?.()
    else if ('failed' in message) this.#listener(asError(message.failed))
    else this.#listener(message)
  }

  #end(why: string): void {
    if (this.#gone) return
    this.#gone = true
    this.#listener(new MeterError(`${this.#what}: ${why}`, { outcome: 'retry', code: 'METER_PROCESS_ENDED' }))
  }

  /** Sends a message and waits for its answer. */
  ask<Answer>(
    message: ToChild,
    deadline: number,
    answer: (message: FromChild) => Answer | undefined,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const error = new MeterError(`${this.#what} did not answer within ${deadline.toFixed(1)} s`, {
          outcome: 'retry',
          code: 'METER_TIMEOUT',
        })
        this.kill()
        reject(error)
      }, deadline * 1000)
      this.#listener = (received) => {
        const found = MeterError.isInstance(received) ? undefined : answer(received)
        if (found === undefined && !MeterError.isInstance(received)) return
        clearTimeout(timer)
        this.#listener = () => {}
        if (MeterError.isInstance(received)) reject(received)
        else resolve(found as Answer)
      }
      if (this.#gone) {
        this.#listener(
          new MeterError(`${this.#what}: its process has ended`, {
            outcome: 'retry',
            code: 'METER_PROCESS_ENDED',
          }),
        )
        return
      }
      this.#process.send(message, () => {})
    })
  }

  /** Ends the process at once; nobody waits for a process that hangs in a driver. */
  kill(): void {
    this.#gone = true
    this.#process.kill('SIGKILL')
    this.#process.unref()
    if (this.#process.connected) this.#process.disconnect()
  }

  /** Lets the meter close itself, within so many seconds. */
  async close(deadline: number): Promise<void> {
    if (this.#gone) return
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()))
    const timer = setTimeout(() => this.kill(), deadline * 1000)
    const killed = new Promise<void>((resolve) => setTimeout(resolve, deadline * 1000 + 10).unref())
    this.#process.send({ close: true } satisfies ToChild, () => {})
    await Promise.race([ended, killed])
    clearTimeout(timer)
    this.#gone = true
  }
}
