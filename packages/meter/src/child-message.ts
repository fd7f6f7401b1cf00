import type { MeterReference } from './define-meter.ts'
import type { Domain } from './domain.ts'
import type { Availability } from './meter.ts'
import type { LogDetails } from './meter-context.ts'
import type { Outcome } from './meter-error.ts'
import type { Gauge, Reading } from './meter-handle.ts'

/** A MeterError as it crosses a process boundary. */
export interface Failure {
  readonly message: string
  readonly code: string
  readonly outcome: Outcome
}

/** What the parent says to the child that holds a meter. */
export type ToChild =
  | {
      readonly open: Omit<MeterReference, 'meter'> & { readonly meter?: string }
      readonly sysRoot?: string
      readonly procRoot?: string
      /** URL of a module whose `importModule(url)` loads what plain `import` cannot (TypeScript). */
      readonly importer?: string
      /** Only probe: answer with `probed`, open nothing. */
      readonly probe?: boolean
    }
  | { readonly read: number; readonly deadline: number }
  | { readonly close: true }

/** What the child answers. */
export type FromChild =
  | { readonly loaded: true }
  | { readonly opened: { name: string; interval: number; domains: readonly Domain[] } }
  | { readonly probed: { name: string; availability: Availability; domains: readonly Domain[] } }
  | { readonly failed: Failure }
  | { readonly log: { message: string; details?: LogDetails } }
  | {
      readonly read: number
      readonly readings: readonly Reading[]
      readonly gauges: readonly Gauge[]
      readonly error?: Failure
    }
