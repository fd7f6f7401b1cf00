import { defineExporter, ErgometerError, type ExporterContext, type FinishedRun } from '@ergometer/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { recordedResource } from './recorded-resource.ts'
import { watchRefusals } from './refusals.ts'
import { replayBatches } from './replay-batches.ts'
import { ReplayDestination } from './replay-destination.ts'
import { type ReplayOptions, replayOptions } from './replay-options.ts'

/** Seconds between two points. */
const STEP = 10
/** With points further apart a store may take a series for ended: Prometheus does after 5 minutes. */
const LONGEST_STEP = 60
/** Of a series that would have more points they are set further apart. */
const MANY_POINTS = 10_000

/** Sends a run that is over to an OTLP receiver, with the time stamps that its metrics had then. */
export const otlp = defineExporter({ name: 'otlp', options: replayOptions, replay })

async function replay(options: ReplayOptions, run: FinishedRun, context: ExporterContext): Promise<string> {
  const { report } = run
  const step = options.stepSeconds ?? stepOf(report.run.seconds)
  const window = { from: milliseconds(options.from), until: milliseconds(options.until) }
  const destination = new ReplayDestination(options, context.env)
  const exporter = await destination.open()
  const resource = resourceFromAttributes(recordedResource(report))
  let refused = 0
  let said = ''
  const refusals = watchRefusals((count, words) => {
    refused += count
    said ||= words
  })
  let points = 0
  try {
    for (const batch of replayBatches(run.totals(step), report.run.name, window)) {
      context.signal.throwIfAborted()
      await destination.send(exporter, { resource, scopeMetrics: [batch.scopeMetrics] })
      points += batch.points
    }
  } finally {
    refusals.end()
    await exporter.shutdown().catch(() => {})
  }
  if (refused > 0) throw destination.failure(`the receiver refused ${refused} of ${points} points`, said)
  const words = destination.words(said)
  if (words !== undefined) context.log(`otlp: ${destination.where} says: ${words}`)
  const { id, startedAt, endedAt } = report.run
  if (points === 0) {
    const message = `otlp: nothing of run ${id} lies from ${options.from ?? startedAt} to ${options.until ?? endedAt}: it lasted from ${startedAt} to ${endedAt}`
    throw new ErgometerError('EXPORTER_OPTIONS_INVALID', message)
  }
  const part = `${options.from ?? startedAt} to ${options.until ?? endedAt}`
  return `otlp: ${points} points of run ${id}, every ${step} s from ${part}, sent to ${destination.where}`
}

/** Seconds between two points of a run of so many seconds. */
function stepOf(seconds: number): number {
  return Math.min(LONGEST_STEP, Math.max(STEP, Math.ceil(seconds / MANY_POINTS)))
}

function milliseconds(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant)
}
