import { directFetch } from './direct-fetch.ts'
import { cloudOfMachine } from './dmi.ts'
import { instanceModel } from './instance-model.ts'
import { metadataService } from './metadata-service.ts'
import type { Place } from './place.ts'
import type { Provider } from './provider.ts'
import { providerMetadata } from './provider-metadata.ts'

/** What finding a place may touch. */
export interface PlaceWorld {
  /** Where `/sys` is. */
  readonly sysRoot: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** By default one that goes past every proxy. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Base URLs of metadata services, in place of the provider's and of what the environment says. */
  readonly endpoints?: { readonly [Cloud in Provider]?: string | undefined } | undefined
  /** Seconds for all questions together; by default 0.4, or what `AWS_METADATA_SERVICE_TIMEOUT` or `GCE_METADATA_TIMEOUT` says. */
  readonly patience?: number | undefined
  /** Is told, in one line, why a machine of a cloud did not tell its place. */
  readonly log?: ((message: string) => void) | undefined
}

/** Seconds for all questions together: services on the machine's own link answer within some milliseconds. */
const PATIENCE = 0.4
/** Seconds that a variable can ask for at most. */
const LONGEST_PATIENCE = 60
/** The deadline comes in so many parts: a process that is held up itself loses only the part in which it was. */
const PARTS = 8

/**
 * Where this machine is. Only what bears a cloud's names in its firmware is asked, and only of that cloud's metadata service; `given` is
 * not asked for, and wins. Undefined where the machine is nobody's, or does not tell; never throws.
 */
export async function findPlace(world: PlaceWorld, given: Partial<Place> = {}): Promise<Place | undefined> {
  const { provider, region } = given
  if (provider !== undefined && region !== undefined) return withAccelerators({ ...given, provider, region })
  const cloud = cloudOfMachine(world.sysRoot)
  // Somebody else's machine is somewhere else.
  if (cloud === undefined || (provider ?? cloud) !== cloud) return undefined
  const found = await askPlace(cloud, world)
  return found && withAccelerators({ ...found, ...given })
}

async function askPlace(provider: Provider, world: PlaceWorld): Promise<Place | undefined> {
  const { env, endpoints, fetch = directFetch, log = () => {} } = world
  const service = providerMetadata[provider]
  const patience = world.patience ?? patienceOf(service.timeout?.(env))
  const base = endpoints?.[provider] ?? service.endpoint(env)
  if (base === undefined) return undefined
  const deadline = new AbortController()
  let left = PARTS
  const timer = setInterval(
    () => {
      left--
      if (left === 0) deadline.abort(new Error(`no answer within ${patience} s`))
    },
    (patience / PARTS) * 1000,
  )
  try {
    const late = new Promise<never>((_, reject) => {
      deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason))
    })
    const asked = service.ask(metadataService(base, fetch, deadline.signal))
    const place = await Promise.race([asked, late])
    if (!place) log(`the metadata service of ${provider} names no region`)
    return place
  } catch (error) {
    const why = reasonOf(error).split('\n')[0]?.slice(0, 200)
    log(`the metadata service of ${provider} does not tell where this machine is: ${why}`)
    return undefined
  } finally {
    clearInterval(timer)
    deadline.abort()
  }
}

/** What a variable says, if it is a time. */
function patienceOf(text: string | undefined): number {
  const seconds = Number(text || Number.NaN)
  return seconds > 0 ? Math.min(LONGEST_PATIENCE, seconds) : PATIENCE
}

function withAccelerators(place: Place): Place {
  if (place.accelerators) return place
  const { accelerators } = instanceModel(place.provider, place.instanceType)
  return accelerators ? { ...place, accelerators } : place
}

/** What an error says; one of several refused connections says nothing but its code. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  return message || code || String(error)
}
