import type { RunPlace } from '@ergometer/core'
import type { MeterRequest } from './meter-request.ts'

/** A place as the options of a `cloud` meter name it. */
export type NamedPlace = Omit<RunPlace, 'region'> & { readonly region?: string }

/** What of a place two resources may have in common. */
const SHARED = ['region', 'account'] as const

/**
 * Where that is which `cloud` meters are told to look at: what a run takes, it takes there, wherever it is started. Undefined where none
 * of them names anything. Of several resources it is what they have in common; of several regions or providers there is none: `'several'`.
 * `region`: of AWS, where its own settings name one. Pure.
 */
export function namedPlace(
  requests: readonly MeterRequest[],
  region: string | undefined,
): NamedPlace | 'several' | undefined {
  const [first, ...others] = requests.flatMap((request) => placeIn(request, region))
  if (!first || others.length === 0) return first
  const isAlike = (key: keyof NamedPlace) => others.every((other) => other[key] === first[key])
  if (!isAlike('provider') || !isAlike('region')) return 'several'
  const shared = SHARED.filter((key) => first[key] !== undefined && isAlike(key))
  return { provider: first.provider, ...Object.fromEntries(shared.map((key) => [key, first[key]])) }
}

/** Where a run is, by what its meters name and by the machine that records it, if that is a cloud's; undefined where nobody knows. */
export function placeOfRun(
  named: NamedPlace | 'several' | undefined,
  here: RunPlace | undefined,
): RunPlace | undefined {
  if (named === undefined) return here
  if (named === 'several') return undefined
  const { provider, region, instanceId } = named
  if (here && here.provider === provider && here.instanceId === instanceId) return { ...here, ...named }
  return region === undefined ? undefined : { ...named, region }
}

function placeIn({ builtin, meter, options }: MeterRequest, awsRegion: string | undefined): NamedPlace[] {
  if ((builtin ?? meter) !== 'cloud' || typeof options !== 'object' || options === null) return []
  const told = Object.fromEntries(Object.entries(options).filter(([, value]) => typeof value === 'string'))
  const { provider, zone, instanceId, instanceType, trainingJob, job, tpu, runId } = told
  if (provider === undefined) return []
  const region = told['region'] ?? (provider === 'aws' ? awsRegion : zone?.replace(/-[^-]*$/, ''))
  const resource = told['resourceId'] ?? told['workspace']
  const account = told['project'] ?? /^\/subscriptions\/([^/]+)/i.exec(resource ?? '')?.[1]
  // A job may have more machines than one, of which the embodied emissions are unknown.
  const isMachine = [trainingJob, job, tpu, runId].every((name) => name === undefined)
  const words = { region, zone, instanceId, account, ...(isMachine ? { instanceType } : {}) }
  return [{ provider, ...Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined)) }]
}
