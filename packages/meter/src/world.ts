import { type MeterContext, monotonicSeconds } from './meter-context.ts'

/** The parts of a meter's context that a world brings; all others are this process's own. */
export type WorldContext = {
  readonly [Part in 'sysRoot' | 'procRoot' | 'env' | 'fetch']?: MeterContext[Part]
}

/**
 * A world in which time and energy are moved by hand, so that what a meter reads can be compared with what is true.
 * Only `seconds` and `advance` are needed; every other member is an ability, and the cases that need it are
 * skipped where it is absent. Domain ids are those that the meter declares.
 */
export interface World {
  /** What the meter sees of it. Looked up at every opening. */
  readonly context?: WorldContext
  /** Options for the meter in this world, in place of the subject's: the address of a server that the world started. */
  readonly options?: unknown
  /** Relative error that readings may have here; by default twice the declared standard uncertainty, at least 0.05. */
  readonly tolerance?: number
  /** Monotonic seconds: the meter's `clock`. */
  readonly seconds: number
  /** Lets so many seconds pass, and energy flow; power had better change slowly against the meter's interval. */
  advance(seconds: number): void | Promise<void>
  /** The world's wall clock, if a meter is told wall time by its instrument; by default this process's. */
  now?(): Date
  /** True cumulative joules of a domain since any instant; undefined where the truth is not known. */
  joules?(domainId: string): number | undefined
  /** Puts a domain's counter so near its modulus that it wraps within the next 5 intervals. Called before the meter opens. */
  wrap?(domainId: string): void | Promise<void>
  /** Lets a domain's counter begin anew at 0, as after a restart of the instrument; `joules` goes on. */
  reset?(domainId: string): void | Promise<void>
  /** From now on nothing of the instrument can be read. */
  fail?(): void | Promise<void>
  /** From now on the instrument shows what is no number. */
  garble?(): void | Promise<void>
  /** From now on the instrument does not answer; what it holds up must not block this process. */
  hang?(): void | Promise<void>
  /** Ends `fail`, `garble` and `hang`. */
  heal?(): void | Promise<void>
  /** Removes what the world made. */
  close?(): void | Promise<void>
}

/** What a world may be able to do, and cases may need. */
export type Ability = 'joules' | 'wrap' | 'reset' | 'fail' | 'garble' | 'hang' | 'heal'

/** The real instrument's world: time passes by itself, and what is true nobody knows. */
export function realWorld(): World {
  return {
    get seconds() {
      return monotonicSeconds()
    },
    advance: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  }
}
