import type { AnalysisOptions } from '../src/analyse.ts'
import type { ClientEvent } from '../src/event-line.ts'
import { phaseEvents, reportOf } from './simulated-run.ts'
import { domainOf, TrueCurve } from './true-curve.ts'

/** Joules of a count of its counter, and seconds between two reads: shorter phases are below resolution. */
const COUNT = 1e-4
const INTERVAL = 0.5

/** A run of one domain whose true power a test states. */
export interface SteadyRun {
  /** Watts, or pieces of so many seconds at so many watts. */
  readonly watts: number | readonly (readonly [seconds: number, watts: number])[]
  readonly end: number
  readonly events?: readonly (readonly [time: number, event: ClientEvent])[]
  readonly phases?: readonly { name: string; from: number; to: number; process?: string }[]
  /** From when to when the counter is not read, and has been reset after. */
  readonly unread?: readonly [from: number, to: number]
}

/** Records, reads back and analyses it: journal, report, and the truth. */
export function steadyRun(run: SteadyRun, options?: AnalysisOptions) {
  const { watts, end, unread = [end + 10, end + 10] } = run
  const pieces = typeof watts === 'number' ? [[end + 10, watts] as const] : watts
  const curve = new TrueCurve(pieces.map(([seconds, watts]) => ({ seconds, watts })))
  const times = Array.from({ length: Math.floor((end + 1) / INTERVAL) + 1 }, (_, index) => index * INTERVAL)
  const reset = curve.joules(unread[1])
  const readings = times
    .filter((time) => time <= unread[0] || time >= unread[1])
    .map((time) => {
      const joules = time >= unread[1] ? curve.joules(time) - reset : curve.joules(time)
      return { time, comes: time, value: Math.floor(joules / COUNT + 1e-6) }
    })
  const declaration = domainOf({
    maxWatts: 500,
    reads: { quantity: 'energy', joulesPerCount: COUNT },
  })
  const made = reportOf(
    {
      domains: [{ declaration, interval: INTERVAL, readings }],
      events: [
        ...(run.events ?? []).map(([time, event]) => ({ time, process: 'one', event })),
        ...(run.phases ?? []).flatMap(({ name, from, to, process = 'one' }, index) =>
          phaseEvents(name, `${index}`, process, { from, to }),
        ),
      ].sort((a, b) => a.time - b.time),
      settles: times,
      end,
    },
    options,
  )
  return { ...made, curve }
}

/** Work that is done at a time. */
export function work(time: number, work: Record<string, number>): [number, ClientEvent] {
  return [time, { kind: 'work', work }]
}

/** A score at a time. */
export function score(
  time: number,
  scores: Record<string, number | { value: number; better: 'higher' | 'lower' }>,
): [number, ClientEvent] {
  const told = Object.entries(scores).map(([name, score]) => [
    name,
    typeof score === 'number' ? { value: score } : score,
  ])
  return [time, { kind: 'score', scores: Object.fromEntries(told) }]
}
