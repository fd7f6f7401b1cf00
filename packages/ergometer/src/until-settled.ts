/** Runs `fn`, and tells once when it has returned, or what it returned has settled; `failure`: what it threw. */
export function untilSettled<Result>(
  fn: () => Result,
  settled: (failure?: { readonly error: unknown }) => void,
): Result {
  let result: Result
  try {
    result = fn()
  } catch (error) {
    settled({ error })
    throw error
  }
  if (!isThenable(result)) {
    settled()
    return result
  }
  return result.then(
    (value) => {
      settled()
      return value
    },
    (error) => {
      settled({ error })
      throw error
    },
  ) as Result
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
