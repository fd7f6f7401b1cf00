/** Shorter waits than this, in seconds, need better than the whole milliseconds of a timer. */
const FINE = 0.01
/** A timer comes so much too late, in seconds: before a short wait is over it is slept for the rest. */
const LATE = 0.0015

const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Calls back after so many seconds, never earlier; answers with what cancels it. A short wait is exact to about a
 * tenth of a millisecond: its last piece is slept away by the whole thread, which spares the CPU, while the event
 * loop still turns once in between.
 */
export function after(seconds: number, action: () => void): () => void {
  const due = performance.now() + seconds * 1000
  const fine = seconds < FINE
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  const look = (): void => {
    const left = due - performance.now()
    if (fine && left > 0) Atomics.wait(never, 0, 0, left)
    // A timer counts whole milliseconds and may come early: it would come again for the same instant.
    else if (left > 0) {
      timer = setTimeout(look, left)
      return
    }
    action()
  }
  const early = fine ? seconds - LATE : seconds
  timer = early > 0 ? setTimeout(look, early * 1000) : setImmediate(look)
  return () => {
    clearTimeout(timer as NodeJS.Timeout)
    clearImmediate(timer as NodeJS.Immediate)
  }
}
