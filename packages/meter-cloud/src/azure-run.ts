import { type AzureChannel, type AzureSurroundings, azureDomain } from './azure-channel.ts'
import type { AzureMetric } from './azure-monitor.ts'
import type { MetricSeries } from './azure-reply.ts'
import { type CloudDomain, energySeries, loadSeries, memorySeries } from './cloud-series.ts'
import { domainName } from './domain-name.ts'
import { sayHowKnown } from './unknown-instance.ts'

/** Metrics of a workspace: https://learn.microsoft.com/azure/machine-learning/monitor-azure-machine-learning-reference. */
function metrics(runId: string) {
  const instance = { InstanceId: '*' }
  const device = { ...instance, DeviceId: '*' }
  const percent = { aggregation: 'Average', units: ['Percent', 'Count'] } as const
  return {
    energy: {
      name: 'GpuEnergyJoules',
      aggregation: 'Total',
      dimensions: { runId, ...device },
      units: ['Count', 'Joules'],
    },
    gpu: { name: 'GpuUtilizationPercentage', ...percent, dimensions: { RunId: runId, ...device } },
    cpu: { name: 'CpuUtilizationPercentage', ...percent, dimensions: { RunId: runId, ...instance } },
  } satisfies Record<string, AzureMetric>
}

const OF_PERCENT = 0.01
/** A bound of plausibility for one GPU: no board of today takes a fifth of it. */
const MOST_GPU_WATTS = 10_000

/**
 * What is told of a run of Azure Machine Learning: the energy of each GPU as Azure reports it, or where it does not, by its load;
 * CPU and memory of each instance by the load of its CPU.
 */
export async function runChannels(around: AzureSurroundings): Promise<AzureChannel[]> {
  const { options, model, log, list } = around
  const { energy, gpu, cpu } = metrics(options.runId as string)
  const instance = model('azure', options.instanceType)
  const reported = await list(energy)
  const gpuLoad = await list(gpu)
  const cpuLoad = await list(cpu)
  const region = reported.region ?? gpuLoad.region ?? cpuLoad.region
  const place = (metric: AzureMetric, key: string, kind: CloudDomain['kind'], label: string): CloudDomain =>
    azureDomain(options, metric, { id: `${key}/${kind}`, kind, label: `${label} of ${key}` }, region)
  const channel = (
    metric: AzureMetric,
    series: AzureChannel['series'],
    by: typeof byDevice,
    key: string,
  ): AzureChannel => ({
    series,
    metric,
    pick: (ones) => by(ones).get(key) ?? [],
    scale: metric === energy ? 1 : OF_PERCENT,
  })

  const devices = [...byDevice(reported.series).keys()]
  const loaded = [...byDevice(gpuLoad.series).keys()].filter((key) => !devices.includes(key))
  const nodes = [...byNode(cpuLoad.series).keys()]
  if (nodes.length > 0) sayHowKnown(instance, options.instanceType, log)
  if (loaded.length > 0 && instance.gpu === undefined) {
    log('the power of the GPUs of this run is unknown, so their load says nothing: give the "instanceType"', {
      severity: 'warning',
      code: 'gpu-model-unknown',
    })
  }
  const { cpu: cpuModel, memory, gpu: gpuModel } = instance
  return [
    ...devices.map((key) => {
      const domain = { ...place(energy, key, 'gpu', gpuModel?.label ?? 'GPU'), maxWatts: MOST_GPU_WATTS }
      return channel(energy, energySeries(domain), byDevice, key)
    }),
    ...(gpuModel === undefined
      ? []
      : loaded.map((key) =>
          channel(
            gpu,
            loadSeries(place(gpu, key, 'gpu', gpuModel.label), { model: gpuModel }),
            byDevice,
            key,
          ),
        )),
    ...(cpuModel === undefined
      ? []
      : nodes.map((key) =>
          channel(cpu, loadSeries(place(cpu, key, 'cpu', 'CPU'), { model: cpuModel }), byNode, key),
        )),
    ...(memory === undefined || memory.watts === 0
      ? []
      : nodes.map((key) =>
          channel(cpu, memorySeries(place(cpu, key, 'memory', 'Memory'), memory), byNode, key),
        )),
  ]
}

/** By GPU. A series without the device's id is a sum over several, which would count them twice: it is left out. */
function byDevice(series: readonly MetricSeries[]): Map<string, MetricSeries[]> {
  return sorted(series, ({ instanceid, deviceid }) =>
    deviceid === undefined ? undefined : domainName(instanceid, deviceid),
  )
}

function byNode(series: readonly MetricSeries[]): Map<string, MetricSeries[]> {
  return sorted(series, ({ instanceid }) => (instanceid === undefined ? undefined : domainName(instanceid)))
}

function sorted(
  series: readonly MetricSeries[],
  keyOf: (dimensions: MetricSeries['dimensions']) => string | undefined,
): Map<string, MetricSeries[]> {
  const byKey = new Map<string, MetricSeries[]>()
  for (const one of series) {
    const key = keyOf(one.dimensions)
    if (key === undefined || key === '' || one.buckets.length === 0) continue
    byKey.set(key, [...(byKey.get(key) ?? []), one])
  }
  return byKey
}
