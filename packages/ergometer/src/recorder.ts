import { Socket } from 'node:net'
import { join } from 'node:path'
import { isMainThread, parentPort } from 'node:worker_threads'
import { type IntensityOrigin, Recorder, type RunPlace, redactArguments } from '@ergometer/core'
import { monotonicSeconds, realContext } from '@ergometer/meter'
import { factorsFrom } from './factors.ts'
import { findRunPlace } from './find-run-place.ts'
import { placedSource } from './instance-estimate.ts'
import { LiveExporter, resourceOf } from './live-exporter.ts'
import { namedPlace, placeOfRun } from './named-place.ts'
import { type MeterLog, meterSource } from './open-meter.ts'
import { openSource, REPLIES_FOLDER } from './open-source.ts'
import { withPlace } from './place-factors.ts'
import type { FromRecorder, StartMessage, ToRecorder } from './recorder-message.ts'
import type { SourceRequest } from './source-request.ts'
import { versions } from './version.ts'

// The program of a recorder: one run, told by its parent on stdin, answered on file descriptor 3.
// As a worker thread it talks to its parent by messages instead.

/** Seconds that closing files and meters, and a last scrape, may take once the report is told: a disk that stalls gets on in the end. */
const LAST_DEADLINE = 120

let recorder: Recorder | undefined
let exporter: LiveExporter | undefined
/** The last export; undefined while the run goes on. */
let exporting: Promise<void> | undefined
let say: (message: FromRecorder) => void = () => {}
/** Waits until what was said is on its way. */
let drain: (then: () => void) => void = (then) => then()

function receive(message: ToRecorder): void {
  if ('start' in message) record(message.start)
  else void recorder?.end(message.end).then(finish, finish)
}

function record(start: StartMessage): void {
  const { meters, given, source, live, environment, command, exports, ...options } = start
  const log: Log = (meter) => (message, details) => recorder?.log(meter, message, details)
  if (exports) {
    exporter = new LiveExporter(exports, start.name, (message) => {
      const entry = { severity: 'warning', code: 'export-failed', message } as const
      // After the end nobody reads the run's health any more.
      if (exporting) say({ health: entry })
      else recorder?.log('recorder', message, entry)
    })
  }
  const world = realContext()
  const finding = findRunPlace({ ...world, log: (...told) => recorder?.log('recorder', ...told) })
  const named = namedPlace(meters, world.env['AWS_REGION'])
  const placing = (finding ?? (named && Promise.resolve(undefined)))?.then((here) =>
    placeOfRun(named, here?.place),
  )
  recorder = new Recorder(
    {
      ...options,
      meters: meters.map((request) =>
        placedSource(request, finding, (one) => meterSource(one, log(one.name), environment)),
      ),
      placing: placing?.then((place) => place && { place, factors: factorsFrom(given, [], place) }),
      factors: factorsFrom(given),
      given,
      ...(source ? { source: originOf(source, start, placing, log('recorder')) } : {}),
      versions: versions(),
      roots: world,
      command: command && redactArguments(command),
      describe: (git) => {
        const resource = resourceOf(start.runId, git?.commit)
        void exporter?.begin(resource)
        return { resource }
      },
    },
    {
      ready: (runFolder) => say({ ready: runFolder === undefined ? {} : { runFolder } }),
      refused: ({ code, message }) => {
        say({ refused: { code, message } })
        finish()
      },
      health: (entry) => say({ health: entry }),
      live: (totals) => {
        exporter?.take(totals)
        if (live) say({ live: totals })
      },
      budget: (use) => say({ budget: use }),
      report: (report, totals) => {
        say({ report, totals })
        // Where git has not answered yet, its word is not waited for.
        void exporter?.begin(resourceOf(start.runId))
        exporting = exporter?.end(totals, isMainThread).then(() => say({ exported: true }))
        setTimeout(exit, LAST_DEADLINE * 1000).unref()
      },
    },
    monotonicSeconds,
  )
  recorder.ended.then(finish)
  void recorder.start()
}

/** A source of intensity, to be opened here once the run has begun. */
function originOf(
  request: SourceRequest,
  { given, home }: StartMessage,
  placing: Promise<RunPlace | undefined> | undefined,
  log: ReturnType<Log>,
): IntensityOrigin {
  return {
    name: request.name,
    open: async (signal) =>
      openSource(request, withPlace(given, await placing).given.zone, {
        signal,
        cacheFolder: join(home, REPLIES_FOLDER),
        log: (message, { severity, code }) => log?.(message, { severity, code }),
      }),
  }
}

type Log = (meter: string) => MeterLog

/** Everything is closed; what is still being exported is waited for. */
function finish(): void {
  const over = exporting?.then(() => exporter?.over) ?? Promise.resolve()
  void over.then(exit)
}

function exit(): void {
  setTimeout(() => process.exit(0), 500)
  drain(() => process.exit(0))
}

/** The parent is gone: whatever it said of the run's end is in the event files. */
function orphaned(): void {
  if (!recorder) finish()
  else void recorder.abandoned().then(finish, finish)
}

function talkByPipes(): void {
  const out = new Socket({ fd: 3, writable: true, readable: false })
  // A parent that is gone or blocked must not end the recording.
  out.on('error', () => {})
  say = (message) => {
    if (out.writable) out.write(`${JSON.stringify(message)}\n`)
  }
  drain = (then) => (out.destroyed ? then() : out.end(then))
  let rest = ''
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') recorder?.look()
      else receive(JSON.parse(line))
    }
  })
  process.stdin.on('end', orphaned)
  process.stdin.on('error', orphaned)
  // The terminal's Ctrl-C and hang-up are the training's; a service manager's SIGTERM ends the run properly.
  process.on('SIGINT', () => {})
  process.on('SIGHUP', () => {})
  process.on('SIGTERM', () => {
    exporter?.hurry()
    if (recorder) void recorder.end({ status: 'aborted', signal: 'SIGTERM' }).then(finish)
    else finish()
  })
}

// A stray error of a meter of ours costs a line in health, never the run.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const message = `stray error in the recorder: ${error instanceof Error ? error.message : String(error)}`
    recorder?.log('recorder', message, { severity: 'error', code: 'recorder-error' })
  })
}

if (isMainThread) {
  talkByPipes()
} else {
  say = (message) => parentPort?.postMessage(message)
  parentPort?.on('message', (message: ToRecorder | '') =>
    message === '' ? recorder?.look() : receive(message),
  )
}
