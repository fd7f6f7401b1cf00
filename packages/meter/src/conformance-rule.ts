import type { ConformanceCase } from './conformance-case.ts'
import type { ConformanceKit } from './conformance-kit.ts'

/** A case before it knows its meter. */
export interface Rule extends Omit<ConformanceCase, 'run'> {
  /** Throws NotJudged where the meter has nothing that is concerned; looked at before the world's abilities. */
  readonly concern?: (kit: ConformanceKit) => Promise<void>
  /** Throws a ConformanceError, or NotJudged. */
  readonly judge: (kit: ConformanceKit) => Promise<void>
}
