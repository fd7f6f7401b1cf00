import { Worker } from 'node:worker_threads'
import type { Failure, FromChild, OpenRequest, ToChild } from './child-message.ts'
import { type ImportModule, loadMeter } from './load-meter.ts'
import type { LogDetails } from './meter-context.ts'
import { asMeterError, type MeterError } from './meter-error.ts'
import type {
  Gauge,
  MeterHandle,
  Reading,
  Restart,
  Share,
  Stretch,
  WiderUncertainty,
} from './meter-handle.ts'
import { openHere } from './open-here.ts'
import { assertAvailable, probeMeter } from './probe-meter.ts'
import { StretchWait } from './stretch-wait.ts'

// The program of a child process that holds one meter. A hung driver call ends with this process.

/** Seconds until this process ends by itself after it has failed; its parent ends it sooner. */
const LAST_WORDS = 1

let what = 'meter'
let meter: MeterHandle | undefined

function say(message: FromChild): void {
  // The parent may be gone: then this process ends by 'disconnect'.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

function log(message: string, details?: LogDetails): void {
  say({ log: { message, details } })
}

function failure(cause: unknown, begin = what, code?: string): Failure {
  const { message, outcome, ...error } = asMeterError(cause, begin, code)
  return { message, outcome, code: error.code }
}

async function open({
  open: reference,
  importer,
  probe,
  probeFirst,
  window,
  ...roots
}: OpenRequest): Promise<void> {
  const world = {
    ...roots,
    ...(window ? { window: { from: new Date(window.from), to: new Date(window.to) } } : {}),
  }
  what = `meter '${reference.meter ?? reference.module}'`
  const importModule: ImportModule | undefined = importer ? (await import(importer)).importModule : undefined
  const loaded = await loadMeter(reference, importModule)
  say({ loaded: true })
  if (probe) {
    const { availability, domains } = await probeMeter(loaded, { ...world, log })
    say({ probed: { name: loaded.definition.name, availability, domains } })
    return
  }
  if (probeFirst) await assertAvailable(loaded, { ...world, log })
  meter = await openHere(loaded, { ...world, log })
  const { name, interval, domains } = meter
  say({ opened: { name, interval, domains } })
}

/** Reads once, or on a grid until a stretch is over, is cut short, or fails. */
async function read(number: number, deadline: number, stretch: Stretch | undefined): Promise<void> {
  if (!meter) return
  const wait = stretch && new StretchWait(stretch)
  cutShort = () => wait?.cutShort()
  const readings: Reading[] = []
  const shares: Share[] = []
  const restarts: Restart[] = []
  const uncertainties: WiderUncertainty[] = []
  let gauges: readonly Gauge[] = []
  let last = true
  let error: MeterError | undefined
  do {
    if (wait) last = await wait.next()
    const result = await meter.read(deadline)
    // Not by spreading: a week of minutes is more than a call takes arguments.
    for (const reading of result.readings) readings.push(reading)
    shares.push(...(result.shares ?? []))
    restarts.push(...(result.restarts ?? []))
    uncertainties.push(...(result.uncertainties ?? []))
    // Of a gauge only the last value is ever told, and some meters look at them more seldom than they read.
    if (result.gauges.length > 0) gauges = result.gauges
    error = result.error
  } while (!last && !error && meter.alive)
  say({
    read: number,
    readings,
    gauges,
    ...(shares.length > 0 ? { shares } : {}),
    ...(restarts.length > 0 ? { restarts } : {}),
    ...(uncertainties.length > 0 ? { uncertainties } : {}),
    ...(error ? { error: failure(error) } : {}),
    alive: meter.alive,
  })
}

let cutShort: () => void = () => {}

/**
 * A meter that blocks this thread also keeps it from noticing that the parent is gone, and would burn a core
 * for ever: another thread looks every few seconds.
 */
function watchParent(): void {
  const program = `
    setInterval(() => {
      if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL')
    }, 4000)`
  new Worker(program, { eval: true, stdin: false, env: {}, execArgv: [] }).unref()
}

async function receive(message: ToChild): Promise<void> {
  if ('open' in message) {
    watchParent()
    await open(message).catch((cause) => say({ failed: failure(cause) }))
  } else if ('read' in message) {
    await read(message.read, message.deadline, message.stretch)
  } else if ('cutShort' in message) {
    cutShort()
  } else {
    await meter?.close(message.close.deadline)
    process.disconnect()
  }
}

process.on('message', (message: ToChild) => void receive(message))
process.on('disconnect', () => process.exit(0))
// Signals are the training's or the recorder's, which reads once more before it ends this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// A meter's stray rejection is its own affair until it stops answering.
process.on('unhandledRejection', (cause) => {
  const { message } = failure(cause, `${what}: unhandled rejection`)
  log(message, { severity: 'warning', code: 'meter-rejection' })
})
process.on('uncaughtException', (cause) => {
  say({ failed: failure(cause, `${what}: uncaught`, 'METER_PROCESS_ENDED') })
  setTimeout(() => process.exit(1), LAST_WORDS * 1000)
})
