import type { Tone } from './style.ts'

/**
 * A piece of text that is best kept together, with its tone. `text` is raw, as it stands in the report: the renderers
 * neutralise it.
 */
export interface Phrase {
  readonly text: string
  readonly tone?: Tone
  /** Something to copy: a path or a command. */
  readonly code?: boolean
}

/** Phrases that belong on one line, if it is wide enough; renderers put ` · ` between them. */
export type Line = readonly Phrase[]

/** A labelled statement of one or more lines. */
export interface Fact {
  readonly label: string
  readonly lines: readonly Line[]
}

/** Makes a phrase. */
export function phrase(text: string, tone?: Tone): Phrase {
  return tone === undefined ? { text } : { text, tone }
}
