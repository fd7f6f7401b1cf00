import { createHook } from 'node:async_hooks'
import { readdirSync } from 'node:fs'

/** A timer as Node has it: `_destroyed` once it has been cleared, or has fired for the last time. */
interface Timer {
  readonly _destroyed?: boolean
  hasRef?(): boolean
}

/**
 * Counts what this process has open. Node does not list timers that it would not wait for (`unref`), though they fire on
 * for ever: those that begin while this watches are counted too.
 */
export class HandleWatch {
  readonly #timers = new Set<Timer>()
  readonly #hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'Timeout') this.#timers.add(resource as Timer)
    },
  }).enable()

  /** Numbers by kind. */
  count(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const running = [...this.#timers].filter(
      (timer) => timer._destroyed === false && timer.hasRef?.() === false,
    )
    counts.set('timer', running.length)
    const names = process.eventNames()
    counts.set(
      'listener of process',
      names.reduce((sum, name) => sum + process.listenerCount(name), 0),
    )
    try {
      counts.set('file descriptor', readdirSync('/proc/self/fd').length)
    } catch {
      // Only Linux lists them.
    }
    return counts
  }

  /** Watches no longer. */
  close(): void {
    this.#hook.disable()
    this.#timers.clear()
  }
}
