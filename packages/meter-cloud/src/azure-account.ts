import { type MeterContext, MeterError } from '@ergometer/meter'
import { type AzureSurroundings, azureBuckets } from './azure-channel.ts'
import { machineChannels } from './azure-machine.ts'
import { type AzureMetric, type AzureMonitor, listMetric } from './azure-monitor.ts'
import type { AzureOptions } from './azure-options.ts'
import type { MetricSeries } from './azure-reply.ts'
import { runChannels } from './azure-run.ts'
import { azureTokens } from './azure-token.ts'
import { keptFrom, lookAround } from './bucket-window.ts'
import type { CloudAccount } from './cloud-account.ts'
import { type CloudWorld, cloudWorld } from './cloud-world.ts'
import { MonitoringService } from './monitoring-service.ts'

const ENDPOINT = 'https://management.azure.com'
/** https://learn.microsoft.com/azure/azure-monitor/metrics/data-platform-metrics#retention-of-metrics */
const RETENTION = { name: 'Azure Monitor', days: 93 }
const MOST_DOMAINS = 1024

/**
 * What Azure Monitor knows of a virtual machine, or of a run of Azure Machine Learning.
 * @throws MeterError `CLOUD_DATA_ABSENT` while nothing is told, and see `MonitoringService.get`
 */
export async function openAzure(
  options: AzureOptions,
  context: MeterContext,
  world: Partial<CloudWorld> = {},
): Promise<CloudAccount> {
  const { tokens = azureTokens(), model, now, wait } = cloudWorld(context, world)
  const resourceId = (options.resourceId ?? options.workspace) as string
  const service = new MonitoringService({
    name: 'Azure Monitor',
    tokens,
    context,
    ...(wait ? { wait } : {}),
    permission: `it takes the role Monitoring Reader on ${resourceId}`,
  })
  const { log } = context
  const monitor: AzureMonitor = { service, endpoint: options.endpoint ?? ENDPOINT, resourceId, log }
  const { from, to } = lookAround(context, now())
  const around: AzureSurroundings = {
    options,
    model,
    log,
    list: (metric) => listMetric(monitor, metric, keptFrom(from, now(), RETENTION, log), to, context.signal),
  }
  const channels = await (options.workspace === undefined ? machineChannels(around) : runChannels(around))
  if (channels.length === 0) throw nothing(options)
  if (channels.length > MOST_DOMAINS)
    throw service.invalid(`${channels.length} domains, expected at most ${MOST_DOMAINS}`)
  const metrics = [...new Set(channels.map(({ metric }) => metric))]
  return {
    series: channels.map(({ series }) => series),
    async read(begin, end, abort) {
      const window = { from: keptFrom(begin, now(), RETENTION, log), to: end }
      const found = new Map<AzureMetric, readonly MetricSeries[]>()
      if (window.to > window.from) {
        for (const metric of metrics) {
          found.set(metric, (await listMetric(monitor, metric, window.from, window.to, abort)).series)
        }
      }
      return channels.map((channel) => azureBuckets(channel, found.get(channel.metric) ?? [], window))
    },
  }
}

function nothing({ runId }: AzureOptions): MeterError {
  const what = runId === undefined ? 'the virtual machine' : `the run ${runId}`
  const message = `Azure Monitor tells nothing that gives the energy of ${what}: what is new comes some minutes late`
  return new MeterError(message, { outcome: 'retry', code: 'CLOUD_DATA_ABSENT' })
}
