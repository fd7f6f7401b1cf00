import type { Domain } from './domain.ts'
import type { LooseReference } from './load-meter.ts'
import type { Availability } from './meter.ts'
import type { LogDetails } from './meter-context.ts'
import type { Outcome } from './meter-error.ts'
import type { Recordings, Stretch } from './meter-handle.ts'

/** A MeterError as it crosses a process boundary. */
export interface Failure {
  readonly message: string
  readonly code: string
  readonly outcome: Outcome
}

/** To open a meter, or to probe it. */
export interface OpenRequest {
  readonly open: LooseReference
  readonly sysRoot?: string
  readonly procRoot?: string
  /** URL of a module whose `importModule(url)` loads what plain `import` cannot (TypeScript). */
  readonly importer?: string
  /** Only probe: answer with `probed`, and open nothing for longer than that takes. */
  readonly probe?: boolean
  /** Open it only if it says that it can work here. */
  readonly probeFirst?: boolean
  /** The time that readings are wanted of, in milliseconds since 1970. */
  readonly window?: { readonly from: number; readonly to: number }
}

/** What the parent says to the child that holds a meter. Times in seconds. */
export type ToChild =
  | OpenRequest
  | { readonly read: number; readonly deadline: number; readonly stretch?: Stretch }
  /** Ends a stretch of reads with one more, now. */
  | { readonly cutShort: true }
  | { readonly close: { readonly deadline: number } }

/** What the child answers. The parent believes none of it: `child-answer.ts`. */
export type FromChild =
  | { readonly loaded: true }
  | {
      readonly opened: {
        readonly name: string
        readonly interval: number
        readonly domains: readonly Domain[]
      }
    }
  | {
      readonly probed: {
        readonly name: string
        readonly availability: Availability
        readonly domains: readonly Domain[]
      }
    }
  /** Nothing more can be had from this child. */
  | { readonly failed: Failure }
  | { readonly log: { readonly message: string; readonly details?: LogDetails | undefined } }
  | (Recordings & {
      readonly read: number
      readonly error?: Failure
      /** False when this was the last answer. */
      readonly alive: boolean
    })
