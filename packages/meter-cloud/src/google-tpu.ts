import { MeterError } from '@ergometer/meter'
import { loadSeries } from './cloud-series.ts'
import { domainName } from './domain-name.ts'
import { type GoogleChannel, type GoogleSurroundings, googleDomain } from './google-channel.ts'
import type { TimeSeries } from './google-reply.ts'
import { TPU_MXU } from './google-signals.ts'
import { tpuPower } from './tpu-power.ts'

/**
 * What is told of a TPU: the chips of each worker, at the published mean power of a training, while they compute. What they take
 * while they do not is published nowhere: such minutes are unknown.
 * @throws MeterError `TPU_POWER_UNKNOWN` for a generation of which nobody has published a figure
 */
export async function tpuChannels(around: GoogleSurroundings): Promise<GoogleChannel[]> {
  const { acceleratorType = '' } = around.options
  const power = tpuPower(acceleratorType)
  if (power === undefined) {
    throw new MeterError(
      `TPU ${acceleratorType}: no figure of its power is published, only of v2 and v3; its energy stays unknown`,
      { outcome: 'fatal', code: 'TPU_POWER_UNKNOWN' },
    )
  }
  const { chip, chipsPerWorker } = power
  return [...byWorker(await around.list(TPU_MXU))].map(([worker, found]) => {
    const id = `worker-${worker}`
    const label = `${chipsPerWorker} TPU chips (${acceleratorType})`
    const { joulesOf, ...series } = loadSeries(
      googleDomain(around, TPU_MXU, { id, kind: 'accelerator', label }, found),
      { model: chip, count: chipsPerWorker },
    )
    return {
      series: { ...series, joulesOf: (bucket) => (bucket.value > 0 ? joulesOf(bucket) : undefined) },
      signal: TPU_MXU,
      pick: (ones) => byWorker(ones).get(worker) ?? [],
      largest: true,
    }
  })
}

/** Each worker has a series for each of its cores. */
function byWorker(series: readonly TimeSeries[]): Map<string, TimeSeries[]> {
  const workers = new Map<string, TimeSeries[]>()
  for (const one of series) {
    const worker = domainName(one.resourceLabels['worker_id'] ?? '0')
    workers.set(worker, [...(workers.get(worker) ?? []), one])
  }
  return workers
}
