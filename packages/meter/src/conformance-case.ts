import type { Ability } from './world.ts'

/** One thing that a meter must do, as data. */
export interface ConformanceCase {
  /** Stable and kebab-case: `counter-wrap`. */
  readonly id: string
  /** What a sound meter does. */
  readonly title: string
  /** What a world must be able to do for it. None: it makes sense on the real instrument too. */
  readonly needs: readonly Ability[]
  /**
   * Resolves when no fault was found, also where that could not be judged.
   * @throws ConformanceError one line: what, where, what was expected
   */
  run(): Promise<Verdict>
}

/**
 * What became of a case that found no fault: the meter is sound in this; or it could not be judged (its world lacks an
 * ability, or another fault hides it); or nothing that the meter declares is concerned.
 */
export type Verdict =
  | { readonly result: 'passed'; readonly why?: undefined }
  | { readonly result: 'skipped' | 'inapplicable'; readonly why: string }

/** A fault of a meter, in one line. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
}

/** Why a case says nothing of this meter. */
export class NotJudged extends Error {
  override readonly name = 'NotJudged'
  readonly result: 'skipped' | 'inapplicable'

  constructor(why: string, result: NotJudged['result']) {
    super(why)
    this.result = result
  }
}

/** Throws a fault. */
export function fault(line: string): never {
  throw new ConformanceError(line)
}

/** Ends a case that cannot be judged. */
export function notJudged(why: string): never {
  throw new NotJudged(why, 'skipped')
}

/** Ends a case of a fault that another one hides. `ids`: the cases that say more. */
export function hiddenBy(...ids: string[]): never {
  return notJudged(`another fault hides it: see ${ids.map((id) => `\`${id}\``).join(' and ')}`)
}

/** Ends a case that is about nothing that the meter has. */
export function notConcerned(why: string): never {
  throw new NotJudged(why, 'inapplicable')
}

/** Whatever was thrown, in one line. */
export function lineOf(thrown: unknown): string {
  return String(thrown instanceof Error ? thrown.message || thrown.name : thrown).split('\n')[0] as string
}
