import { stripVTControlCharacters } from 'node:util'

/** Long enough for any honest name, message or path. */
const LONGEST = 1000

/** Controls, invisible format characters (also those that turn the direction of writing), lone surrogates, separators; not the joiners of emoji and Persian. */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Makes text from outside (names, tags, messages, paths) fit to be shown on one line: `withoutControls`, and white space
 * becomes a single space, heaps of accents and endless texts are cut.
 */
export function plainText(text: string): string {
  const line = withoutControls(text.slice(0, 4 * LONGEST).replace(/\s+/g, ' '))
    .replace(/(\p{M}{4})\p{M}+/gu, '$1')
    .trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST).replace(/\p{Cs}$/u, '')}…` : line
}

/** Takes escape sequences out of a text; any other character that cannot be seen becomes `�`. */
export function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(UNPRINTABLE, '\ufffd')
}
