import { isPartial } from './coverage.ts'
import type { Phrase } from './phrase.ts'
import { formatGrams, formatJoules, formatSeconds, formatShare, formatWatts, UNKNOWN } from './quantity.ts'
import { createPaint } from './style.ts'
import { drawingWidth, type TextOptions } from './text-lines.ts'
import { textWidth } from './text-width.ts'

/** The totals of a run so far that a live line shows; `live.json` is one of these. */
export interface LiveFigures {
  /** Seconds since the run began. */
  readonly seconds: number
  readonly joules?: number
  readonly watts?: number
  readonly gramsCo2e?: number
  /** The share of the time in which the energy is known, 0 to 1. */
  readonly coverage: number
}

/** Draws the totals of a running run on one line without a line feed; a narrow terminal gets fewer figures, never a second line. */
export function liveLine(live: LiveFigures, options: TextOptions = {}): string {
  const paint = createPaint(options.color)
  // The last column stays free: some terminals begin a new line after it.
  const width = drawingWidth(options.columns) - 1
  const phrases: Phrase[] = [
    { text: known(formatWatts(live.watts), 'W').padStart(7), tone: 'strong' },
    { text: known(formatJoules(live.joules), 'J').padStart(7) },
    { text: `${known(formatGrams(live.gramsCo2e), 'g')} CO2e`.padStart(12) },
    { text: formatSeconds(live.seconds) },
    ...(isPartial(live.coverage)
      ? [{ text: `seen ${formatShare(live.coverage)} of the time`, tone: 'caution' } as const]
      : []),
  ]
  let line = ''
  let used = 0
  for (const { text, tone } of phrases) {
    const separator = used === 0 ? '' : ' · '
    used += textWidth(separator + text)
    if (used > width) break
    line += paint(separator, 'dim') + paint(text, tone)
  }
  return line
}

/** An unknown figure keeps its unit, so that one sees what is missing. */
function known(figure: string, unit: string): string {
  return figure === UNKNOWN ? `${figure} ${unit}` : figure
}
