import type { MeterContext } from '@ergometer/meter'
import type { TokenSource } from './access-token.ts'
import { instanceModel } from './instance-model.ts'
import { wallClock } from './wall-clock.ts'

/** What of the world an account asks beside its context; a test gives it another one. */
export interface CloudWorld {
  /** By default the provider's own library. */
  readonly tokens?: TokenSource
  /** What an instance type takes. */
  readonly model: typeof instanceModel
  /** Seconds since 1970, now. */
  readonly now: () => number
  /** Waits so many seconds before a service is asked again, or until the signal aborts. */
  readonly wait?: (seconds: number, signal: AbortSignal) => Promise<void>
}

/** The real one, but for the parts that are given. */
export function cloudWorld(
  context: Pick<MeterContext, 'clock'>,
  parts: Partial<CloudWorld> = {},
): CloudWorld {
  return { model: instanceModel, now: wallClock(context), ...parts }
}
