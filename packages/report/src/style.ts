/** What a piece of text is, which decides its colour. */
export type Tone = 'strong' | 'dim' | 'good' | 'caution' | 'bad' | 'accent'

/** Paints a text for the terminal. */
export type Paint = (text: string, tone: Tone | undefined) => string

/** ANSI codes that begin and end a tone. */
const CODES: Record<Tone, readonly [begin: number, end: number]> = {
  strong: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  caution: [33, 39],
  bad: [31, 39],
  accent: [36, 39],
}

/** Gives a painter; without colour it leaves the text as it is. */
export function createPaint(color = false): Paint {
  return (text, tone) => {
    if (!color || tone === undefined || text === '') return text
    const [begin, end] = CODES[tone]
    return `\x1b[${begin}m${text}\x1b[${end}m`
  }
}

/** The tone in which a method is named: what is not measured stands out. */
export function methodTone(method: string): Tone | undefined {
  return method === 'measured' ? undefined : 'caution'
}
