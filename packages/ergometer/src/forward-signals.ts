import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Signals that are meant for the training. */
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGWINCH',
]
/** Signals that a terminal sends to all its foreground processes by itself. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Takes the signals that are meant for a child, before it is there: none gets lost, or ends this process.
 * `to(child)` passes them on, those that came meanwhile too, and answers with how to stop that.
 */
export function forwardSignals(): { to(child: ChildProcess): () => void } {
  let child: ChildProcess | undefined
  const early: NodeJS.Signals[] = []
  const pass = (signal: NodeJS.Signals): void => {
    if (child) child.kill(signal)
    else early.push(signal)
  }
  const handlers = [
    ...FORWARDED.map((signal) => [signal, () => pass(signal)] as const),
    // Ctrl-C has reached the child already: a second one would kill what is saving a checkpoint.
    ...FROM_TERMINAL.map((signal) => [signal, () => (isForeground() ? undefined : pass(signal))] as const),
  ]
  for (const [signal, handler] of handlers) process.on(signal, handler)
  return {
    to(started) {
      child = started
      for (const signal of early.splice(0)) pass(signal)
      return () => {
        for (const [signal, handler] of handlers) process.off(signal, handler)
      }
    },
  }
}

/** True when this process belongs to the foreground of a terminal (fields 5 and 8 of proc(5) stat). */
function isForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    return process.stdin.isTTY === true
  }
}
