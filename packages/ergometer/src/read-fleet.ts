import { ErgometerError, type FleetReport, fleetReport } from '@ergometer/core'
import {
  besideSelectors,
  FleetSeries,
  RunOwners,
  resourceSelector,
  runSelectors,
  type StoredSeries,
} from '@ergometer/otel'

/** What can be asked for series at a time, in seconds since 1970. */
export interface Store {
  /** The address, for a person. */
  readonly place: string
  query(expression: string, time: number): Promise<StoredSeries[]>
}

/** Seconds since 1970. */
export interface Window {
  readonly from: number
  readonly to: number
}

type Labels = StoredSeries['labels']

/** Below so many seconds a store that finds them too much is not asked for less. */
const SHORTEST = 300

/**
 * The report of all runs of a name that a store has samples of in a window.
 * @throws ErgometerError `FLEET_RUN_UNKNOWN` where there is none, and what the store throws
 */
export async function readFleet(store: Store, name: string, window: Window): Promise<FleetReport> {
  const { plain, quoted } = runSelectors(name)
  const found = [
    { selector: plain, labels: await labelsOf(store, plain, window) },
    { selector: quoted, labels: await labelsOf(store, quoted, window).catch(noneIfRefused) },
  ].filter(({ labels }) => labels.length > 0)
  if (found.length === 0) throw unknownRun(store, name, window)
  const labels = found.flatMap((one) => one.labels)
  const owners = new RunOwners()
  const resources = resourceSelector(labels)
  if (resources !== undefined) await eachPart(store, resources, window, (series) => owners.add(series))
  const fleet = new FleetSeries(owners)
  for (const { selector } of found) await eachPart(store, selector, window, (series) => fleet.add(series))
  for (const selector of besideSelectors(labels))
    await eachPart(store, selector, window, (series) => fleet.addBeside(series))
  const { runs, health } = fleet.finish()
  if (runs.length === 0) throw unknownRun(store, name, window)
  return fleetReport(name, runs, health)
}

/** The labels of all series that have samples in a window. */
async function labelsOf(store: Store, selector: string, window: Window): Promise<Labels[]> {
  const found: Labels[] = []
  await eachPart(store, selector, window, ({ labels }) => found.push(labels), 'last_over_time')
  return found
}

/** A store that knows no quoted label names has none of them; that it answers is known by then. */
function noneIfRefused(error: unknown): Labels[] {
  const codes = ['STORE_REFUSED', 'STORE_TOO_MUCH']
  if (error instanceof ErgometerError && codes.includes(error.code)) return []
  throw error
}

/** Raw samples, or what a function makes of them, as many seconds at a time as the store can answer for, the earliest first. */
async function eachPart(
  store: Store,
  selector: string,
  { from, to }: Window,
  take: (series: StoredSeries) => void,
  of = '',
): Promise<void> {
  let step = to - from
  for (let begin = from; begin < to; ) {
    const end = Math.min(begin + step, to)
    try {
      const samples = `${selector}[${end - begin}s]`
      const series = await store.query(of === '' ? samples : `${of}(${samples})`, end)
      series.forEach(take)
      begin = end
    } catch (error) {
      if (!(error instanceof ErgometerError) || error.code !== 'STORE_TOO_MUCH' || step <= SHORTEST)
        throw error
      step = Math.max(SHORTEST, Math.ceil(step / 2))
    }
  }
}

function unknownRun({ place }: Store, name: string, { from }: Window): ErgometerError {
  const since = new Date(from * 1000).toISOString().slice(0, 16)
  return new ErgometerError(
    'FLEET_RUN_UNKNOWN',
    `${place}: no run '${name}' since ${since}Z; runs come with 'ergometer run --otlp' or '--prometheus', and --since asks for more time`,
  )
}
