import type { Interval } from './intervals.ts'

/** A phase that has ended. */
export interface EndedPhase extends Interval {
  readonly name: string
  readonly id: string
  readonly process: string
}

/** A phase that is open. */
export interface OpenPhase {
  readonly name: string
  readonly id: string
  readonly process: string
  readonly from: number
  told: boolean
}

/** Phases of one name to fold, and when others of that name are open that are told one by one. */
export interface FastPhases {
  readonly ended: readonly EndedPhase[]
  readonly apart: readonly Interval[]
}

/** What a second holds of phases: which to write one by one, and which, by name, to fold into sums. */
export interface SettledPhases {
  readonly edges: readonly number[]
  readonly ended: readonly EndedPhase[]
  readonly folded: ReadonlyMap<string, FastPhases>
  /** Open for a second or more, not yet told. */
  readonly begun: readonly OpenPhase[]
}

/** So many phases may be open at once, over all processes. */
const OPEN_AT_ONCE = 10_000
/** So many edges a second get rows of their own; beyond, phases are folded. */
const EDGES_A_SECOND = 64

/** Pairs begins with ends, and tells fast phases from slow ones. */
export class PhaseTracker {
  readonly #open = new Map<string, OpenPhase>()
  #ended: EndedPhase[] = []

  /** Phases that have begun and not ended. */
  get open(): OpenPhase[] {
    return [...this.#open.values()]
  }

  /** True if it could be opened: its id is not open already in that process. */
  begin(process: string, id: string, name: string, time: number): boolean {
    const key = JSON.stringify([process, id])
    if (this.#open.has(key) || this.#open.size >= OPEN_AT_ONCE) return false
    this.#open.set(key, { name, id, process, from: time, told: false })
    return true
  }

  /** True if that phase was open. An end before its begin is taken for its begin. */
  end(process: string, id: string, time: number): boolean {
    const key = JSON.stringify([process, id])
    const phase = this.#open.get(key)
    if (!phase) return false
    this.#open.delete(key)
    const { name, from } = phase
    this.#ended.push({ name, id, process, from, to: Math.max(from, time) })
    return true
  }

  /** Ends every open phase of a process, or of all. */
  endAll(time: number, process?: string): void {
    for (const phase of this.open) {
      if (process === undefined || phase.process === process) this.end(phase.process, phase.id, time)
    }
  }

  /** Ends every open phase; what lasted or began beyond the end of the run is cut there. */
  close(time: number): void {
    this.endAll(time)
    this.#ended = this.#ended
      .filter((phase) => phase.from <= time)
      .map((phase) => ({ ...phase, to: Math.min(phase.to, time) }))
  }

  /** When the last of those ended that had begun by `time`, if one did after it: such a phase is never folded. */
  lastEndOfThoseBegunBy(time: number): number | undefined {
    const ends = this.#ended.filter((phase) => phase.from <= time && phase.to > time).map(({ to }) => to)
    return ends.length > 0 ? Math.max(...ends) : undefined
  }

  /** Takes out what ended in `(from, to]`; what came too late for its own second belongs to this one. */
  settle(from: number, to: number): SettledPhases {
    const now = this.#ended.filter((phase) => phase.to <= to)
    this.#ended = this.#ended.filter((phase) => phase.to > to)
    const fast = fastNames(now.filter((phase) => phase.from > from))
    const ended: EndedPhase[] = []
    const folded = new Map<string, { ended: EndedPhase[]; apart: Interval[] }>()
    let edges = 0
    for (const phase of now) {
      const crowded = edges >= EDGES_A_SECOND && phase.from > from
      if (phase.from > from && (crowded || fast.has(phase.name))) {
        const known = folded.get(phase.name)
        if (known) known.ended.push(phase)
        else folded.set(phase.name, { ended: [phase], apart: [] })
      } else {
        ended.push(phase)
        edges += 2
      }
    }
    const going = this.open.map((phase) => ({ ...phase, to }))
    for (const phase of [...ended, ...this.#ended, ...going]) {
      if (phase.from < to)
        folded.get(phase.name)?.apart.push({ from: phase.from, to: Math.min(phase.to, to) })
    }
    const begun = this.open.filter((phase) => !phase.told && phase.from <= to - 1)
    for (const phase of begun) phase.told = true
    // A phase that goes on beyond this second may have ended by now.
    const fresh = [...this.open, ...this.#ended]
    const times = [...ended.flatMap((phase) => [phase.from, phase.to]), ...fresh.map((phase) => phase.from)]
    return { edges: times.filter((time) => time > from && time <= to), ended, folded, begun }
  }
}

/** Names of which one process ended more than one. */
function fastNames(phases: readonly EndedPhase[]): Set<string> {
  const seen = new Set<string>()
  const fast = new Set<string>()
  for (const { name, process } of phases) {
    const key = JSON.stringify([name, process])
    if (seen.has(key)) fast.add(name)
    seen.add(key)
  }
  return fast
}
