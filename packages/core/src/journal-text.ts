import { isRow, type JournalLine } from './journal-line.ts'

/** The process of most lines: the first one. */
const FIRST_PROCESS = 'p1'

/**
 * A line as it stands in the file. What comes every second, or with every phase, is written short: a whole-second
 * row as `[t, dJ, dJ, …, work]`, and of a phase neither its `t`, which `from` and `to` tell, nor the first process.
 */
export function encodeLine(line: JournalLine): string {
  if (isRow(line)) {
    const { t, dJ, mJ, coverage, work } = line
    const short = dJ !== undefined && mJ === undefined && coverage === undefined
    return JSON.stringify(short ? [t, ...dJ, ...(work ? [work] : [])] : line)
  }
  if (line.kind !== 'phase' && line.kind !== 'begun') return JSON.stringify(line)
  const { t: _, process, ...rest } = line
  return JSON.stringify(process === FIRST_PROCESS ? rest : { ...rest, process })
}

/** The line that a text of the file says, of whatever shape; undefined if it is no JSON object or array. */
export function decodeLine(text: string): unknown {
  const value = parse(text)
  if (Array.isArray(value)) return decodeRow(value)
  if (typeof value !== 'object' || value === null) return undefined
  const line = value as Record<string, unknown>
  if (line['kind'] !== 'phase' && line['kind'] !== 'begun') return line
  return { t: line['to'] ?? line['from'], process: FIRST_PROCESS, ...line }
}

function decodeRow([t, ...amounts]: unknown[]): unknown {
  const last = amounts.at(-1)
  if (typeof last !== 'object' || last === null) return { t, dJ: amounts }
  return { t, dJ: amounts.slice(0, -1), work: last }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
