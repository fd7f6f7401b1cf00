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

/** Passes signals on to a child while it runs; answers with how to stop that. */
export function forwardSignals(child: ChildProcess): () => void {
  const handlers = [
    ...FORWARDED.map((signal) => [signal, () => void child.kill(signal)] as const),
    ...FROM_TERMINAL.map((signal) => {
      const forward = () => {
        // Ctrl-C has reached the child already: a second one would kill what is saving a checkpoint.
        if (!isForeground()) child.kill(signal)
      }
      return [signal, forward] as const
    }),
  ]
  for (const [signal, handler] of handlers) process.on(signal, handler)
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
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
