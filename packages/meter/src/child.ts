import type { Failure, FromChild, ToChild } from './child-message.ts'
import { type ImportModule, loadMeter } from './load-meter.ts'
import { asMeterError } from './meter-error.ts'
import type { MeterHandle } from './meter-handle.ts'
import { openHere } from './open-here.ts'
import { probeMeter } from './probe-meter.ts'

// The program of a child process that holds one meter. A hung driver call ends with this process.

let meter: MeterHandle | undefined

function say(message: FromChild): void {
  // The parent may be gone: then this process ends by 'disconnect'.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function failure(cause: unknown): Failure {
  const { message, code, outcome } = asMeterError(cause, 'meter')
  return { message, code, outcome }
}

async function open(message: Extract<ToChild, { open: unknown }>): Promise<void> {
  const importModule: ImportModule | undefined = message.importer
    ? (await import(message.importer)).importModule
    : undefined
  const loaded = await loadMeter(message.open, importModule)
  say({ loaded: true })
  const { sysRoot, procRoot } = message
  const options = {
    ...(sysRoot === undefined ? {} : { sysRoot }),
    ...(procRoot === undefined ? {} : { procRoot }),
    log: (text: string, details?: Parameters<NonNullable<Parameters<typeof openHere>[1]>['log'] & {}>[1]) =>
      say({ log: { message: text, ...(details ? { details } : {}) } }),
  }
  if (message.probe) {
    say({ probed: { name: loaded.definition.name, ...(await probeMeter(loaded, options)) } })
    return
  }
  meter = await openHere(loaded, options)
  const { name, interval, domains } = meter
  say({ opened: { name, interval, domains } })
}

async function receive(message: ToChild): Promise<void> {
  if ('open' in message) {
    await open(message).catch((cause) => say({ failed: failure(cause) }))
  } else if ('read' in message) {
    const result = await meter?.read(message.deadline)
    if (!result) return
    const { readings, gauges, error } = result
    say({ read: message.read, readings, gauges, ...(error ? { error: failure(error) } : {}) })
  } else {
    await meter?.close()
    process.disconnect()
  }
}

process.on('message', (message: ToChild) => void receive(message))
process.on('disconnect', () => process.exit(0))
// A meter's stray rejection is its own affair until it stops answering.
process.on('unhandledRejection', (cause) => say({ log: { message: failure(cause).message } }))
