import { loadSeries, memorySeries } from './cloud-series.ts'
import { domainName } from './domain-name.ts'
import { type GoogleChannel, type GoogleSurroundings, googleDomain } from './google-channel.ts'
import type { TimeSeries } from './google-reply.ts'
import { type GoogleSignal, JOB_CPU, JOB_GPU } from './google-signals.ts'
import { sayHowKnown } from './unknown-instance.ts'

/**
 * What is told of a Vertex AI custom job: CPU, memory and accelerators of each of its nodes, all modelled. The nodes are machines of
 * Google's own project, so nothing else of them can be seen.
 */
export async function jobChannels(around: GoogleSurroundings): Promise<GoogleChannel[]> {
  const { options, model, log, list } = around
  const instance = model('gcp', options.instanceType)
  const { cpu, memory, gpu } = instance
  sayHowKnown(instance, options.instanceType, log)
  const nodes = byNode(await list(JOB_CPU))
  const accelerated = byNode(await list(JOB_GPU))
  if (accelerated.size > 0 && gpu === undefined) {
    log('the power of the accelerators of this job is unknown, so their load says nothing', {
      severity: 'warning',
      code: 'gpu-model-unknown',
    })
  }
  const channels: GoogleChannel[] = []
  const add = (
    signal: GoogleSignal,
    node: string,
    found: readonly TimeSeries[],
    kind: 'cpu' | 'memory' | 'gpu',
    label: string,
    series: (domain: ReturnType<typeof googleDomain>) => GoogleChannel['series'],
  ) => {
    const of = node === '' ? '' : ` of ${node}`
    const domain = googleDomain(
      around,
      signal,
      { id: domainName(node, kind), kind, label: label + of },
      found,
    )
    channels.push({ series: series(domain), signal, pick: (ones) => byNode(ones).get(node) ?? [] })
  }
  for (const [node, found] of nodes) {
    if (cpu !== undefined)
      add(JOB_CPU, node, found, 'cpu', 'CPU', (domain) => loadSeries(domain, { model: cpu }))
    if (memory !== undefined && memory.watts > 0) {
      add(JOB_CPU, node, found, 'memory', 'Memory', (domain) => memorySeries(domain, memory))
    }
  }
  for (const [node, found] of accelerated) {
    if (gpu === undefined) continue
    const label = gpu.count === 1 ? gpu.label : `${gpu.count} ${gpu.label}`
    add(JOB_GPU, node, found, 'gpu', label, (domain) => loadSeries(domain, { model: gpu, count: gpu.count }))
  }
  return channels
}

/** A node is a task of the job: `workerpool0-0`. */
function byNode(series: readonly TimeSeries[]): Map<string, TimeSeries[]> {
  const nodes = new Map<string, TimeSeries[]>()
  for (const one of series) {
    const { task_name: task = '' } = { ...one.metricLabels, ...one.resourceLabels }
    const node = domainName(task)
    nodes.set(node, [...(nodes.get(node) ?? []), one])
  }
  return nodes
}
