import type { Place } from './place.ts'

/** A training job that a cloud runs, as its own interface tells of it. */
export interface HostedJob {
  /** As the provider calls it. */
  readonly name: string
  /** `aborted`: somebody stopped it. */
  readonly state: 'waiting' | 'running' | 'completed' | 'failed' | 'aborted'
  /** When its machines began to train; absent: they have not. */
  readonly begin?: Date
  /** Absent while it is not over. */
  readonly end?: Date
  /** The provider's word for why it ended so. */
  readonly reason?: string
  /** Absent where nobody tells. The instance type only if it is that of one machine. */
  readonly place?: Omit<Place, 'provider'> & { readonly provider: string }
  /** What else is told, in words. */
  readonly tags: Readonly<Record<string, string>>
  /** What the provider has counted. */
  readonly work?: Readonly<Record<string, number>>
  /** Options of the meter `cloud` that tell of its energy; absent: none does. */
  readonly meter?: Readonly<Record<string, unknown>>
  /** Why no energy will be known of it. */
  readonly unmetered?: string
}
