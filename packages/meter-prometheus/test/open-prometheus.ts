import { type BoundaryDomain, EnergyCurve } from '@ergometer/core'
import { definitionOf, type EnergyMeter, parseOptions, type ReadingTime, realContext } from '@ergometer/meter'
import prometheus from '../src/index.ts'
import type { PrometheusOptions } from '../src/prometheus-options.ts'

/** A clock that goes when it is told to. */
export class Clock {
  seconds = 1000
  readonly #wall = 1_700_000_000_000

  /** Wall time, in milliseconds. */
  get now(): number {
    return this.#wall + this.seconds * 1000
  }

  /** Seconds of a reading's time. */
  secondsOf(time: number | Date | undefined): number {
    if (time === undefined) return this.seconds
    return time instanceof Date ? (time.getTime() - this.#wall) / 1000 : time
  }
}

/** A line that the meter has to say. */
export interface Said {
  readonly message: string
  readonly code?: string | undefined
  readonly domain?: string | undefined
}

/** Opens the meter; `said`: what it has to say. Rejects with what it throws. */
export async function open(
  options: PrometheusOptions,
  clock = new Clock(),
  env: Record<string, string> = {},
): Promise<{ meter: EnergyMeter; said: Said[]; clock: Clock }> {
  const said: Said[] = []
  const definition = definitionOf(prometheus)
  const context = realContext({
    env,
    clock: () => clock.seconds,
    log: (message, details) => said.push({ message, ...details }),
  })
  return { meter: await definition.open(await parseOptions(definition, options), context), said, clock }
}

/** What a meter throws when it is opened. */
export async function refusal(
  options: PrometheusOptions,
  env: Record<string, string> = {},
): Promise<unknown> {
  return open(options, new Clock(), env).then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** A reading as it was recorded: seconds of the clock. */
interface Recorded {
  readonly id: string
  readonly value: number
  readonly time: number
}

/** Reads a meter once. Rejects with what it throws. */
export async function read(meter: EnergyMeter, clock: Clock, signal = new AbortController().signal) {
  const recorded: Recorded[] = []
  const record = Object.assign(
    (index: number, value: number, at?: ReadingTime) => {
      recorded.push({ id: meter.domains[index]?.id ?? '', value, time: clock.secondsOf(at?.time) })
    },
    { gauge: () => {}, share: () => {}, restart: () => {}, uncertainty: () => {} },
  )
  await meter.read(record, signal)
  return recorded
}

/** Joules by domain, as core makes them of readings; and the domains as core chooses among them. */
export async function joulesOf(
  meter: EnergyMeter,
  clock: Clock,
  seconds: number,
  step: number,
  happens: (second: number) => void,
): Promise<{ joules: Record<string, number>; own: BoundaryDomain[] }> {
  const curves = new Map(meter.domains.map((domain) => [domain.id, new EnergyCurve(domain, step)]))
  const joules: Record<string, number> = {}
  const covered: Record<string, number> = {}
  const once = async () => {
    for (const { id, value, time } of await read(meter, clock)) {
      for (const segment of curves.get(id)?.add(time, value).segments ?? []) {
        joules[id] = (joules[id] ?? 0) + segment.joules
        covered[id] = (covered[id] ?? 0) + segment.to - segment.from
      }
    }
  }
  await once()
  for (let second = step; second <= seconds; second += step) {
    clock.seconds += step
    happens(second)
    await once()
  }
  const own = meter.domains.map((domain) => ({
    id: `prometheus:${domain.id}`,
    meter: 'prometheus',
    domain,
    coverage: Math.min(1, (covered[domain.id] ?? 0) / seconds),
  }))
  return { joules, own }
}
