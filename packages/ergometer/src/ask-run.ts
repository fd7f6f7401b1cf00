import {
  type HealthEntry,
  type Interval,
  type Journal,
  type MeterSource,
  type PlacedReading,
  readBootId,
  redactText,
  type ToldDomain,
  WallTime,
} from '@ergometer/core'
import type { Domain, MeterContext, Reading } from '@ergometer/meter'
import { askMeter, isLate } from './ask-meter.ts'
import type { MeterRequest } from './meter-request.ts'
import type { MeterLog } from './open-meter.ts'
import type { RecordedMeter } from './recorded-meters.ts'

/** What is missing for no longer, in seconds, is an edge that was met to the millisecond. */
const EDGE = 5e-3

/** What asking meters touches of the world. */
export interface AskingWorld {
  /** Wall time in milliseconds since 1970. */
  readonly now: () => number
  /** Monotonic seconds of the host. */
  readonly clock: () => number
  sleep(seconds: number): Promise<void>
  open(request: MeterRequest, log: MeterLog, window: MeterContext['window']): MeterSource
}

/** A meter that could not be asked, or not for all. */
export interface FailedMeter {
  readonly meter: string
  readonly code: string
  readonly message: string
}

/** What a meter has told of a run that is over. */
export interface Answer {
  /** What the meter calls itself; absent if it could not be opened. */
  readonly name?: string
  readonly told: readonly ToldDomain[]
  /** For the run's health. */
  readonly said: readonly HealthEntry[]
  readonly failed?: FailedMeter
}

/** Asks a meter of a run for all that it has to tell of it. Never rejects. */
export async function askForRun(meter: RecordedMeter, journal: Journal, world: AskingWorld): Promise<Answer> {
  if ('error' in meter) return { told: [], said: [], failed: failure(meter.name, meter.error) }
  const wall = WallTime.of(journal)
  const said: HealthEntry[] = []
  const log: MeterLog = (message, { severity = 'info', code = 'meter-message', domain } = {}) => {
    const about = domain === undefined ? {} : { domain: `${meter.name}:${domain}` }
    said.push({ severity, code, message: redactText(message), meter: meter.name, ...about })
  }
  const place = (reading: Reading) => placeInRun(reading, wall, journal, world)
  const isAll = (domains: readonly Domain[], readings: readonly Reading[]) =>
    domains.every((domain, index) => {
      if (!isLate(domain)) return true
      const own = readings.filter((one) => one.domain === index)
      return domain.reads.quantity === 'interval-energy' && covers(own.flatMap(place), journal.until)
    })
  const source = world.open(meter, log, wall.window(journal.until))
  const { name, interval, domains, readings, relative, error } = await askMeter(source, isAll, world.sleep)
  const placed = new Map<number, PlacedReading[]>()
  for (const reading of readings) {
    const own = placed.get(reading.domain) ?? []
    placed.set(reading.domain, own)
    own.push(...place(reading))
  }
  const told = domains.flatMap((domain, index) =>
    name === undefined || !isLate(domain)
      ? []
      : [{ meter: name, interval, domain, readings: placed.get(index) ?? [], relative: relative.get(index) }],
  )
  return {
    ...(name === undefined ? {} : { name }),
    told,
    said: told.length > 0 || name === undefined ? said : [],
    ...(error ? { failed: failure(meter.name, error) } : {}),
  }
}

/** A reading in seconds of the run. Monotonic time is that of the run only as long as the host has not booted anew. */
function placeInRun(
  reading: Reading,
  wall: WallTime,
  { start }: Journal,
  world: AskingWorld,
): PlacedReading[] {
  if (reading.wall) return wall.place(reading, 0)
  const boot = readBootId()
  if (start && boot !== undefined && boot === start.bootId) return wall.place(reading, start.monotonic)
  const at = (time: number) => Math.round(world.now() - (world.clock() - time) * 1000)
  const { time, from } = reading
  return wall.place(
    { ...reading, wall: { time: at(time), ...(from === undefined ? {} : { from: at(from) }) } },
    0,
  )
}

/** True if intervals leave nothing of a run out, up to its end. */
function covers(readings: readonly PlacedReading[], until: number): boolean {
  let reached = 0
  const intervals = readings.map(({ time, from = time }): Interval => ({ from, to: time }))
  for (const { from, to } of intervals.sort((a, b) => a.from - b.from)) {
    if (from > reached + EDGE) return false
    reached = Math.max(reached, to)
  }
  return reached >= until - EDGE
}

function failure(
  meter: string,
  { message, code = 'METER_READ_FAILED' }: Error & { code?: string },
): FailedMeter {
  return { meter, code, message: redactText(message) }
}
