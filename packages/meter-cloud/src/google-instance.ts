import { type CloudDomain, loadSeries, memorySeries, powerSeries } from './cloud-series.ts'
import { type GoogleChannel, type GoogleSurroundings, googleDomain } from './google-channel.ts'
import type { TimeSeries } from './google-reply.ts'
import { AGENT_GPU, type GoogleSignal, GPU_POWER, INSTANCE_CPU, tellsGpuPower } from './google-signals.ts'
import { GpuNumbers, gpuIdentity } from './gpu-numbers.ts'
import type { InstanceModel } from './instance-model.ts'
import { sayHowKnown } from './unknown-instance.ts'

/** A bound of plausibility for one GPU: no board of today takes a fifth of it. */
const MOST_GPU_WATTS = 10_000
/** An instance may use more than it was given, for a while; a percentage is far above. */
const HIGHEST_FRACTION = 10
/** Numbers above are no numbers of GPUs in one machine. */
const MOST_GPUS = 64

/**
 * What is told of a Compute Engine instance: its CPU and memory (modelled), and each of its GPUs by the best signal that there is:
 * its power, else its load.
 */
export async function instanceChannels(around: GoogleSurroundings): Promise<GoogleChannel[]> {
  const { options, model, log, list } = around
  const instance = model('gcp', options.instanceType)
  sayHowKnown(instance, options.instanceType, log)
  const cpu = await list(INSTANCE_CPU)
  if (cpu.length === 0) {
    log(`nothing is told of the instance ${options.instanceId} yet: is that its number, and does it run?`, {
      severity: 'warning',
      code: 'cloud-data-absent',
    })
  }
  const channels = cpuChannels(around, instance, cpu)
  if (instance.known === 'type' && instance.gpu === undefined) return channels
  const power = await list(GPU_POWER)
  if (power.length > 0) return [...channels, ...gpuChannels(around, instance, GPU_POWER, power)]
  const load = await list(AGENT_GPU)
  if (load.length > 0) return [...channels, ...gpuChannels(around, instance, AGENT_GPU, load)]
  if (instance.gpu === undefined) return channels
  // They are there, though nothing is told of them yet: until then their energy is unknown.
  const awaited = tellsGpuPower(options.instanceType ?? '') ? GPU_POWER : AGENT_GPU
  const needed = awaited === AGENT_GPU ? ': is the Ops Agent installed, with its GPU metrics?' : ''
  log(`nothing is told of the instance's GPUs yet${needed}`, {
    severity: 'warning',
    code: 'cloud-gpus-silent',
  })
  return [...channels, ...gpuChannels(around, instance, awaited, [])]
}

function cpuChannels(
  around: GoogleSurroundings,
  { cpu, memory, vCpus }: InstanceModel,
  found: readonly TimeSeries[],
): GoogleChannel[] {
  const domain = (kind: 'cpu' | 'memory', label: string): CloudDomain =>
    googleDomain(around, INSTANCE_CPU, { id: kind, kind, label }, found)
  const own = { signal: INSTANCE_CPU, pick: (ones: readonly TimeSeries[]) => ones }
  const count = vCpus === undefined ? '' : ` (${vCpus} vCPUs)`
  return [
    ...(cpu === undefined
      ? []
      : [
          {
            ...own,
            series: loadSeries(domain('cpu', `CPU${count}`), { model: cpu, highest: HIGHEST_FRACTION }),
          },
        ]),
    ...(memory === undefined || memory.watts === 0
      ? []
      : [{ ...own, series: memorySeries(domain('memory', `Memory (${memory.gigabytes} GB)`), memory) }]),
  ]
}

function gpuChannels(
  around: GoogleSurroundings,
  { gpu }: InstanceModel,
  signal: GoogleSignal,
  found: readonly TimeSeries[],
): GoogleChannel[] {
  if (signal === AGENT_GPU && gpu === undefined) {
    around.log('the power of these GPUs is unknown, so their load says nothing: give the "instanceType"', {
      severity: 'warning',
      code: 'gpu-model-unknown',
    })
    return []
  }
  const numbers = new GpuNumbers()
  const sorted = numbers.sort(found)
  const expected = Array.from({ length: Math.ceil(gpu?.count ?? 0) }, (_, number) => number)
  const all = [...new Set([...expected, ...sorted.keys()])].filter((number) => number < MOST_GPUS)
  return all
    .sort((one, other) => one - other)
    .map((number) => {
      const own = sorted.get(number) ?? []
      const identity = own.map(gpuIdentity).find((one) => one !== undefined)
      const domain = googleDomain(
        around,
        signal,
        {
          id: `gpu-${number}`,
          kind: 'gpu',
          label: own[0]?.metricLabels['model'] ?? gpu?.label ?? `GPU ${number}`,
          maxWatts: MOST_GPU_WATTS,
          ...(identity === undefined ? {} : { identity }),
        },
        own,
      )
      return {
        series:
          signal === GPU_POWER || gpu === undefined
            ? powerSeries(domain)
            : // Some machines have a part of a GPU.
              loadSeries(domain, { model: gpu, count: Math.min(1, gpu.count) }),
        signal,
        pick: (ones) => numbers.sort(ones).get(number) ?? [],
      }
    })
}
