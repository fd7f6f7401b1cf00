import type { Domain } from './domain.ts'
import type { MeterContext } from './meter-context.ts'
import type { SchemaOutput, StandardSchema } from './standard-schema.ts'

/** When a reading was true, if not now. */
export interface ReadingTime {
  /** Monotonic seconds of `context.clock`, or a `Date` (wall time). */
  readonly time?: number | Date
  /** Begin of the interval, for `interval-energy`: monotonic seconds or a `Date`. */
  readonly from?: number | Date
}

/** How a meter hands over what it read. An index that no domain has is thrown back as a `RangeError`. */
export interface RecordReading {
  /**
   * `value` in what the domain `reads`: watts, raw counts, or the joules of an interval; without a time it is
   * stamped with now. What is no finite number is left out, and health says so.
   */
  (domainIndex: number, value: number, at?: ReadingTime): void
  /** An accompanying figure, under OpenTelemetry's name and unit: `hw.gpu.utilization` (0 to 1), `hw.temperature` (Cel). */
  gauge(domainIndex: number, name: string, value: number): void
  /**
   * The part (0 to 1) of a domain's energy, since shares were told last, that belongs to a consumer: `pid:<number>`,
   * `run` (what the meter knows to be this run's), any other name, or `idle`. Those of one read add up to 1.
   */
  share(domainIndex: number, consumer: string, fraction: number): void
  /**
   * A counter may have begun anew (its driver was loaded again): what was read of it up to now is joined with nothing
   * that is read later, even if the new count is larger.
   */
  restart(domainIndex: number): void
  /** The relative standard uncertainty has turned out to be larger than declared: 0.3 is 30 %. Smaller ones change nothing. */
  uncertainty(domainIndex: number, relative: number): void
}

/** A meter that has been opened. */
export interface EnergyMeter {
  readonly domains: readonly Domain[]
  /**
   * Reads the instrument once and records what it shows. Never called while another call is under way.
   * Throws `MeterError`; is abandoned at its deadline, when `signal` aborts.
   */
  read(record: RecordReading, signal: AbortSignal): void | Promise<void>
  /** Gives back what was taken. Called once, after a read under way has ended or been given up. */
  close?(): void | Promise<void>
}

/** Whether a meter can work here; if not, why, and what would mend it. */
export type Availability =
  | { readonly available: true }
  | {
      readonly available: false
      /** One line for a person. */
      readonly why: string
      /** The file that could not be read. */
      readonly file?: string
      /** Safe commands or steps, the best first. */
      readonly fixes?: readonly string[]
    }

/** What a plugin declares: pass it to `defineMeter`. */
export interface MeterDefinition<Schema extends StandardSchema = StandardSchema> {
  /** Lower case, digits and dashes: the `<meter>` of `<meter>:<domain id>`. */
  readonly name: string
  /** Any Standard Schema; absent: the meter takes no options. */
  readonly options?: Schema
  /** Seconds between two reads, from 0.001 to 86400, by default 1. */
  readonly interval?: number
  /** Open in a process of its own: for native code, where a hung call ends only with its process. */
  readonly isolate?: boolean
  /** Cheap, quick and harmless. Absent: the meter is available if it opens. */
  probe?(options: SchemaOutput<Schema>, context: MeterContext): Availability | Promise<Availability>
  /** Takes the instrument. Throws `MeterError`; has 10 seconds. */
  open(options: SchemaOutput<Schema>, context: MeterContext): EnergyMeter | Promise<EnergyMeter>
}
