import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isEventName, LIVE_FILE, type LiveTotals } from '@ergometer/core'
import type { Domain } from '@ergometer/meter'
import { EventWriter } from './event-writer.ts'
import type { Phase, PushedTime, ScoreValues, WorkIncrements } from './run.ts'
import { untilSettled } from './until-settled.ts'
import { WorkCounter } from './work-counter.ts'

/** So many names go into one line of work or scores: a line is at most 4 KiB. */
const NAMES_A_LINE = 32

/** A phase as it was written: when it began, and, of its end, when that was, in monotonic seconds. */
interface WrittenPhase extends Phase {
  readonly from: number
  end(): number
}

/** Speaks to a recorder through an event file: what every kind of run has in common. */
export class EventClient {
  readonly #events: string
  readonly #writer: EventWriter
  readonly #work: WorkCounter
  readonly #flushing: NodeJS.Timeout
  #phases = 0
  /** When the last phase ended, in monotonic seconds. */
  lastEnd: number | undefined

  /** `trouble` is told once when nothing can be written. */
  constructor(events: string, trouble: (error: Error) => void) {
    this.#events = events
    this.#writer = new EventWriter(events, trouble)
    this.#work = new WorkCounter((work) => this.#writeNamed('work', work))
    // Where the event loop is free, work that comes seldom is flushed too.
    this.#flushing = setInterval(() => this.#work.flush(), 1000)
    this.#flushing.unref()
  }

  /** Writes an event, behind the work done before it. */
  write(event: Record<string, unknown>, time?: bigint): void {
    this.#work.flush()
    this.#writer.write(event, time)
  }

  /** Adds work on the hot path. */
  work(increments: WorkIncrements): void {
    this.#work.add(increments)
  }

  /** Writes figures by name, in as many lines as they need. A name that may not be costs itself alone: its line is left out. */
  #writeNamed(key: 'work' | 'score', figures: Readonly<Record<string, unknown>>): void {
    const entries = Object.entries(figures)
    const named = entries.filter(([name]) => isEventName(name))
    const write = (some: typeof entries) => this.#writer.write({ [key]: Object.fromEntries(some) })
    for (let index = 0; index < named.length; index += NAMES_A_LINE) {
      write(named.slice(index, index + NAMES_A_LINE))
    }
    for (const entry of entries) if (!isEventName(entry[0])) write([entry])
  }

  /** Notes scores; what is not finite is left out. */
  score(values: ScoreValues): void {
    const finite = Object.entries(values ?? {}).filter(([, score]) =>
      Number.isFinite(typeof score === 'object' ? score?.value : score),
    )
    this.#work.flush()
    this.#writeNamed('score', Object.fromEntries(finite))
  }

  /** Begins a phase. */
  phase(name: string): WrittenPhase {
    const id = `${++this.#phases}`
    const from = this.#writeEdge({ name, id, edge: 'begin' })
    let to: number | undefined
    const end = (): number => {
      to ??= this.lastEnd = this.#writeEdge({ name, id, edge: 'end' })
      return to
    }
    return { from, end, [Symbol.dispose]: end }
  }

  /** When it was, in monotonic seconds. */
  #writeEdge(phase: Record<string, unknown>): number {
    this.#work.flush()
    const time = process.hrtime.bigint()
    this.#writer.write({ phase }, time)
    return Number(time) / 1e9
  }

  /** Runs `fn` as a phase: until it returns, or what it returns settles. */
  within<Result>(name: string, fn: () => Result): Result {
    const phase = this.phase(name)
    return untilSettled(fn, () => phase.end())
  }

  /** Adds tags. */
  tag(tags: Readonly<Record<string, string | number | boolean>>): void {
    if (Object.keys(tags ?? {}).length > 0) this.write({ tag: tags })
  }

  /** Declares a domain that is pushed. */
  domain(declaration: Domain): void {
    this.write({ domain: declaration })
  }

  /** Pushes a reading. */
  reading(domain: string, value: number, { time, from }: PushedTime = {}): void {
    this.write({ reading: { domain, value, ...(from === undefined ? {} : { from: Number(from) }) } }, time)
  }

  /** Totals so far. */
  live(): LiveTotals | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#events, LIVE_FILE), 'utf8'))
    } catch {
      return undefined
    }
  }

  /** Flushes and closes. */
  close(): void {
    clearInterval(this.#flushing)
    this.#work.flush()
    this.#writer.close()
  }
}
