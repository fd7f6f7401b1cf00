import type { Domain } from './domain.ts'
import type { LogDetails, MeterContext } from './meter-context.ts'
import type { MeterError } from './meter-error.ts'

/** One reading, ready for core. */
export interface Reading {
  /** Index into the meter's domains. */
  readonly domain: number
  /** In what the domain `reads`: watts, raw counts, or the joules of an interval. NaN if the meter gave no number. */
  readonly value: number
  /** Monotonic seconds; NaN if the meter gave no time. */
  readonly time: number
  /** Begin of an interval, in monotonic seconds. */
  readonly from?: number
  /** The same as the meter gave it in wall time, which two clocks that are read one after the other do not blur. */
  readonly wall?: WallTimes
}

/** Times of a reading in milliseconds since 1970. */
export interface WallTimes {
  readonly time: number
  readonly from?: number
}

/** An accompanying figure of a domain. */
export interface Gauge {
  /** Index into the meter's domains. */
  readonly domain: number
  /** OpenTelemetry's name: `hw.temperature`. */
  readonly name: string
  /** In the unit that goes with the name. */
  readonly value: number
}

/** A time, in monotonic seconds, over which nothing of a domain is joined: its counter may have begun anew. */
export interface Restart {
  /** Index into the meter's domains. */
  readonly domain: number
  readonly time: number
}

/** An error that has turned out to be larger than its domain declares. */
export interface WiderUncertainty {
  /** Index into the meter's domains. */
  readonly domain: number
  /** Relative standard uncertainty. */
  readonly relative: number
}

/** What a meter recorded. */
export interface Recordings {
  readonly readings: readonly Reading[]
  readonly gauges: readonly Gauge[]
  readonly shares?: readonly Share[]
  /** Absent: none. */
  readonly restarts?: readonly Restart[]
  /** Absent: none. */
  readonly uncertainties?: readonly WiderUncertainty[]
}

/** The part of a domain's energy, since shares were told last, that belongs to a consumer. */
export interface Share {
  /** Index into the meter's domains. */
  readonly domain: number
  /** `pid:<number>`, `run`, `idle`, or any other name. */
  readonly consumer: string
  /** 0 to 1. */
  readonly fraction: number
  /** Monotonic seconds at which it was told. */
  readonly time: number
}

/** What one read yielded. Readings may be there although the read failed in the end. */
export interface ReadResult extends Recordings {
  readonly error?: MeterError
}

/** Reads one after the other, on a grid, up to an instant: answered at once, which saves messages between processes. */
export interface Stretch {
  /** Seconds between two reads. */
  readonly every: number
  /** Monotonic seconds of the last read. */
  readonly until: number
  /** Share of an interval by which a read may lie beside its grid. */
  readonly jitter: number
}

/** A meter that somebody opened, in this process or in another; the difference cannot be seen. */
export interface MeterHandle {
  readonly name: string
  /** Seconds between two reads that the meter asks for. */
  readonly interval: number
  readonly domains: readonly Domain[]
  /**
   * Reads once; never rejects, and answers within `deadline` seconds. What a meter records after its deadline comes
   * with the next read; a read that is still under way at the deadline of the next one costs the meter its life.
   */
  read(deadline: number, stretch?: Stretch): Promise<ReadResult>
  /** Ends a stretch at once, with one more read. Absent: a stretch is not known here, and each call reads once. */
  cutShort?(): void
  /** False once nothing can be read any more: the meter must be opened anew. */
  readonly alive: boolean
  /** Gives the instrument back; ends a read under way. Never rejects, never waits for longer than `deadline` seconds. */
  close(deadline?: number): Promise<void>
}

/** What opening a meter takes, beside its reference. */
export interface OpenOptions {
  /** Root of `/sys`; by default from `HOST_SYS`. */
  readonly sysRoot?: string
  /** Root of `/proc`; by default from `HOST_PROC`. */
  readonly procRoot?: string
  readonly log?: (message: string, details?: LogDetails) => void
  /** Called once the module is loaded and its options are accepted, before the instrument is opened. */
  readonly loaded?: () => void
  /** Seconds until the meter must be open, by default 10. */
  readonly openDeadline?: number
  /** A run that is over and is owed readings. */
  readonly window?: MeterContext['window']
}
