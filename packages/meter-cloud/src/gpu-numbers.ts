import type { TimeSeries } from './google-reply.ts'

/** Labels that number the GPUs of a machine, in whatever metric. */
const NUMBER_LABELS = ['gpu_number', 'gpu_index', 'device_index', 'index', 'gpu']
const UUID_LABELS = ['uuid', 'gpu_uuid', 'device_uuid']
const UUID = /^(GPU-)?([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/**
 * Which GPU of a machine a series is of: by the number in its labels, else in the order of its labels, so that whoever asks again
 * later has the same numbers. What has been numbered once keeps its number.
 */
export class GpuNumbers {
  readonly #known = new Map<string, number>()

  /** The series by their GPU. */
  sort(series: readonly TimeSeries[]): Map<number, TimeSeries[]> {
    const byKey = new Map<string, TimeSeries[]>()
    for (const one of series) byKey.set(keyOf(one), [...(byKey.get(keyOf(one)) ?? []), one])
    for (const [key, [first]] of [...byKey].sort(([one], [other]) => (one < other ? -1 : 1))) {
      if (!this.#known.has(key)) this.#known.set(key, numberOf(first as TimeSeries) ?? this.#free())
    }
    const sorted = new Map<number, TimeSeries[]>()
    for (const [key, ones] of byKey) {
      const number = this.#known.get(key) as number
      sorted.set(number, [...(sorted.get(number) ?? []), ...ones])
    }
    return sorted
  }

  #free(): number {
    const taken = new Set(this.#known.values())
    let number = 0
    while (taken.has(number)) number++
    return number
  }
}

/** The identity of a GPU over all meters, `gpu:GPU-…`, where the labels name its UUID. */
export function gpuIdentity({ metricLabels }: TimeSeries): string | undefined {
  for (const label of UUID_LABELS) {
    const uuid = UUID.exec(metricLabels[label] ?? '')?.[2]
    if (uuid !== undefined) return `gpu:GPU-${uuid.toLowerCase()}`
  }
  return undefined
}

function numberOf({ metricLabels }: TimeSeries): number | undefined {
  const label = NUMBER_LABELS.find((name) => /^\d{1,3}$/.test(metricLabels[name] ?? ''))
  return label === undefined ? undefined : Number(metricLabels[label])
}

function keyOf({ metricLabels }: TimeSeries): string {
  return JSON.stringify(Object.entries(metricLabels).sort(([one], [other]) => (one < other ? -1 : 1)))
}
