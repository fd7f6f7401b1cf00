/**
 * What `act` gives, if it gives it within so many seconds and before `signal` aborts. `act` is handed a signal that aborts
 * then. Node 20 collects an `AbortSignal.any([signal, AbortSignal.timeout(…)])` that nobody else holds, and what waits for it
 * waits for ever (https://github.com/nodejs/node/issues/55428); this one is held until the end. Leaves no timer behind.
 * @throws DOMException `TimeoutError` after the time, whether `act` heeds its signal or not
 * @throws the reason of `signal` when that aborts, and what `act` throws
 */
export async function withTimeLimit<Value>(
  seconds: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted()
  const limit = new AbortController()
  // The timer and the caller's signal hold the controller until this is done.
  const stop = () => limit.abort(signal.reason)
  const late = () => limit.abort(new DOMException(`not done within ${seconds} s`, 'TimeoutError'))
  const timer = setTimeout(late, seconds * 1000)
  signal.addEventListener('abort', stop)
  try {
    return await new Promise<Value>((resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true })
      act(limit.signal).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
