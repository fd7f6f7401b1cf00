/** A line for the run's `health`, beyond a plain message. */
export interface LogDetails {
  readonly severity?: 'info' | 'warning' | 'error'
  /** Stable and kebab-case: `duplicate-domain`. */
  readonly code?: string
  /** The id of the domain that it concerns. */
  readonly domain?: string
}

/** Everything of the world that a meter may touch. A test or a container gives it another one. */
export interface MeterContext {
  /** Where `/sys` is; `HOST_SYS` in a container. */
  readonly sysRoot: string
  /** Where `/proc` is; `HOST_PROC` in a container. */
  readonly procRoot: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  /** Monotonic seconds: the time axis of every reading. */
  readonly clock: () => number
  /** A line for the run's `health`: said once for each code and domain. */
  readonly log: (message: string, details?: LogDetails) => void
  /** Aborted when the meter is closed. */
  readonly signal: AbortSignal
}

/** The real world, as this process sees it. */
export function realContext(parts: Partial<MeterContext> = {}): MeterContext {
  const env = parts.env ?? process.env
  return {
    sysRoot: env['HOST_SYS'] || '/sys',
    procRoot: env['HOST_PROC'] || '/proc',
    env,
    fetch: globalThis.fetch,
    clock: monotonicSeconds,
    log: () => {},
    signal: new AbortController().signal,
    ...parts,
  }
}

/** Seconds of the host's monotonic clock, the same in all its processes. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9
}
