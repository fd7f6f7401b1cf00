/** A line for the run's `health`. */
export interface SourceLogDetails {
  readonly severity: 'info' | 'warning'
  /** Stable and kebab-case: `intensity-stand-in`. */
  readonly code: string
}

/** Everything of the world that an intensity source may touch. A test gives it another one. */
export interface SourceContext {
  readonly fetch: typeof globalThis.fetch
  /** Environment variables: tokens come from here or from a file. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Wall time, in seconds since 1970 (UTC). */
  readonly clock: () => number
  /** Waits; ends early, without an error, when the signal is aborted. */
  readonly sleep: (seconds: number, signal: AbortSignal) => Promise<void>
  /** A signal that is aborted after so many seconds. */
  readonly timeout: (seconds: number) => AbortSignal
  /** A number from 0 up to 1, for jitter. */
  readonly chance: () => number
  /** A folder of the user's own (0700) where answers are kept; absent: none are. */
  readonly cacheFolder?: string
  /** The run's zone, as `normaliseZone` spells it; absent: not known. */
  readonly zone?: string
  readonly log: (message: string, details: SourceLogDetails) => void
  /** Aborted when nobody waits for an answer any more. */
  readonly signal: AbortSignal
}

/** The real world, but for the parts that are given. */
export function realSourceContext(parts: Partial<SourceContext> = {}): SourceContext {
  return {
    fetch: (input, init) => globalThis.fetch(input, init),
    env: process.env,
    clock: () => Date.now() / 1000,
    sleep,
    timeout,
    chance: Math.random,
    log: () => {},
    signal: new AbortController().signal,
    ...parts,
  }
}

/** Unlike a signal of `AbortSignal.timeout`, it is not collected while nobody but a request follows it. */
function timeout(seconds: number): AbortSignal {
  const limit = new AbortController()
  setTimeout(
    () => limit.abort(new DOMException(`not done within ${seconds} s`, 'TimeoutError')),
    seconds * 1000,
  ).unref()
  return limit.signal
}

function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, seconds * 1000)
    signal.addEventListener('abort', done)
  })
}
