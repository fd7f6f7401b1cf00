import { budgetMessage, ErgometerError } from '@ergometer/core'
import type { EventClient } from './event-client.ts'

/** Seconds between two looks at the totals. */
const LOOK_EVERY = 1

/** A look-out for the budget of a run that somebody else records. */
export interface BudgetWatch {
  /** Aborts when the budget is spent. */
  readonly signal: AbortSignal
  stop(): void
}

/** Watches the totals that the recorder publishes. */
export function watchBudget(client: EventClient): BudgetWatch {
  const spending = new AbortController()
  const stop = (): void => clearInterval(timer)
  const timer = setInterval(() => {
    const use = client.live()?.budget
    if (!use || use.share < 1) return
    stop()
    spending.abort(new ErgometerError('BUDGET_SPENT', budgetMessage(use)))
  }, LOOK_EVERY * 1000)
  timer.unref()
  return { signal: spending.signal, stop }
}
