import { type LogDetails, type MeterContext, realContext } from '@ergometer/meter'
import type { TokenSource } from '../src/access-token.ts'
import type { Bucket } from '../src/bucket.ts'
import type { CloudAccount } from '../src/cloud-account.ts'
import type { CloudWorld } from '../src/cloud-world.ts'
import type { InstanceModel } from '../src/instance-model.ts'

/** 2026-11-29T10:00:00Z, a whole minute. */
export const TEN = Date.UTC(2026, 10, 29, 10) / 1000

/** Must be in no message, log or reading. */
export const CANARY = 'ya29.canary-c0ffee-secret'

/** An instance as no table knows it, with figures that can be reckoned with by hand. */
export const MODEL = {
  known: 'type',
  vCpus: 8,
  cpu: { idleWatts: 10, peakWatts: 110, relativeUncertainty: 0.3, source: 'test' },
  memory: { gigabytes: 100, includedGigabytes: 0, watts: 40, relativeUncertainty: 0.5 },
  gpu: {
    idleWatts: 50,
    peakWatts: 450,
    relativeUncertainty: 0.25,
    source: 'test',
    count: 2,
    label: 'Test GPU',
  },
} as InstanceModel

interface Logged extends LogDetails {
  readonly message: string
}

export interface TestWorld {
  readonly context: MeterContext
  readonly world: Partial<CloudWorld>
  readonly logged: Logged[]
  /** For each token that was asked for, whether it was to be a fresh one. */
  readonly asked: boolean[]
  /** Seconds that it waited before it asked again. */
  readonly waited: number[]
}

/** A world whose clock stands, with tokens that are handed out one after the other; the last one again and again. */
export function testWorld(
  given: {
    now?: number
    model?: InstanceModel
    tokens?: readonly string[]
    window?: MeterContext['window']
  } = {},
): TestWorld {
  const { now = TEN + 600, model = MODEL, tokens = [CANARY], window } = given
  const logged: Logged[] = []
  const asked: boolean[] = []
  const waited: number[] = []
  const source: TokenSource = {
    async token(fresh) {
      asked.push(fresh)
      const number = asked.filter(Boolean).length
      return tokens[Math.min(number, tokens.length - 1)] as string
    },
  }
  const log = (message: string, details: LogDetails = {}) => void logged.push({ message, ...details })
  return {
    context: realContext({ env: {}, log, ...(window ? { window } : {}) }),
    world: {
      tokens: source,
      model: () => model,
      now: () => now,
      wait: async (seconds) => void waited.push(seconds),
    },
    waited,
    logged,
    asked,
  }
}

/** Joules of each domain between two instants, as its account tells them: of two buckets of one time the last counts. */
export async function joulesById(
  account: CloudAccount,
  from: number,
  to: number,
): Promise<Record<string, number>> {
  const read = await account.read(from, to, new AbortController().signal)
  return Object.fromEntries(
    account.series.map(({ domain, joulesOf }, index) => {
      const last = new Map(
        (read[index] as readonly Bucket[]).map((bucket) => [`${bucket.from} ${bucket.to}`, bucket]),
      )
      const joules = [...last.values()].map(joulesOf).filter((one) => one !== undefined)
      return [domain.id, joules.reduce((sum, one) => sum + one, 0)]
    }),
  )
}

/** A point each minute, from the first minute on. */
export function minutes(first: number, ...values: readonly number[]): [number, number][] {
  return values.map((value, index) => [first + 60 * (index + 1) - 7, value])
}
