import { RESOURCE } from './names.ts'
import { labelOf, type StoredSeries } from './stored-series.ts'

/** Whose a sample is: the run, and what is known of where it ran. */
export interface Owner {
  /** Tells runs apart: by their id, else by the process, else by where they were read. */
  readonly key: string
  readonly runId?: string | undefined
  readonly host: string
  readonly hostId?: string | undefined
  readonly instance?: string | undefined
}

/** A resource that the store keeps as `target_info`, and when it was there. */
interface Resource {
  readonly labels: ReadonlyMap<string, string>
  from: number
  to: number
}

/** Finds the owners of samples: by the labels of their series, else by the `target_info` that was there at that time. */
export class RunOwners {
  readonly #resources = new Map<string, Resource>()

  /** Takes series of `target_info`, in any number of parts. */
  add(series: StoredSeries, key: string): void {
    const from = series.samples[0]?.[0]
    const to = series.samples.at(-1)?.[0]
    if (from === undefined || to === undefined) return
    const known = this.#resources.get(key)
    if (!known) this.#resources.set(key, { labels: series.labels, from, to })
    else {
      known.from = Math.min(known.from, from)
      known.to = Math.max(known.to, to)
    }
  }

  /** The owner of each sample of a series, by its time in seconds. */
  of({ labels }: StoredSeries): (seconds: number) => Owner {
    if (labelOf(labels, RESOURCE.runId) !== undefined) {
      const owner = ownerOf(labels, new Map())
      return () => owner
    }
    const resources = [...this.#resources.values()]
      .filter((resource) => agree(labels, resource.labels))
      .sort((a, b) => a.from - b.from)
      .map((resource) => ({ ...resource, owner: ownerOf(labels, resource.labels) }))
    const unknown = ownerOf(labels, new Map())
    // A scrape brings both: what was there at that time is the sample's, of two the one that came later.
    return (seconds) => {
      const begun = resources.filter(({ from }) => from <= seconds)
      const there = begun.findLast(({ to }) => seconds <= to)
      return (there ?? begun.at(-1) ?? resources[0])?.owner ?? unknown
    }
  }
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
