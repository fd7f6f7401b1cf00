/** Seconds until a meter must be open, if nobody says otherwise. */
export const OPEN_DEADLINE = 10

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
