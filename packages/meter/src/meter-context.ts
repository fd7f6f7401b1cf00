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
  /** Environment variables; credentials come from here or from a file. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof globalThis.fetch
  /** Monotonic seconds: the time axis of every reading. */
  readonly clock: () => number
  /** A line for the run's `health`: said once for each code and domain. */
  readonly log: (message: string, details?: LogDetails) => void
  /** Aborted when the meter is closed, or could not be opened. */
  readonly signal: AbortSignal
  /** A run that is over and is owed readings: a meter that reports late tells of this time, and of no other. Absent: of now. */
  readonly window?: { readonly from: Date; readonly to: Date } | undefined
}

/** The real world, as this process sees it, but for the parts that are given. */
export function realContext(
  parts: { readonly [Part in keyof MeterContext]?: MeterContext[Part] | undefined } = {},
): MeterContext {
  const env = parts.env ?? process.env
  return {
    env,
    sysRoot: parts.sysRoot ?? (env['HOST_SYS'] || '/sys'),
    procRoot: parts.procRoot ?? (env['HOST_PROC'] || '/proc'),
    fetch: parts.fetch ?? globalThis.fetch,
    clock: parts.clock ?? monotonicSeconds,
    log: parts.log ?? (() => {}),
    signal: parts.signal ?? new AbortController().signal,
    ...(parts.window ? { window: parts.window } : {}),
  }
}

/** Seconds of the host's monotonic clock, the same in all its processes. */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9
}
