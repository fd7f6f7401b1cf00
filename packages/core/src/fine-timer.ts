/** Shorter waits than this, in seconds, need better than the whole milliseconds of a timer. */
const FINE = 0.01
/** A timer comes so much too late, in seconds: it is ended early, and the rest is slept. */
const LATE = 0.0015

const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Calls back after so many seconds; answers with what cancels it. A short wait is exact to about a tenth of a
 * millisecond: its last piece is slept away by the whole thread, which spares the CPU, while the event loop still
 * turns once in between.
 */
export function after(seconds: number, action: () => void): () => void {
  if (seconds >= FINE) {
    // A timer counts whole milliseconds, and must not come early: it would come again for the same instant.
    const timer = setTimeout(action, Math.ceil(seconds * 1000))
    return () => clearTimeout(timer)
  }
  const due = performance.now() + seconds * 1000
  let cancelled = false
  const rest = (): void => {
    if (cancelled) return
    Atomics.wait(never, 0, 0, Math.max(0, due - performance.now()))
    action()
  }
  if (seconds > LATE) setTimeout(rest, (seconds - LATE) * 1000)
  else setImmediate(rest)
  return () => {
    cancelled = true
  }
}
