/** Made on first use: it costs 10 ms, and texts of ours never need it. */
let segmenter: Intl.Segmenter | undefined

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(text)
}

/** Latin letters, punctuation, arrows and blocks: a column each, and none joins another. */
const SIMPLE =
  /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2070-\u209c\u2190-\u21a8\u2212\u2500-\u25ab\u2713\u2717]*$/

const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]*$/u
/** Marks that join the letter before them, yet take a column of their own: those of Indic scripts, half-width voice marks. */
const SPACING_MARKS = /[\p{Mc}\uff9e\uff9f]/gu
/** East Asian wide and full-width characters (Unicode's EastAsianWidth.txt), and emoji shown as pictures. */
const WIDE =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f|^\p{Regional_Indicator}/u

/** Number of terminal columns that a text without escape sequences takes. */
export function textWidth(text: string): number {
  if (SIMPLE.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment)
  return width
}

/** Cuts a text to `width` columns; what is cut ends in `…`. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let cut = ''
  let used = 0
  for (const { segment } of graphemesOf(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break
    cut += segment
  }
  return width < 1 ? '' : `${cut.trimEnd()}…`
}

/** Pads a text with spaces to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(width - textWidth(text), 0))
  return align === 'left' ? text + space : space + text
}

/** Breaks a text at spaces into lines of at most `width` columns; a longer word is broken where it must be. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (textWidth(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = breakWord(word, width)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
  }
  return [...lines, line]
}

/** Pieces of at most `width` columns; a grapheme that is wider by itself (a forged one) becomes `�`. */
function breakWord(word: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const { segment } of graphemesOf(word)) {
    const grapheme = graphemeWidth(segment) <= width ? segment : '\ufffd'
    if (piece !== '' && textWidth(piece) + graphemeWidth(grapheme) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += grapheme
  }
  return [...pieces, piece]
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0
  return (WIDE.test(grapheme) ? 2 : 1) + (grapheme.slice(1).match(SPACING_MARKS)?.length ?? 0)
}
