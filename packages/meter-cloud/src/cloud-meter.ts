import {
  type Domain,
  defineMeter,
  type EnergyMeter,
  type MeterContext,
  MeterError,
  type RecordReading,
  withTimeLimit,
} from '@ergometer/meter'
import type { Bucket } from './bucket.ts'
import type { CloudAccount, CloudSeries } from './cloud-account.ts'
import { type CloudOptions, cloudOptions } from './cloud-options.ts'
import { findPlace } from './find-place.ts'
import { openProvider, type ResourceOptions, resourceHere } from './providers.ts'
import { type BucketEnergy, ToldBuckets } from './told-buckets.ts'
import { wallClock } from './wall-clock.ts'

/** Seconds in which a provider has to have shown what it knows: opening has 10 s. */
const PATIENCE = 9
/** What is missing is asked for until it is so many times later than it may come. */
const LOOK_BACK = 3

/**
 * The meter `cloud`: what AWS, Google Cloud or Azure tell of the energy of one machine or job, minutes later. It has no probe: it
 * is available if it opens, and asks no question, each of which may be billed, only to ask it again.
 */
export default defineMeter(import.meta.url, {
  name: 'cloud',
  options: cloudOptions,
  // Providers renew their figures once a minute at best, and each look at them may be billed.
  interval: 60,
  open,
})

async function open(options: CloudOptions, context: MeterContext): Promise<EnergyMeter> {
  const resource = await resourceOf(options, context)
  const now = wallClock(context)
  return withTimeLimit(
    PATIENCE,
    context.signal,
    async (signal) => new CloudMeter(await openProvider(resource, { ...context, signal }), context, now),
  )
}

/** The resource that options name, with what is known of it where it is this machine; without any it is this machine. */
async function resourceOf(options: CloudOptions, { sysRoot, env }: MeterContext): Promise<ResourceOptions> {
  // What is named in full is not asked for.
  if ('provider' in options && options.instanceType !== undefined) return options
  const place = await findPlace({ sysRoot, env })
  const here = place && resourceHere(place)
  if ('provider' in options) return here && isSame(options, here) ? { ...here, ...options } : options
  if (here) return here
  throw new MeterError(
    'this is no machine of a cloud that can be metered, expected options: cloud={"provider": "aws", "region": …, "instanceId": …}',
    { outcome: 'fatal', code: 'CLOUD_PLACE_UNKNOWN' },
  )
}

/** Whether options name the machine that this is. */
function isSame(options: ResourceOptions, here: ResourceOptions): boolean {
  return options.provider === here.provider && machineIn(options) === machineIn(here)
}

function machineIn(options: ResourceOptions): string | undefined {
  return options.provider === 'azure' ? options.resourceId?.toLowerCase() : options.instanceId
}

class CloudMeter implements EnergyMeter {
  readonly domains: readonly Domain[]
  readonly #account: CloudAccount
  readonly #window: { readonly from: number; readonly to: number } | undefined
  readonly #now: () => number
  readonly #opened: number
  readonly #told: readonly ToldBuckets[]

  constructor(account: CloudAccount, { window }: MeterContext, now: () => number) {
    this.domains = account.series.map(({ domain }) => domain)
    this.#account = account
    this.#window = window && { from: window.from.getTime() / 1000, to: window.to.getTime() / 1000 }
    this.#now = now
    this.#opened = now()
    this.#told = this.domains.map(({ lateBy = 0 }) => new ToldBuckets(lateBy))
  }

  async read(record: RecordReading, signal: AbortSignal): Promise<void> {
    const now = this.#now()
    const { from, to } = this.#window ?? { from: this.#openSince(now), to: now }
    const replies = await this.#account.read(from, to, signal).catch(askAgain)
    this.#account.series.forEach((series, index) => {
      const energies = (replies[index] ?? [])
        // A bucket that goes on is told when it is over.
        .filter((bucket) => bucket.to > from && bucket.from < to && bucket.to <= now)
        .flatMap((bucket) => energyOf(series, bucket))
      for (const bucket of this.#told[index]?.news(energies) ?? []) {
        record(index, bucket.joules, { from: dateOf(bucket.from), time: dateOf(bucket.to) })
      }
    })
  }

  /** Begin of what any domain still lacks, or may still be told otherwise; never before the meter was opened. */
  #openSince(now: number): number {
    const begins = this.domains.map(({ lateBy = 0 }, index) => {
      const earliest = Math.max(this.#opened, now - LOOK_BACK * lateBy)
      return this.#told[index]?.openSince(earliest, now) ?? now
    })
    return Math.min(now, ...begins)
  }

  close(): void {
    this.#account.close?.()
  }
}

/** What could be opened is worth asking again, whatever it says now: credentials are renewed, and rights given back. */
function askAgain(cause: unknown): never {
  if (!MeterError.isInstance(cause) || cause.outcome !== 'fatal') throw cause
  throw new MeterError(cause.message, { outcome: 'retry', code: cause.code, cause })
}

function energyOf(series: CloudSeries, bucket: Bucket): BucketEnergy[] {
  const { from, to } = bucket
  const joules = to > from && Number.isFinite(bucket.value) ? series.joulesOf(bucket) : undefined
  return joules !== undefined && joules >= 0 && Number.isFinite(joules) ? [{ from, to, joules }] : []
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1000)
}
