import { RESOURCE } from './names.ts'
import { labelOf, type StoredSeries, seriesKey } from './stored-series.ts'

/** Whose a sample is: the run, and what is known of where it ran. */
export interface Owner {
  /** Tells runs apart: by their id, else by the process, else by where they were read. */
  readonly key: string
  readonly runId?: string | undefined
  readonly host: string
  readonly hostId?: string | undefined
  readonly instance?: string | undefined
}

/** A resource that the store keeps as `target_info`, and when it was there: seconds since 1970, in order. */
interface Resource {
  readonly labels: ReadonlyMap<string, string>
  readonly times: number[]
}

/** Finds the owners of samples: by the labels of their series, else by the `target_info` of the same scrape. */
export class RunOwners {
  readonly #resources = new Map<string, Resource>()

  /** Takes a series of `target_info`, or a part of it that is later than those before. */
  add(series: StoredSeries): void {
    const key = seriesKey(series)
    const resource = this.#resources.get(key) ?? { labels: series.labels, times: [] }
    this.#resources.set(key, resource)
    for (const [seconds] of series.samples)
      if (seconds > (resource.times.at(-1) ?? Number.NEGATIVE_INFINITY)) resource.times.push(seconds)
  }

  /** The owner of each sample of a series, by its time in seconds. */
  of({ labels }: StoredSeries): (seconds: number) => Owner {
    const alone = ownerOf(labels, new Map())
    if (alone.runId !== undefined) return () => alone
    const owners = [...this.#resources.values()]
      .filter((resource) => agree(labels, resource.labels))
      .map(({ labels: own, times }) => ({ times, owner: ownerOf(labels, own) }))
    if (owners.length < 2) return () => owners[0]?.owner ?? alone
    // A scrape gives both one time; pushed ones may differ a little.
    return (seconds) => {
      const distances = owners.map(({ times }) => distance(times, seconds))
      return owners[distances.indexOf(Math.min(...distances))]?.owner ?? alone
    }
  }
}

/** Seconds to the nearest of some times, which are in order. */
function distance(times: readonly number[], seconds: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) < seconds) low = middle + 1
    else high = middle
  }
  const before = times[low - 1] ?? Number.NEGATIVE_INFINITY
  const after = times[low] ?? Number.POSITIVE_INFINITY
  return Math.min(seconds - before, after - seconds)
}

/** Whether a resource may be that of a series: of one job and instance, and nothing that both bear tells them apart. */
function agree(series: ReadonlyMap<string, string>, resource: ReadonlyMap<string, string>): boolean {
  if (series.get('instance') === undefined) return false
  if (series.get('instance') !== resource.get('instance') || series.get('job') !== resource.get('job'))
    return false
  return [...resource].every(
    ([name, value]) => name === '__name__' || !series.has(name) || series.get(name) === value,
  )
}

function ownerOf(series: ReadonlyMap<string, string>, resource: ReadonlyMap<string, string>): Owner {
  const find = (attribute: string) => labelOf(resource, attribute) ?? labelOf(series, attribute)
  const runId = find(RESOURCE.runId)
  const instanceId = find(RESOURCE.instanceId)
  const hostId = find(RESOURCE.hostId)
  const hostName = find(RESOURCE.hostName)
  const read = series.get('instance')
  const instance = [read, instanceId].find((one) => one !== undefined && one !== runId)
  const place = ['job', 'instance'].map((label) => series.get(label) ?? '')
  const key =
    runId === undefined ? ['instance', instanceId ?? [...place, hostId ?? hostName ?? '']] : ['run', runId]
  return {
    key: JSON.stringify(key),
    runId,
    host: hostName ?? hostId ?? instance ?? instanceId ?? 'unknown',
    hostId,
    instance,
  }
}
