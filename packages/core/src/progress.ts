import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'

/** How far a run had come at an instant. */
export interface Progress {
  /** Phases that had ended, or units of work that were done. */
  readonly done: number
  /** Seconds of the run. */
  readonly seconds: number
}

/** So many steps are made of work that goes on all the time. */
const STEPS = 12

/** How far a run had come and when, up to a time; in order, and ever further. */
export function progressOf(journal: Journal, plan: Plan, until: number): Progress[] {
  return 'phase' in plan ? phaseProgress(journal, plan.phase, until) : workProgress(journal, plan.work, until)
}

/** Ends of a phase, of the process that ended most of them: the ranks of one training do the same epochs. */
function phaseProgress(journal: Journal, name: string, until: number): Progress[] {
  const byProcess = new Map<string, { seconds: number; count: number }[]>()
  const add = (process: string, seconds: number, count: number): void => {
    if (seconds > until) return
    const ends = byProcess.get(process) ?? []
    ends.push({ seconds, count })
    byProcess.set(process, ends)
  }
  for (const phase of journal.phases) if (phase.name === name) add(phase.process, phase.to, 1)
  for (const { name: folded, to, counts } of journal.folded) {
    if (folded === name) for (const [process, count] of Object.entries(counts)) add(process, to, count)
  }
  let most: Progress[] = []
  for (const ends of byProcess.values()) {
    let done = 0
    const progress: Progress[] = []
    for (const { seconds, count } of ends.sort((a, b) => a.seconds - b.seconds)) {
      done += count
      progress.push({ done, seconds })
    }
    if (done > (most.at(-1)?.done ?? 0)) most = progress
  }
  return most
}

/**
 * Work at times that lie about evenly apart, each that of the last work by then: what is told once an epoch comes in lumps, and
 * in between them a clock runs on that no work answers for.
 */
function workProgress(journal: Journal, unit: string, until: number): Progress[] {
  const progress: Progress[] = []
  for (let step = 1; step <= STEPS; step++) {
    const reached = journal.work.reached(unit, (until * step) / STEPS)
    if (!reached || reached.done <= (progress.at(-1)?.done ?? 0)) continue
    progress.push({ done: reached.done, seconds: reached.time })
  }
  return progress
}
