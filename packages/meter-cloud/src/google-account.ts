import { type MeterContext, MeterError } from '@ergometer/meter'
import { keptFrom, lookAround } from './bucket-window.ts'
import type { CloudAccount } from './cloud-account.ts'
import { type CloudWorld, cloudWorld } from './cloud-world.ts'
import { bucketsOf, type GoogleChannel, type GoogleSurroundings } from './google-channel.ts'
import { instanceChannels } from './google-instance.ts'
import { jobChannels } from './google-job.ts'
import { type GoogleMonitoring, listTimeSeries } from './google-monitoring.ts'
import type { GoogleOptions } from './google-options.ts'
import type { TimeSeries } from './google-reply.ts'
import type { GoogleSignal } from './google-signals.ts'
import { googleTokens } from './google-token.ts'
import { tpuChannels } from './google-tpu.ts'
import { MonitoringService } from './monitoring-service.ts'

const ENDPOINT = 'https://monitoring.googleapis.com'
/** For most metrics: https://docs.cloud.google.com/monitoring/quotas#data_retention_policy. */
const RETENTION = { name: 'Google Cloud Monitoring', days: 42 }
const MOST_DOMAINS = 1024

/**
 * What Cloud Monitoring knows of an instance, a Vertex AI job or a TPU.
 * @throws MeterError `CLOUD_DATA_ABSENT` while nothing is told, `TPU_POWER_UNKNOWN`, and see `MonitoringService.get`
 */
export async function openGoogle(
  options: GoogleOptions,
  context: MeterContext,
  world: Partial<CloudWorld> = {},
): Promise<CloudAccount> {
  const { tokens = googleTokens(context.env), model, now, wait } = cloudWorld(context, world)
  const { endpoint = ENDPOINT, project } = options
  const service = new MonitoringService({
    name: 'Google Cloud Monitoring',
    tokens,
    context,
    ...(wait ? { wait } : {}),
    permission: `it takes roles/monitoring.viewer in the project ${project}`,
  })
  const monitoring: GoogleMonitoring = { service, endpoint, project, log: context.log }
  const list = (signal: GoogleSignal, from: number, to: number, abort: AbortSignal) =>
    listTimeSeries(monitoring, metricOf(signal, options), from, to, abort)
  const { from, to } = lookAround(context, now())
  const around: GoogleSurroundings = {
    options,
    model,
    log: context.log,
    list: (signal) => list(signal, keptFrom(from, now(), RETENTION, context.log), to, context.signal),
  }
  const channels = await channelsOf(around)
  if (channels.length === 0) throw nothing(options)
  if (channels.length > MOST_DOMAINS)
    throw service.invalid(`${channels.length} domains, expected at most ${MOST_DOMAINS}`)
  const signals = [...new Set(channels.map(({ signal }) => signal))]
  return {
    series: channels.map(({ series }) => series),
    async read(begin, end, abort) {
      const window = { from: keptFrom(begin, now(), RETENTION, context.log), to: end }
      const found = new Map<GoogleSignal, readonly TimeSeries[]>()
      if (window.to > window.from) {
        for (const signal of signals) found.set(signal, await list(signal, window.from, window.to, abort))
      }
      return channels.map((channel) =>
        bucketsOf(channel, found.get(channel.signal) ?? [], window, context.log),
      )
    },
  }
}

function channelsOf(around: GoogleSurroundings): Promise<GoogleChannel[]> {
  const { job, tpu } = around.options
  if (job !== undefined) return jobChannels(around)
  return tpu === undefined ? instanceChannels(around) : tpuChannels(around)
}

function metricOf({ type, resource, label }: GoogleSignal, { instanceId, job, tpu }: GoogleOptions) {
  return { type, resource, labels: { [label]: (instanceId ?? job ?? tpu) as string } }
}

function nothing({ instanceId, job, tpu }: GoogleOptions): MeterError {
  const what =
    tpu === undefined
      ? job === undefined
        ? `the instance ${instanceId}`
        : `the job ${job}`
      : `the TPU ${tpu}`
  const message = `Google Cloud Monitoring tells nothing that gives the energy of ${what}: what is new comes up to 4 minutes late`
  return new MeterError(message, { outcome: 'retry', code: 'CLOUD_DATA_ABSENT' })
}
