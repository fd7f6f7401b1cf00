/** Seconds until a meter must be open, if nobody says otherwise. */
export const OPEN_DEADLINE = 10

/** A timer that comes so many seconds too late tells that this whole process stood still. */
const STOOD_STILL = 0.25
/** What it waited for then has so many seconds more: its answer may be on its way. */
const SECOND_CHANCE = 0.5

/**
 * Calls back after so many seconds; answers with what cancels it. Where this process stood still meanwhile (stopped,
 * or starved of CPU), a little later: nobody else is to blame for that.
 */
export function atDeadline(seconds: number, action: () => void): () => void {
  const due = performance.now() + seconds * 1000
  const look = (): void => {
    if (performance.now() - due > STOOD_STILL * 1000) timer = setTimeout(action, SECOND_CHANCE * 1000)
    else action()
  }
  let timer = setTimeout(look, seconds * 1000)
  return () => clearTimeout(timer)
}

/**
 * The promise's value; or, after so many seconds or when `interrupt` aborts, what `late` makes. Leaves no timer behind.
 */
export async function within<Value>(
  seconds: number,
  promise: Promise<Value>,
  late: () => Value,
  interrupt?: AbortSignal,
): Promise<Value> {
  let stop = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  }).then(late)
  const timer = setTimeout(stop, seconds * 1000)
  interrupt?.addEventListener('abort', stop)
  try {
    return await Promise.race([promise, stopped])
  } finally {
    clearTimeout(timer)
    interrupt?.removeEventListener('abort', stop)
  }
}
