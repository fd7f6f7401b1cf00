import type { BmcSession } from './bmc-session.ts'
import { type Keys, linkIn, listIn, numberIn, type RedfishReply, textIn } from './redfish-reply.ts'

/** Where a chassis shows its power or its energy. */
export interface PowerSource {
  readonly quantity: 'power' | 'energy'
  /** The resource, and where in it the number is. */
  readonly path: string
  readonly keys: Keys
  /** What it showed when it was found: W, J or kWh. */
  readonly value: number
  /** Joules of one count, of `energy` only. */
  readonly joulesPerCount?: number
  /** The sensor behind it, if it names one. */
  readonly sensor?: RedfishReply
}

/** What an entry of `PowerControl` that covers a part of the chassis calls itself. */
const PART = /cpu|processor|memory|dimm|gpu|accelerator|fan|storage|drive|sub-?system|supply/i
const WHOLE = /^(Chassis|SystemBoard|PowerSubsystem)$/

/**
 * What a chassis shows of the power and energy of all of it: in its EnvironmentMetrics, or in the older Power. Several powers:
 * it does not say which of them is all of it.
 */
export async function powerSources(
  chassis: RedfishReply,
  session: BmcSession,
  signal: AbortSignal,
): Promise<readonly PowerSource[]> {
  const metrics = await modern(chassis, session, signal)
  if (metrics.some(({ quantity }) => quantity === 'power')) return metrics
  return [...metrics, ...(await deprecated(chassis, session, signal))]
}

const SHOWN = [
  { name: 'PowerWatts', quantity: 'power' },
  { name: 'EnergyJoules', quantity: 'energy', joulesPerCount: 1 },
  { name: 'EnergykWh', quantity: 'energy', joulesPerCount: 3_600_000 },
] as const

async function modern(
  chassis: RedfishReply,
  session: BmcSession,
  signal: AbortSignal,
): Promise<readonly PowerSource[]> {
  const path = linkIn(chassis, 'EnvironmentMetrics')
  const reply = path && (await session.find(path, signal))
  if (!path || !reply) return []
  const found: PowerSource[] = []
  for (const { name, ...what } of SHOWN) {
    const value = numberIn(reply, name, 'Reading')
    // One counter is enough: joules are the finer one.
    if (value === undefined || found.some(({ quantity }) => quantity === what.quantity)) continue
    const sensor = await sensorOf(textIn(reply, name, 'DataSourceUri'), session, signal)
    found.push({ ...what, path, keys: [name, 'Reading'], value, ...(sensor ? { sensor } : {}) })
  }
  return found
}

async function sensorOf(
  path: string | undefined,
  session: BmcSession,
  signal: AbortSignal,
): Promise<RedfishReply | undefined> {
  try {
    return path === undefined ? undefined : await session.find(path, signal)
  } catch (error) {
    // What it says of its accuracy is not worth the meter.
    signal.throwIfAborted()
    if ((error as { outcome?: unknown }).outcome === 'fatal') throw error
    return undefined
  }
}

async function deprecated(
  chassis: RedfishReply,
  session: BmcSession,
  signal: AbortSignal,
): Promise<readonly PowerSource[]> {
  const path = linkIn(chassis, 'Power')
  const reply = path && (await session.find(path, signal))
  if (!path || !reply) return []
  const entries = listIn(reply, 'PowerControl')
  const shown = [...entries.keys()].filter(
    (index) => numberIn(entries[index], 'PowerConsumedWatts') !== undefined,
  )
  const whole = shown.length > 1 ? shown.filter((index) => coversAll(entries[index])) : shown
  return whole.map((index) => ({
    quantity: 'power',
    path,
    keys: ['PowerControl', index, 'PowerConsumedWatts'],
    value: numberIn(entries[index], 'PowerConsumedWatts') as number,
  }))
}

function coversAll(entry: unknown): boolean {
  const context = textIn(entry, 'PhysicalContext')
  return (context === undefined || WHOLE.test(context)) && !PART.test(textIn(entry, 'Name') ?? '')
}
