import type { Availability } from './meter.ts'
import { cut, isObject } from './untrusted.ts'

const MOST_FIXES = 16
/** Longest line for a person, in characters. */
const LONGEST_LINE = 1000

/** What a probe answered, checked and copied: an answer that says nothing means that the meter is not available. */
export function declaredAvailability(value: unknown): Availability {
  if (!isObject(value)) return { available: false, why: 'probe: expected { available, why? }' }
  const { available, why, file, fixes } = value
  if (available === true) return { available }
  return {
    available: false,
    why: typeof why === 'string' && why !== '' ? cut(why, LONGEST_LINE) : 'it does not say why',
    ...(typeof file === 'string' ? { file: cut(file, LONGEST_LINE) } : {}),
    ...(Array.isArray(fixes) ? { fixes: fixes.filter(isText).slice(0, MOST_FIXES).map(cutLine) } : {}),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function cutLine(text: string): string {
  return cut(text, LONGEST_LINE)
}
