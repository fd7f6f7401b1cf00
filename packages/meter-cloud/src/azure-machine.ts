import { type AzureChannel, type AzureSurroundings, azureDomain } from './azure-channel.ts'
import type { AzureMetric } from './azure-monitor.ts'
import { loadSeries, memorySeries } from './cloud-series.ts'
import { sayHowKnown } from './unknown-instance.ts'

/** Of all vCPUs, as the host sees it: https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-compute-virtualmachines-metrics. */
const PERCENTAGE_CPU: AzureMetric = {
  name: 'Percentage CPU',
  aggregation: 'Average',
  dimensions: {},
  units: ['Percent'],
}
const OF_PERCENT = 0.01

/** What is told of a virtual machine: its CPU and memory, both modelled. Of GPUs Azure Monitor's host metrics tell nothing. */
export async function machineChannels(around: AzureSurroundings): Promise<AzureChannel[]> {
  const { options, model, log, list } = around
  const instance = model('azure', options.instanceType)
  const { cpu, memory, gpu, vCpus } = instance
  sayHowKnown(instance, options.instanceType, log)
  const { region, series } = await list(PERCENTAGE_CPU)
  if (series.every(({ buckets }) => buckets.length === 0)) {
    log('nothing is told of the virtual machine yet: is its id right, and does it run?', {
      severity: 'warning',
      code: 'cloud-data-absent',
    })
  }
  if (gpu !== undefined) {
    log(
      `Azure Monitor tells nothing of the ${gpu.count} ${gpu.label} of a virtual machine: --meter nvml on it does`,
      {
        severity: 'warning',
        code: 'cloud-gpus-silent',
      },
    )
  }
  const domain = (kind: 'cpu' | 'memory', label: string) =>
    azureDomain(options, PERCENTAGE_CPU, { id: kind, kind, label }, region)
  const own = {
    metric: PERCENTAGE_CPU,
    pick: (ones: Parameters<AzureChannel['pick']>[0]) => ones,
    scale: OF_PERCENT,
  }
  const count = vCpus === undefined ? '' : ` (${vCpus} vCPUs)`
  return [
    ...(cpu === undefined
      ? []
      : [{ ...own, series: loadSeries(domain('cpu', `CPU${count}`), { model: cpu }) }]),
    ...(memory === undefined || memory.watts === 0
      ? []
      : [{ ...own, series: memorySeries(domain('memory', `Memory (${memory.gigabytes} GB)`), memory) }]),
  ]
}
