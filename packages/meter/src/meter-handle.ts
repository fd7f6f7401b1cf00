import type { Domain } from './domain.ts'
import type { LogDetails } from './meter-context.ts'
import type { MeterError } from './meter-error.ts'

/** One reading, ready for core. Times are monotonic seconds. */
export interface Reading {
  readonly domain: number
  readonly value: number
  readonly time: number
  readonly from?: number
}

/** An accompanying figure of a domain. */
export interface Gauge {
  readonly domain: number
  readonly name: string
  readonly value: number
}

/** What one read yielded. Readings may be there although the read failed in the end. */
export interface ReadResult {
  readonly readings: readonly Reading[]
  readonly gauges: readonly Gauge[]
  readonly error?: MeterError
}

/** A meter that somebody opened, in this process or in another; the difference cannot be seen. */
export interface MeterHandle {
  readonly name: string
  /** Seconds between two reads that the meter asks for. */
  readonly interval: number
  readonly domains: readonly Domain[]
  /** Reads once; never rejects, and answers within `deadline` seconds. */
  read(deadline: number): Promise<ReadResult>
  /** False once nothing can be read any more: the meter must be opened anew. */
  readonly alive: boolean
  /** Gives the instrument back; never waited for longer than `deadline` seconds. */
  close(deadline?: number): Promise<void>
}

/** What opening a meter takes, beside its reference. */
export interface OpenOptions {
  /** Roots of `/sys` and `/proc`; by default from `HOST_SYS` and `HOST_PROC`. */
  readonly sysRoot?: string
  readonly procRoot?: string
  readonly log?: (message: string, details?: LogDetails) => void
  /** Called once the module is loaded and its options are accepted, before the instrument is opened. */
  readonly loaded?: () => void
}
